// A batch by itself: reports, timestamps, what it is charged, splitting, records with headers taken out.
// Not here: when it leaves and what becomes of it (test/sim/producer_*_test.cpp).
#include "producer/batch.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "records/iterator.hpp"

using namespace kafka;
using namespace kafka::producer;

namespace {

constexpr Compression kCodecs[] = {Compression::none, Compression::gzip};

std::vector<std::string> values(const Bytes& sealed) {
  std::vector<std::string> found;
  records::BatchIterator entries(sealed);
  while (entries.next()) {
    records::RecordReader reader;
    REQUIRE_FALSE(entries.open(reader));
    for (records::RecordView record; reader.next(record);) found.emplace_back(record.value);
    REQUIRE_FALSE(reader.error());
  }
  REQUIRE_FALSE(entries.error());
  return found;
}

void add(Batch& batch, int64_t timestamp, const std::string& value, std::vector<Header> headers = {}) {
  REQUIRE(batch.append(timestamp, "k", value, headers, Receipt([](const DeliveryReport&) {})) == Errc::none);
}

}  // namespace

TEST_CASE("a batch reports consecutive offsets and each record's own timestamp") {
  Batch batch(4, Compression::none, {}, 64);
  for (int64_t i = 0; i < 4; ++i) add(batch, i < 2 ? 100 : 100 + i, "v");
  REQUIRE_FALSE(batch.seal(-1));
  for (int64_t i = 0; i < 4; ++i) {
    const DeliveryReport report = batch.report(static_cast<int32_t>(i), {{}, 1000, -1, Persistence::yes});
    CHECK_FALSE(report.error);
    CHECK(report.partition == 4);
    CHECK(report.offset == 1000 + i);
    CHECK(report.timestamp == (i < 2 ? 100 : 100 + i));
    CHECK(report.persistence == Persistence::yes);
  }
}

TEST_CASE("a batch reports the broker's time where the topic has log append time") {
  Batch batch(0, Compression::none, {}, 64);
  add(batch, 100, "v");
  REQUIRE_FALSE(batch.seal(-1));
  CHECK(batch.report(0, {{}, 5, 777, Persistence::yes}).timestamp == 777);
}

TEST_CASE("a batch of unknown offset reports -1, not an offset counted from it") {
  Batch batch(0, Compression::none, {}, 64);
  add(batch, 100, "a");
  add(batch, 100, "b");
  REQUIRE_FALSE(batch.seal(-1));
  CHECK(batch.report(0, {{}, -1, -1, Persistence::yes}).offset == -1);
  CHECK(batch.report(1, {{}, -1, -1, Persistence::yes}).offset == -1);
}

TEST_CASE("records that are taken quickly are charged and reported as all others, with times that change") {
  const std::vector<int64_t> times = {100, 100, 101, 103, 102, 102, 90, 200, 201, 202, 203, 204, 205, 206, 206, 207};
  Batch quick(0, Compression::none, {}, 4096);
  Batch plain(0, Compression::none, {}, 4096);
  for (size_t i = 0; i < times.size(); ++i) {
    const bool without = i % 7 == 3;
    const auto token = [&] { return without ? Receipt() : Receipt(i); };
    const size_t before = quick.charged();
    REQUIRE(plain.append(times[i], "k", "value", {}, token()) == Errc::none);
    if (without || i == 0) {
      REQUIRE(quick.append(times[i], "k", "value", {}, token()) == Errc::none);
    } else {
      uint64_t receipt = i;
      const size_t charged = quick.append_quick(times[i], "k", "value", 4096, receipt);
      REQUIRE(charged > 0);
      CHECK(quick.charged() == before + charged);
    }
    CHECK(quick.charged() == plain.charged());
  }
  REQUIRE_FALSE(quick.seal(-1));
  REQUIRE_FALSE(plain.seal(-1));
  CHECK(quick.sealed == plain.sealed);
  DeliveryReport report;
  for (size_t i = 0; i < times.size(); ++i) {
    const auto index = static_cast<int32_t>(i);
    const int32_t alike = quick.next_report(index, {{}, 10, -1, Persistence::yes}, report);
    CHECK(report.timestamp == times[i]);
    CHECK(report.offset == 10 + index);
    size_t end = i;
    while (end < times.size() && times[end] == times[i]) ++end;
    CHECK(static_cast<size_t>(alike) == end - i);
    const int32_t due = std::min(quick.receipts.next_callback(), quick.receipts.next_token());
    if (i % 7 == 3) {
      CHECK(due != index);
    } else {
      CHECK(due == index);
      CHECK(quick.receipts.take_token() == i);
    }
  }
}

TEST_CASE("a batch that begins anew is as a new one") {
  std::vector<std::string> sent;
  for (int i = 0; i < 20; ++i) sent.push_back("value " + std::to_string(i));
  Batch used(3, Compression::gzip, net::TimePoint(net::Duration(1)), 64);
  for (int i = 0; i < 20; ++i) add(used, 50 - i, sent[0], {{"h", "x"}});
  used.first_record = 9;
  used.guessed = 8;
  used.identity = {4711, 2};
  used.sequence = 6;
  used.pause.count();
  used.hurried = used.unknown_fate = true;
  used.flushes.push_back(std::make_shared<int>(1));
  REQUIRE_FALSE(used.seal(-1));
  REQUIRE_FALSE(used.drop_headers(-1));
  (void)used.report(19, {});
  used.rest();
  CHECK(used.flushes.empty());
  used.renew(4, Compression::none, net::TimePoint(net::Duration(2)), Buffer(64));
  Batch fresh(4, Compression::none, net::TimePoint(net::Duration(2)), 64);
  for (Batch* batch : {&used, &fresh}) {
    CHECK(batch->count() == 0);
    CHECK(batch->charged() == 0);
    CHECK(batch->receipts.empty());
    for (int i = 0; i < 20; ++i) add(*batch, 50 - i, sent[static_cast<size_t>(i)]);
    REQUIRE_FALSE(batch->seal(-1));
  }
  CHECK(used.sealed == fresh.sealed);
  CHECK(values(used.sealed) == sent);
  CHECK(used.charged() == fresh.charged());
  CHECK(used.partition == 4);
  CHECK(used.created == fresh.created);
  CHECK(used.first_record == 0);
  CHECK(used.guessed == 0);
  CHECK_FALSE(used.identity.known());
  CHECK(used.sequence == fresh.sequence);
  CHECK(used.pause.failures() == 0);
  CHECK_FALSE(used.hurried);
  CHECK_FALSE(used.unknown_fate);
  CHECK(used.dropped.empty());
  for (int i = 0; i < 20; ++i) {
    const DeliveryReport report = used.report(i, {{}, 7, -1, Persistence::yes});
    CHECK(report.timestamp == 50 - i);
    CHECK(report.offset == 7 + i);
    CHECK(used.receipts.next_callback() == i);
    CHECK(used.receipts.take_callback());
  }
}

TEST_CASE("E4: sealing a second time changes no byte") {
  Batch batch(0, Compression::gzip, {}, 64);
  for (int i = 0; i < 100; ++i) add(batch, i, "value");
  REQUIRE_FALSE(batch.seal(6));
  const Bytes first = batch.sealed;
  REQUIRE_FALSE(batch.seal(6));
  CHECK(batch.sealed == first);
  CHECK(batch.sealed.data() == first.data());
}

TEST_CASE("E10: splitting keeps every record, its order, its callback and the total charged") {
  for (const Compression codec : kCodecs) {
    Batch batch(7, codec, {}, 64);
    std::vector<std::string> sent;
    std::vector<int> reported;
    for (int i = 0; i < 5; ++i) {
      sent.push_back("value " + std::to_string(i));
      Receipt receipt([&reported, i](const DeliveryReport&) { reported.push_back(i); });
      REQUIRE(batch.append(i, "k", sent.back(), {}, std::move(receipt)) == Errc::none);
    }
    for (int i = 0; i < 3; ++i) batch.pause.count();
    batch.unknown_fate = true;
    batch.flushes.push_back(std::make_shared<int>(1));
    const size_t charged = batch.charged();
    REQUIRE_FALSE(batch.seal(-1));
    std::unique_ptr<Batch> second = batch.split();
    REQUIRE(second != nullptr);
    CHECK(batch.count() == 2);
    CHECK(second->count() == 3);
    CHECK(batch.charged() + second->charged() == charged);
    CHECK(second->partition == 7);
    CHECK(second->codec == codec);
    CHECK(second->unknown_fate);
    CHECK(second->flushes.size() == 1);
    REQUIRE_FALSE(batch.seal(-1));
    REQUIRE_FALSE(second->seal(-1));
    std::vector<std::string> all = values(batch.sealed);
    for (const std::string& value : values(second->sealed)) all.push_back(value);
    CHECK(all == sent);
    CHECK(batch.report(0, {}).timestamp == 0);
    CHECK(batch.report(1, {}).timestamp == 1);
    CHECK(second->report(0, {}).timestamp == 2);
    CHECK(second->report(2, {}).timestamp == 4);
    for (Batch* each : {&batch, second.get()}) {
      while (each->receipts.next_callback() != Receipts::kNone) each->receipts.take_callback()({});
    }
    CHECK(reported == std::vector<int>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("E10: a batch of one record cannot be split") {
  Batch batch(0, Compression::none, {}, 64);
  add(batch, 1, "v");
  REQUIRE_FALSE(batch.seal(-1));
  CHECK(batch.split() == nullptr);
  CHECK(batch.count() == 1);
  CHECK_FALSE(batch.sealed.is_null());
}

TEST_CASE("E10: a compressed batch that decompresses to more than fetched ones may can be split") {
  Batch batch(0, Compression::gzip, {}, 64);
  const std::string large(30 * 1024 * 1024, 'x');
  for (int i = 0; i < 3; ++i) add(batch, i, large);
  REQUIRE_FALSE(batch.seal(1));
  std::unique_ptr<Batch> second = batch.split();
  REQUIRE(second != nullptr);
  CHECK(batch.count() == 1);
  CHECK(second->count() == 2);
}

TEST_CASE("records with headers are taken out for an old leader, and the others keep their offsets") {
  for (const Compression codec : kCodecs) {
    Batch batch(0, codec, {}, 64);
    add(batch, 1, "a");
    add(batch, 2, "b", {{"h", "x"}});
    add(batch, 3, "c");
    REQUIRE_FALSE(batch.seal(-1));
    REQUIRE_FALSE(batch.drop_headers(-1));
    CHECK(values(batch.sealed) == std::vector<std::string>{"a", "c"});
    const Outcome stored{{}, 50, -1, Persistence::yes};
    CHECK(batch.report(0, stored).offset == 50);
    const DeliveryReport refused = batch.report(1, stored);
    CHECK(refused.error == Errc::unsupported_version);
    CHECK(refused.persistence == Persistence::no);
    CHECK(refused.offset == -1);
    CHECK(batch.report(2, stored).offset == 51);
  }
}

TEST_CASE("a record with headers of which an earlier attempt is unknown may be in the log") {
  Batch batch(0, Compression::none, {}, 64);
  add(batch, 1, "a", {{"h", "x"}});
  REQUIRE_FALSE(batch.seal(-1));
  batch.unknown_fate = true;
  REQUIRE_FALSE(batch.drop_headers(-1));
  CHECK(batch.sealed.empty());
  CHECK(batch.report(0, {}).persistence == Persistence::maybe);
}

TEST_CASE("a record that does not fit keeps its callback") {
  Batch batch(0, Compression::none, {}, 64);
  // Beyond what int32 can say, without so much memory: the size alone is looked at.
  const std::string_view huge("x", records::BatchBuilder::kMaxRecordBytes + 1);
  int calls = 0;
  Receipt receipt([&](const DeliveryReport&) { ++calls; });
  CHECK(batch.append(1, "k", huge, {}, std::move(receipt)) == Errc::too_large);
  REQUIRE(receipt.done);
  receipt.done({});
  CHECK(calls == 1);
  CHECK(batch.count() == 0);
  CHECK(batch.charged() == 0);
}
