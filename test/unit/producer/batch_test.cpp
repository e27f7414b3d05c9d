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
    batch.failures = 3;
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

TEST_CASE("E10: a compressed batch that unfolds to more than fetched ones may can be split") {
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
