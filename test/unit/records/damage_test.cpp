// Damaged, cut and hostile records fields. The numbers in the names are those of the fault list.
#include <zlib.h>

#include <functional>
#include <string>

#include "base/crc32c.hpp"
#include "catch.hpp"
#include "java_vectors.hpp"
#include "read.hpp"
#include "records/builder.hpp"
#include "records/gzip.hpp"
#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::records;
using test::read_all;

namespace {

// A copy of a sealed batch with something changed and a correct checksum, so that the check after the checksum is
// tested.
std::string changed(std::string batch, const std::function<void(char*)>& change) {
  change(batch.data());
  store_be<uint32_t>(batch.data() + kCrcAt, crc32c(std::string_view(batch).substr(kAttributesAt)));
  return batch;
}

std::string message_changed(std::string message, const std::function<void(char*)>& change) {
  change(message.data());
  const auto* covered = reinterpret_cast<const Bytef*>(message.data() + kMessageMagicAt);
  store_be<uint32_t>(message.data() + kMessageCrcAt,
                     static_cast<uint32_t>(::crc32(0, covered, static_cast<uInt>(message.size() - kMessageMagicAt))));
  return message;
}

// A batch around record bytes that no builder would write.
std::string batch_of(std::string_view records, int32_t count, int16_t attributes = 0, int32_t last_delta = -2) {
  std::string batch(kBatchHeaderSize, '\0');
  batch += records;
  store_be<int64_t>(batch.data(), 500);
  store_be<int32_t>(batch.data() + kEntrySizeAt, static_cast<int32_t>(batch.size() - kEntryOverhead));
  batch[kMagicAt] = 2;
  store_be<int16_t>(batch.data() + kAttributesAt, attributes);
  store_be<int32_t>(batch.data() + kLastOffsetDeltaAt, last_delta == -2 ? std::max(count - 1, 0) : last_delta);
  store_be<int32_t>(batch.data() + kRecordCountAt, count);
  return changed(batch, [](char*) {});
}

std::string record_of(std::string_view body) {
  char length[10];
  return std::string(length, store_varint(length, static_cast<int64_t>(body.size()))) + std::string(body);
}

std::string message_of(int8_t magic, int64_t offset, int8_t attributes, std::string_view value) {
  std::string message(magic == 1 ? kMessageKeyAtV1 : kMessageKeyAtV0, '\0');
  message += std::string(4, '\xff');
  message.resize(message.size() + 4);
  store_be<int32_t>(message.data() + message.size() - 4, static_cast<int32_t>(value.size()));
  message += value;
  store_be<int64_t>(message.data(), offset);
  store_be<int32_t>(message.data() + kEntrySizeAt, static_cast<int32_t>(message.size() - kEntryOverhead));
  message[kMessageMagicAt] = magic;
  message[kMessageAttributesAt] = attributes;
  return message_changed(message, [](char*) {});
}

std::string gzipped(std::string_view plain) {
  Buffer out;
  REQUIRE_FALSE(gzip_compress(6, plain, out));
  return std::string(out.view());
}

const std::string kGood = java::bytes(java::kV2);  // offsets 100 to 103
const std::string kGoodRecord = record_of(std::string("\0\0\0\2k\2v\0", 8));

void check_corrupt(const std::string& field, int64_t position, Errc code = Errc::corrupt_message) {
  const auto out = read_all(field, position);
  INFO(out.error.message());
  CHECK(out.error.code() == code);
  CHECK(out.position == position);
  CHECK(out.records.empty());
}

}  // namespace

TEST_CASE("B1: a batch whose length is negative or below its header is corrupt at its offset") {
  for (const int32_t size : {-1, INT32_MIN, 0, 1, 13, 14, 48}) {
    INFO(size);
    std::string field = kGood;
    store_be<int32_t>(field.data() + kEntrySizeAt, size);
    check_corrupt(field, 100);
    const auto after_good = read_all(kGood + field, 100);
    CHECK(after_good.error.code() == Errc::corrupt_message);
    CHECK(after_good.records.size() == 4);
    CHECK(after_good.position == 104);
  }
  for (const int8_t magic : {0, 1}) {
    std::string field = message_of(magic, 100, 0, "value");
    store_be<int32_t>(field.data() + kEntrySizeAt, magic == 1 ? 21 : 13);
    check_corrupt(field, 100);
  }
}

TEST_CASE("B2: a record count that is negative or exceeds the bytes is corrupt, and the position stays") {
  for (const int32_t count : {-1, INT32_MIN, 5, 1000, INT32_MAX}) {
    INFO(count);
    const auto out = read_all(changed(kGood, [&](char* batch) { store_be(batch + kRecordCountAt, count); }), 100);
    CHECK(out.error.code() == Errc::corrupt_message);
    CHECK(out.position == 100);
    const auto widened = read_all(changed(kGood,
                                          [&](char* batch) {
                                            store_be(batch + kRecordCountAt, count);
                                            store_be(batch + kLastOffsetDeltaAt, INT32_MAX - 1);
                                          }),
                                  100);
    CHECK(widened.error.code() == Errc::corrupt_message);
    CHECK(widened.position <= 104);
  }
  check_corrupt(batch_of("", 1), 500);
  check_corrupt(batch_of("", 1, static_cast<int16_t>(Compression::gzip)), 500);
  check_corrupt(batch_of(gzipped(""), 3, static_cast<int16_t>(Compression::gzip)), 500);
  check_corrupt(batch_of(gzipped(kGoodRecord), 1000, static_cast<int16_t>(Compression::gzip)), 500);
}

TEST_CASE("B2: bytes behind the last counted record are corrupt") {
  const auto out = read_all(batch_of(kGoodRecord + kGoodRecord, 1), 500);
  CHECK(out.error.code() == Errc::corrupt_message);
  CHECK(out.position == 501);
}

TEST_CASE("B2: records that leave the batch, their order or their own bytes are corrupt") {
  using namespace std::string_literals;
  check_corrupt(batch_of(std::string(20, '\x80'), 1), 500);                  // a varint without end
  check_corrupt(batch_of("\xff\xff\xff\xff\x7f\0\0\0\0\0\0"s, 1), 500);      // more than 32 bits
  check_corrupt(batch_of("\x01\0\0\0\0\0\0\0"s, 1), 500);                    // a negative length
  check_corrupt(batch_of("\x7e\0\0\0\0\0\0\0"s, 1), 500);                    // beyond the batch
  check_corrupt(batch_of("\0\0\0\0\0\0\0\0"s, 1), 500);                      // no bytes at all
  check_corrupt(batch_of(record_of("\0\0\0\x40k\2v\0"s), 1), 500);           // the key is too long
  check_corrupt(batch_of(record_of("\0\0\0\3k\2v\0"s), 1), 500);             // key length -2
  check_corrupt(batch_of(record_of("\0\0\0\2k\2v\0\0"s), 1), 500);           // longer than its fields
  check_corrupt(batch_of(record_of("\0\0\2\2k\2v\0"s), 1), 500);             // an offset beyond the last
  check_corrupt(batch_of(record_of("\0\0\1\2k\2v\0"s), 1), 500);             // an offset before the first
  const auto twice = read_all(batch_of(kGoodRecord + kGoodRecord, 2), 500);  // one offset, two records
  CHECK(twice.error.code() == Errc::corrupt_message);
  CHECK(twice.position == 501);
}

TEST_CASE("B2: a last offset that is negative or has no next one is corrupt") {
  check_corrupt(changed(kGood, [](char* batch) { store_be<int32_t>(batch + kLastOffsetDeltaAt, -1); }), 100);
  std::string field = kGood;
  store_be<int64_t>(field.data(), INT64_MAX - 3);
  check_corrupt(field, 100);
  store_be<int64_t>(field.data(), -1);
  check_corrupt(field, 100);
  check_corrupt(message_of(1, INT64_MAX, 0, "v"), 100);
}

TEST_CASE("B3: a wrong CRC is found in every format and stops at that offset") {
  for (const auto hex : {java::kV0, java::kV0Gzip, java::kV1, java::kV1Gzip, java::kV2, java::kV2Gzip}) {
    std::string field = java::bytes(hex);
    BatchIterator entries(Bytes::unowned(field));
    REQUIRE(entries.next());
    field[entries.batch().size - 1] ^= 1;
    BatchIterator damaged(Bytes::unowned(field));
    CHECK_FALSE(damaged.next());
    CHECK(damaged.error().code() == Errc::corrupt_message);
    CHECK(damaged.error().message().find("CRC") != std::string::npos);
    CHECK(damaged.error_offset() == entries.batch().base_offset);
    CHECK_FALSE(damaged.next());
    CHECK(damaged.error());
  }
  std::string second = kGood + kGood;
  store_be<int64_t>(second.data() + kGood.size(), 104);
  second.back() ^= 1;
  const auto out = read_all(second, 100);
  CHECK(out.records.size() == 4);
  CHECK(out.position == 104);
  CHECK(out.error.message().find("104") != std::string::npos);
}

TEST_CASE("B3: the CRC of a message inside a wrapper is checked") {
  std::string inner = message_of(1, 0, 0, "one") + message_of(1, 1, 0, "two");
  inner.back() ^= 1;
  const auto out = read_all(message_of(1, 11, 1, gzipped(inner)), 10);
  CHECK(out.error.code() == Errc::corrupt_message);
  CHECK(out.records.size() == 1);
  CHECK(out.position == 11);
}

TEST_CASE("B4: a partial last entry ends the field, and a partial first one says what it needs") {
  for (const auto hex : {java::kV0, java::kV1, java::kV2, java::kV2Gzip, java::kV1Gzip}) {
    const std::string whole = java::bytes(hex);
    BatchIterator entries(Bytes::unowned(whole));
    REQUIRE(entries.next());
    const size_t first = entries.batch().size;
    for (size_t cut = 1; cut < first; ++cut) {
      const auto alone = read_all(whole.substr(0, cut));
      REQUIRE_FALSE(alone.error);
      REQUIRE(alone.partial);
      REQUIRE(alone.partial_first);
      REQUIRE(alone.partial_size == (cut < kEntryOverhead ? 0 : first));
      REQUIRE(alone.records.empty());
      const auto behind = read_all(kGood + whole.substr(0, cut), 100);
      REQUIRE_FALSE(behind.error);
      REQUIRE(behind.partial);
      REQUIRE_FALSE(behind.partial_first);
      REQUIRE(behind.records.size() == 4);
      REQUIRE(behind.position == 104);
    }
  }
  CHECK_FALSE(read_all("").partial);
  CHECK_FALSE(read_all({}).error);
}

TEST_CASE("B5: after compaction the next offset is behind the batch, not behind its last record") {
  BatchBuilder builder;
  REQUIRE(builder.append_at(2, 1, "k", "v") == Errc::none);
  REQUIRE(builder.append_at(5, 1, "k", "v") == Errc::none);
  Bytes sealed;
  SealOptions options;
  options.base_offset = 100;
  REQUIRE_FALSE(builder.seal(options, sealed));
  const auto out =
      read_all(changed(std::string(sealed.view()), [](char* b) { store_be<int32_t>(b + kLastOffsetDeltaAt, 9); }), 100);
  REQUIRE(out.records.size() == 2);
  CHECK(out.records[0].offset == 102);
  CHECK(out.records[1].offset == 105);
  CHECK(out.position == 110);
}

TEST_CASE("B5: an empty batch moves the position behind it") {
  const auto out = read_all(java::bytes(java::kV2Empty), 300);
  CHECK_FALSE(out.error);
  CHECK(out.records.empty());
  CHECK(out.position == 310);
  CHECK(out.batches[0].leader_epoch == 7);
}

TEST_CASE("B6: records before the asked offset are skipped in every format") {
  for (const auto hex : {java::kV0, java::kV1, java::kV2, java::kV2Append, java::kV1GzipAppend}) {
    const auto out = read_all(java::bytes(hex), 102);
    CHECK_FALSE(out.error);
    REQUIRE(out.records.size() == 2);
    CHECK(out.records[0].offset == 102);
    CHECK(out.position == 104);
  }
  CHECK(read_all(kGood, 104).records.empty());
  CHECK(read_all(kGood, 104).position == 104);
}

TEST_CASE("B7: control batches give no records and move the offset, of whatever type and wherever") {
  const std::string control = java::bytes(java::kV2Control);
  const auto last = read_all(kGood + control, 100);
  CHECK_FALSE(last.error);
  CHECK(last.records.size() == 4);
  CHECK(last.position == 201);
  CHECK(last.batches[1].is_control);
  CHECK(last.batches[1].is_transactional);
  CHECK(last.batches[1].producer_id == 4242);
  CHECK(last.batches[1].producer_epoch == 3);
  CHECK(last.batches[1].leader_epoch == 7);
  const std::string unknown = changed(control, [](char* batch) { batch[kBatchHeaderSize + 8] = 99; });
  const auto out = read_all(unknown, 200);
  CHECK_FALSE(out.error);
  CHECK(out.records.empty());
  CHECK(out.position == 201);
}

TEST_CASE("B10: relative offsets inside a wrapper of magic 1 are honoured, gaps and all") {
  const std::string inner = message_of(1, 2, 0, "a") + message_of(1, 7, 0, "b") + message_of(1, 9, 0, "c");
  const auto out = read_all(message_of(1, 109, 1, gzipped(inner)), 100);
  CHECK_FALSE(out.error);
  REQUIRE(out.records.size() == 3);
  CHECK(out.records[0].offset == 102);
  CHECK(out.records[1].offset == 107);
  CHECK(out.records[2].offset == 109);
  CHECK(out.position == 110);
  const auto old = read_all(message_of(0, 9, 1, gzipped(message_of(0, 2, 0, "a") + message_of(0, 9, 0, "c"))), 0);
  REQUIRE(old.records.size() == 2);
  CHECK(old.records[0].offset == 2);
  CHECK(old.records[1].offset == 9);
}

TEST_CASE("B10: a producer's wrapper with offset 0 leaves its messages' offsets as they are") {
  const std::string inner = message_of(1, 0, 0, "a") + message_of(1, 1, 0, "b");
  const auto out = read_all(message_of(1, 0, 1, gzipped(inner)));
  CHECK_FALSE(out.error);
  REQUIRE(out.records.size() == 2);
  CHECK(out.records[1].offset == 1);
}

TEST_CASE("B10: a wrapper inside a wrapper, of another magic, empty, cut, or null is corrupt") {
  for (const int8_t magic : {0, 1}) {
    const std::string plain = message_of(magic, 0, 0, "a");
    check_corrupt(message_of(magic, 10, 1, gzipped(message_of(magic, 0, 1, gzipped(plain)))), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped(message_of(static_cast<int8_t>(1 - magic), 0, 0, "abcdefgh"))), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped("")), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped(plain.substr(0, plain.size() - 1))), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped(plain + "x")), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped(message_of(magic, -1, 0, "a"))), 10);
    check_corrupt(message_of(magic, 10, 1, gzipped(message_of(magic, INT64_MIN, 0, "a"))), 10);
    const size_t value_at = (magic == 1 ? kMessageKeyAtV1 : kMessageKeyAtV0) + 4;
    for (const int32_t size : {-1, 1000, INT32_MAX, INT32_MIN}) {
      check_corrupt(message_changed(message_of(magic, 10, 1, gzipped(plain)),
                                    [&](char* m) { store_be<int32_t>(m + value_at, size); }),
                    10);
    }
  }
}

TEST_CASE("B11: a batch that decompresses beyond the cap stops there, and the cap itself is allowed") {
  BatchBuilder builder;
  const std::string zeros(10'000'000, '\0');
  REQUIRE(builder.append(0, {}, zeros) == Errc::none);
  const size_t plain = builder.size() - kBatchHeaderSize;
  SealOptions options;
  options.codec = Compression::gzip;
  options.base_offset = 100;
  Bytes sealed;
  REQUIRE_FALSE(builder.seal(options, sealed));
  CHECK(sealed.size() < 20'000);
  CHECK(read_all(sealed.view(), 100, {plain}).records.size() == 1);
  for (const size_t cap : {size_t{0}, size_t{1}, size_t{1000}, plain - 1}) {
    const auto out = read_all(sealed.view(), 100, {cap});
    CHECK(out.error.code() == Errc::too_large);
    CHECK(out.error.message().find(std::to_string(cap)) != std::string::npos);
    CHECK(out.position == 100);
  }
  const std::string wrapper = message_of(1, 100, 1, gzipped(message_of(1, 0, 0, zeros)));
  CHECK(read_all(wrapper, 100, {1000}).error.code() == Errc::too_large);
}

TEST_CASE("B12: several gzip members are one stream; garbage and cut streams are corrupt") {
  const auto gzip = static_cast<int16_t>(Compression::gzip);
  const auto two = read_all(batch_of(gzipped(kGoodRecord.substr(0, 3)) + gzipped(kGoodRecord.substr(3)), 1, gzip), 500);
  CHECK_FALSE(two.error);
  CHECK(two.records.size() == 1);
  const std::string whole = gzipped(kGoodRecord);
  for (size_t cut = 0; cut < whole.size(); ++cut) check_corrupt(batch_of(whole.substr(0, cut), 1, gzip), 500);
  check_corrupt(batch_of(whole + "garbage", 1, gzip), 500);
  check_corrupt(batch_of("not gzip at all", 1, gzip), 500);
  std::string lying = whole;
  for (size_t i = 1; i <= 4; ++i) lying[lying.size() - i] = '\xff';
  check_corrupt(batch_of(lying, 1, gzip), 500);
}

TEST_CASE("B14: magic above 2, codecs above 4 and undefined attribute bits are typed errors") {
  for (const int8_t magic : {3, 4, 127}) {
    std::string field = kGood;
    field[kMagicAt] = magic;
    check_corrupt(field, 100, Errc::unsupported_version);
  }
  std::string negative = kGood;
  negative[kMagicAt] = -1;
  check_corrupt(negative, 100);
  for (const int16_t codec : {5, 6, 7}) {
    check_corrupt(changed(kGood, [&](char* b) { store_be(b + kAttributesAt, codec); }), 100, Errc::unsupported_codec);
    check_corrupt(message_of(1, 100, static_cast<int8_t>(codec), "v"), 100, Errc::unsupported_codec);
    check_corrupt(message_of(0, 100, static_cast<int8_t>(codec), "v"), 100, Errc::unsupported_codec);
  }
  for (int bit = 7; bit < 16; ++bit) {
    const auto attributes = static_cast<int16_t>(1 << bit);
    check_corrupt(changed(kGood, [&](char* b) { store_be(b + kAttributesAt, attributes); }), 100,
                  Errc::unsupported_feature);
  }
  check_corrupt(message_of(1, 100, 0x10, "v"), 100, Errc::unsupported_feature);
}

TEST_CASE("B14: a batch in a codec that is not built in is an error that names the codec") {
  const std::pair<Compression, std::string> codecs[] = {
      {Compression::snappy, "snappy"}, {Compression::lz4, "lz4"}, {Compression::zstd, "zstd"}};
  for (const auto& [codec, name] : codecs) {
    if (codec_available(codec)) continue;
    const auto attributes = static_cast<int16_t>(codec);
    const auto out = read_all(changed(kGood, [&](char* b) { store_be(b + kAttributesAt, attributes); }), 100);
    CHECK(out.error.code() == Errc::unsupported_codec);
    CHECK(out.error.message().find(name) != std::string::npos);
    CHECK(out.error.message().find("100") != std::string::npos);
    CHECK(out.position == 100);
    const auto old = read_all(message_of(0, 100, static_cast<int8_t>(codec), "packed"), 100);
    CHECK(old.error.message().find(name) != std::string::npos);
  }
}

TEST_CASE("B15: header counts that are negative or huge, and null header keys, are corrupt") {
  using namespace std::string_literals;
  const auto with_headers = [](std::string_view headers) {
    return batch_of(record_of("\0\0\0\2k\2v"s + std::string(headers)), 1);
  };
  CHECK(read_all(with_headers("\2\2h\1"s), 500).records.size() == 1);  // one header, null value
  check_corrupt(with_headers("\1"s), 500);                             // count -1
  check_corrupt(with_headers("\xff\xff\xff\xff\x0f"s), 500);           // count of the smallest int32
  check_corrupt(with_headers("\xfe\xff\xff\xff\x0f"s), 500);           // count of the largest int32
  check_corrupt(with_headers("\4\2h\1"s), 500);                        // two stated, one there
  check_corrupt(with_headers("\2\1\1"s), 500);                         // a null key
  check_corrupt(with_headers("\2\2h\x40x"s), 500);                     // the value leaves the record
  check_corrupt(with_headers("\2\2h\3x"s), 500);                       // value length -2
  check_corrupt(with_headers("\2\2h\1\0"s), 500);                      // a byte too many
}

TEST_CASE("every cut and every flipped bit of every vector ends without a crash") {
  size_t records = 0;
  for (const auto hex : {java::kV0, java::kV0Gzip, java::kV1, java::kV1Gzip, java::kV1GzipAppend, java::kV2,
                         java::kV2Gzip, java::kV2Append, java::kV2Control, java::kV2Empty}) {
    const std::string whole = java::bytes(hex);
    for (size_t cut = 0; cut <= whole.size(); ++cut) {
      // An exact heap copy, so that a sanitizer sees a read of one byte beyond.
      records += read_all(whole.substr(0, cut)).records.size();
    }
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      records += read_all(flipped).records.size();
      // The same with a correct checksum, so that the parser sees the damage.
      const bool modern = whole[kMagicAt] == kMagicV2;
      const size_t from = modern ? kAttributesAt : kMessageMagicAt;
      if (bit / 8 < from) continue;
      const auto out = modern ? read_all(changed(flipped, [](char*) {})) : read_all(flipped);
      CHECK(out.position >= 0);
      records += out.records.size();
    }
  }
  CHECK(records > 0);
}

TEST_CASE("random record bytes behind a right checksum end without a crash") {
  uint64_t state = 0x2545F4914F6CDD1D;
  const auto random = [&] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 80, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 12);
    const auto count = static_cast<int32_t>(random() % 12);
    const auto out = read_all(batch_of(bytes, count, static_cast<int16_t>(random() % 2), 20), 500);
    REQUIRE(out.position >= 500);
    REQUIRE(out.position <= 521);
    if (round % 4 == 0) {
      for (const int8_t magic : {0, 1}) {
        const std::string inner = message_of(magic, static_cast<int64_t>(random() % 10), 0, bytes) + bytes;
        read_all(message_of(magic, 500, 1, gzipped(inner)), 500);
      }
    }
  }
}
