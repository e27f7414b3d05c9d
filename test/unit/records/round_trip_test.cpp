// What the builder writes and what the Java client wrote, read back.
#include <map>
#include <string>

#include "catch.hpp"
#include "java_vectors.hpp"
#include "read.hpp"
#include "records/builder.hpp"
#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::records;
using test::Read;
using test::read_all;

namespace {

constexpr int64_t kTime = 1700000000000;

std::vector<Read> java_records(bool headers, bool gap, TimestampType type) {
  const int64_t shift = gap ? 3 : 0;
  std::vector<Read> all = {
      {100, kTime, "k1", "v1", {}, type},
      {101 + shift, kTime + 5, std::nullopt, "v2", {}, type},
      {102 + shift, kTime - 10, "k3", std::nullopt, {}, type},
      {103 + shift, kTime + 1, "", "", {}, type},
  };
  if (headers) all[0].headers = {{"h1", "x"}, {"h2", std::nullopt}};
  for (Read& each : all) {
    if (type == TimestampType::none) each.timestamp = kNoTimestamp;
    if (type == TimestampType::log_append_time) each.timestamp = kTime + 9999;
  }
  return all;
}

void append_java_records(BatchBuilder& builder, bool headers, bool gap) {
  const Header h[] = {{"h1", "x"}, {"h2", {}}};
  const int32_t shift = gap ? 3 : 0;
  REQUIRE(builder.append_at(0, kTime, "k1", "v1", headers ? std::span<const Header>(h) : std::span<const Header>()) ==
          Errc::none);
  REQUIRE(builder.append_at(1 + shift, kTime + 5, {}, "v2") == Errc::none);
  REQUIRE(builder.append_at(2 + shift, kTime - 10, "k3", {}) == Errc::none);
  REQUIRE(builder.append_at(3 + shift, kTime + 1, "", "") == Errc::none);
}

Bytes seal(BatchBuilder& builder, const SealOptions& options = {}) {
  Bytes sealed;
  REQUIRE_FALSE(builder.seal(options, sealed));
  return sealed;
}

}  // namespace

TEST_CASE("batches of the Java client are read, in every format") {
  const auto create = TimestampType::create_time;
  const auto append = TimestampType::log_append_time;
  CHECK(read_all(java::bytes(java::kV0)).records == java_records(false, false, TimestampType::none));
  CHECK(read_all(java::bytes(java::kV0Gzip)).records == java_records(false, true, TimestampType::none));
  CHECK(read_all(java::bytes(java::kV1)).records == java_records(false, false, create));
  CHECK(read_all(java::bytes(java::kV1Gzip)).records == java_records(false, true, create));
  CHECK(read_all(java::bytes(java::kV1GzipAppend)).records == java_records(false, false, append));
  CHECK(read_all(java::bytes(java::kV2)).records == java_records(true, false, create));
  CHECK(read_all(java::bytes(java::kV2Gzip)).records == java_records(true, true, create));
  CHECK(read_all(java::bytes(java::kV2Append)).records == java_records(false, false, append));
  for (const auto hex : {java::kV0, java::kV0Gzip, java::kV1, java::kV1Gzip, java::kV1GzipAppend, java::kV2,
                         java::kV2Gzip, java::kV2Append, java::kV2Control, java::kV2Empty}) {
    CHECK_FALSE(read_all(java::bytes(hex)).error);
    CHECK_FALSE(read_all(java::bytes(hex)).partial);
  }
}

TEST_CASE("the builder writes the bytes that the Java client writes") {
  BatchBuilder builder;
  append_java_records(builder, true, false);
  SealOptions options;
  options.base_offset = 100;
  options.leader_epoch = 7;
  CHECK(seal(builder, options).view() == java::bytes(java::kV2));
}

TEST_CASE("a message set written down from a batch has the bytes that the Java client writes") {
  BatchBuilder builder;
  append_java_records(builder, false, false);
  SealOptions options;
  options.base_offset = 100;
  const Bytes sealed = seal(builder, options);
  Bytes set;
  REQUIRE_FALSE(to_message_set(sealed, 1, Compression::none, kDefaultLevel, set));
  CHECK(set.view() == java::bytes(java::kV1));
  REQUIRE_FALSE(to_message_set(sealed, 0, Compression::none, kDefaultLevel, set));
  CHECK(set.view() == java::bytes(java::kV0));
}

TEST_CASE("a compressed message set is one wrapper that holds every record") {
  BatchBuilder builder;
  append_java_records(builder, false, true);
  SealOptions options;
  options.base_offset = 100;
  options.codec = Compression::gzip;
  const Bytes sealed = seal(builder, options);
  Bytes set;
  REQUIRE_FALSE(to_message_set(sealed, 1, Compression::gzip, kDefaultLevel, set));
  const auto v1 = read_all(set.view());
  CHECK(v1.records == java_records(false, true, TimestampType::create_time));
  REQUIRE(v1.batches.size() == 1);
  CHECK(v1.batches[0].last_offset == 106);
  CHECK(v1.batches[0].max_timestamp == kTime + 5);
  REQUIRE_FALSE(to_message_set(sealed, 0, Compression::gzip, kDefaultLevel, set));
  CHECK(read_all(set.view()).records == java_records(false, true, TimestampType::none));
}

TEST_CASE("headers have no form before magic 2") {
  BatchBuilder builder;
  append_java_records(builder, true, false);
  CHECK(builder.has_headers());
  const Bytes sealed = seal(builder);
  Bytes set;
  for (const int8_t magic : {0, 1}) {
    const Error error = to_message_set(sealed, magic, Compression::none, kDefaultLevel, set);
    CHECK(error.code() == Errc::unsupported_version);
    CHECK(error.message().find("headers") != std::string::npos);
  }
}

TEST_CASE("message sets are raised to a batch that counts from 0") {
  for (const auto hex : {java::kV0, java::kV0Gzip, java::kV1, java::kV1Gzip, java::kV2, java::kV2Gzip}) {
    Bytes sealed;
    int32_t count = 0;
    REQUIRE_FALSE(to_batch(Bytes::copy(java::bytes(hex)), Compression::none, kDefaultLevel, sealed, count));
    CHECK(count == 4);
    const auto out = read_all(sealed.view());
    REQUIRE(out.records.size() == 4);
    for (int64_t i = 0; i < 4; ++i) CHECK(out.records[static_cast<size_t>(i)].offset == i);
    CHECK(out.records[1].key == std::nullopt);
    CHECK(out.records[3].value == "");
  }
}

TEST_CASE("a batch carries producer id, epoch and sequence, and can be stamped anew") {
  BatchBuilder builder;
  append_java_records(builder, false, false);
  SealOptions options;
  options.producer_id = 4242;
  options.producer_epoch = 3;
  options.base_sequence = INT32_MAX;
  options.transactional = true;
  const Bytes first = seal(builder, options);
  const Bytes again = restamp(first, 4243, 0, 17);
  REQUIRE(first.data() != again.data());  // somebody may still be writing the first
  const auto before = read_all(first.view());
  const auto after = read_all(again.view());
  CHECK_FALSE(before.error);
  CHECK_FALSE(after.error);
  CHECK(before.batches[0].producer_id == 4242);
  CHECK(before.batches[0].producer_epoch == 3);
  CHECK(before.batches[0].base_sequence == INT32_MAX);
  CHECK(before.batches[0].is_transactional);
  CHECK(after.batches[0].producer_id == 4243);
  CHECK(after.batches[0].producer_epoch == 0);
  CHECK(after.batches[0].base_sequence == 17);
  CHECK(before.records == after.records);
  Bytes alone = Bytes::copy(first.view());
  const char* const memory = alone.data();
  alone = place(restamp(std::move(alone), 1, 1, 1), 5000, 9);
  CHECK(alone.data() == memory);
  const auto placed = read_all(alone.view());
  CHECK_FALSE(placed.error);
  CHECK(placed.records[0].offset == 5000);
  CHECK(placed.batches[0].leader_epoch == 9);
}

TEST_CASE("the estimate is never less than what a record takes") {
  const std::string large(100000, 'x');
  const std::vector<Header> headers(20, Header{"name", large});
  for (const std::string_view value : {std::string_view(), std::string_view(""), std::string_view(large)}) {
    for (const bool with_headers : {false, true}) {
      BatchBuilder builder;
      const std::span<const Header> h = with_headers ? std::span<const Header>(headers) : std::span<const Header>();
      int64_t timestamp = INT64_MIN;
      for (int i = 0; i < 5; ++i) {
        const size_t bound = builder.size_with(value, value, h);
        REQUIRE(builder.append_at(i * 500000000, timestamp, value, value, h) == Errc::none);
        CHECK(builder.size() <= bound);
        timestamp = INT64_MAX - i;
      }
    }
  }
}

TEST_CASE("extreme timestamps survive") {
  BatchBuilder builder;
  const int64_t times[] = {INT64_MAX, INT64_MIN, 0, -1, INT64_MAX};
  for (const int64_t time : times) REQUIRE(builder.append(time, "k", "v") == Errc::none);
  const auto out = read_all(seal(builder).view());
  REQUIRE(out.records.size() == 5);
  for (size_t i = 0; i < 5; ++i) CHECK(out.records[i].timestamp == times[i]);
}

TEST_CASE("random records come back as they went in") {
  uint64_t state = 0x9E3779B97F4A7C15;
  const auto random = [&](uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  const auto text = [&]() -> std::optional<std::string> {
    if (random(8) == 0) return std::nullopt;
    return std::string(random(4) == 0 ? random(3000) : random(20), static_cast<char>(random(256)));
  };
  const auto view = [](const std::optional<std::string>& s) { return s ? std::string_view(*s) : std::string_view(); };
  BatchBuilder builder(64);
  for (int round = 0; round < 200; ++round) {
    std::vector<Read> expected;
    const auto count = static_cast<int64_t>(random(40) + 1);
    for (int64_t i = 0; i < count; ++i) {
      Read each;
      each.offset = 7000 + i;
      each.timestamp = static_cast<int64_t>(random(1u << 30)) - 1000;
      each.timestamp_type = TimestampType::create_time;
      each.key = text();
      each.value = text();
      for (uint64_t h = random(4) == 0 ? random(200) : 0; h > 0; --h) {
        each.headers.emplace_back(std::string(random(9), 'h'), text());
      }
      std::vector<Header> headers;
      for (const auto& [key, value] : each.headers) headers.push_back({key, view(value)});
      REQUIRE(builder.append(each.timestamp, view(each.key), view(each.value), headers) == Errc::none);
      expected.push_back(std::move(each));
    }
    SealOptions options;
    options.base_offset = 7000;
    options.codec = round % 2 == 0 ? Compression::none : Compression::gzip;
    options.level = round % 10;
    const auto out = read_all(seal(builder, options).view());
    CHECK_FALSE(out.error);
    REQUIRE(out.records == expected);
    CHECK(builder.empty());
  }
}

TEST_CASE("a batch has the same bytes whichever way its records and its checksum came about") {
  uint64_t state = 0x2545F4914F6CDD1D;
  const auto random = [&](uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
  };
  const std::string bytes(70000, 'x');
  size_t quick = 0;
  BatchBuilder plain(64);
  BatchBuilder other(64);
  other.sum_as_it_grows();
  for (int round = 0; round < 100; ++round) {
    const uint64_t largest = round % 10 == 0 ? 70000 : 300;
    for (uint64_t i = random(1000) + 1; i > 0; --i) {
      const auto timestamp = static_cast<int64_t>(random(2) == 0 ? random(100) : random(uint64_t{1} << 62)) - 50;
      const std::string_view key = random(3) == 0 ? std::string_view() : std::string_view(bytes).substr(0, random(100));
      const std::string_view value =
          random(9) == 0 ? std::string_view() : std::string_view(bytes).substr(0, random(largest));
      REQUIRE(plain.append(timestamp, key, value) == Errc::none);
      const size_t before = other.size();
      const size_t taken = other.append_quick(timestamp, key, value, SIZE_MAX);
      if (taken != 0) {
        ++quick;
        REQUIRE(other.size() == before + taken);
      } else {
        REQUIRE(other.append(timestamp, key, value) == Errc::none);
      }
      REQUIRE(other.append_quick(timestamp, key, value, other.size()) == 0);
      REQUIRE(other.size() == plain.size());
    }
    if (random(4) == 0) other.shrink();
    SealOptions options;
    options.producer_id = 4711;
    options.base_sequence = round;
    REQUIRE(seal(plain, options) == seal(other, options));
  }
  CHECK(quick > 10000);
}

TEST_CASE("codecs that are not built in are refused by name, and the builder keeps its records") {
  const std::map<Compression, std::string> names = {
      {Compression::snappy, "snappy"}, {Compression::lz4, "lz4"}, {Compression::zstd, "zstd"}};
  for (const auto& [codec, name] : names) {
    if (codec_available(codec)) continue;
    BatchBuilder builder;
    append_java_records(builder, false, false);
    SealOptions options;
    options.codec = codec;
    Bytes sealed;
    const Error error = builder.seal(options, sealed);
    CHECK(error.code() == Errc::unsupported_codec);
    CHECK(error.message().find(name) != std::string::npos);
    CHECK(builder.count() == 4);
    CHECK(read_all(seal(builder).view()).records.size() == 4);
  }
}

TEST_CASE("record sizes that int32 cannot say are refused") {
  BatchBuilder builder;
  const std::string_view huge(java::kV0.data(), BatchBuilder::kMaxRecordBytes + 1);  // never read
  CHECK(builder.append(0, huge, "v") == Errc::too_large);
  CHECK(builder.append(0, "k", huge) == Errc::too_large);
  const Header header{"h", huge};
  CHECK(builder.append(0, "k", "v", {&header, 1}) == Errc::too_large);
  CHECK(builder.empty());
}

TEST_CASE("a reader outlives its iterator and the frame it was cut from") {
  RecordReader reader;
  {
    BatchIterator entries(Bytes::copy(java::bytes(java::kV2)));
    REQUIRE(entries.next());
    REQUIRE_FALSE(entries.open(reader));
  }
  RecordReader moved = std::move(reader);
  RecordView record;
  REQUIRE(moved.next(record));
  const Bytes held = moved.owner();
  moved = RecordReader();
  CHECK(record.key == "k1");
  CHECK(record.value == "v1");
}
