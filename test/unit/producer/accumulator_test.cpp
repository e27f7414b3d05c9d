// The way of a record into a batch.
#include "producer/accumulator.hpp"

#include <vector>

#include "catch.hpp"
#include "quiet_session.hpp"

using namespace kafka;
using namespace kafka::producer;
using namespace std::chrono_literals;

namespace {

struct Fixture : BatchObserver {
  explicit Fixture(ProducerOptions with = {}) : options(std::move(with)) { accumulator.set_observer(*this); }

  void on_opened(Partition& partition) override { opened.push_back(&partition); }
  void on_filled(Partition& partition) override { filled.push_back(&partition); }
  void on_parked(net::TimePoint deadline) override { parked.push_back(deadline); }

  Error add(int32_t partition, std::string_view value, Compression codec = Compression::none) {
    const Record record{.topic = "t", .partition = partition, .value = value};
    Receipt receipt;
    const size_t bytes = records::BatchBuilder::estimate(record.key, record.value);
    return accumulator.add(accumulator.topic("t"), record, bytes, codec, receipt);
  }
  bool add_quick(int32_t partition, std::string_view value) {
    uint64_t token = 1;
    return accumulator.add_quick(accumulator.topic("t"), {.topic = "t", .partition = partition, .value = value}, token);
  }
  Partition& partition(int32_t number) {
    Partition* const found = accumulator.find("t")->find(number);
    REQUIRE(found != nullptr);
    return *found;
  }

  QuietSession session;
  ProducerOptions options;
  Memory memory{*session.core, {}, static_cast<size_t>(options.buffer_memory)};
  Reports reports{*session.core, {}, memory};
  Accumulator accumulator{*session.core, options, memory, reports};
  std::vector<Partition*> opened;
  std::vector<Partition*> filled;
  std::vector<net::TimePoint> parked;
};

}  // namespace

TEST_CASE("records of a partition share its open batch, the second one by the short way") {
  Fixture f;
  CHECK_FALSE(f.add_quick(0, "a"));  // there is no batch yet
  REQUIRE_FALSE(f.add(0, "a"));
  CHECK(f.add_quick(0, "b"));
  CHECK_FALSE(f.add_quick(1, "c"));
  REQUIRE_FALSE(f.add(1, "c"));
  CHECK(f.opened == std::vector<Partition*>{&f.partition(0), &f.partition(1)});
  CHECK(f.filled.empty());
  CHECK(f.partition(0).open->count() == 2);
  CHECK(f.partition(1).open->count() == 1);
  CHECK(f.memory.records() == 3);
  CHECK(f.memory.used() == f.partition(0).open->charged() + f.partition(1).open->charged());
}

TEST_CASE("a batch is filled by its size, by another codec, and by its age") {
  Fixture f({.batch_size = 200, .delivery_timeout = 160s});
  const std::string half(90, 'x');
  REQUIRE_FALSE(f.add(0, half));
  REQUIRE_FALSE(f.add(0, half));  // with its header the batch would be too large
  CHECK(f.filled.size() == 1);
  CHECK(f.partition(0).waiting.size() == 1);
  REQUIRE_FALSE(f.add(0, "x", Compression::gzip));
  CHECK(f.filled.size() == 2);
  CHECK(f.partition(0).open->codec == Compression::gzip);
  REQUIRE_FALSE(f.add(1, "y"));
  f.session.reactor.advance(10s);
  CHECK(f.add_quick(1, "y"));
  f.session.reactor.advance(1ms);
  CHECK_FALSE(f.add_quick(1, "y"));
  REQUIRE_FALSE(f.add(1, "y"));
  CHECK(f.filled.size() == 3);
  CHECK(f.partition(1).waiting.front()->count() == 2);
  CHECK(f.partition(1).open->first_record == 2);
}

TEST_CASE("records without a partition are parked while their topic is not known, and later ones behind them") {
  Fixture f({.delivery_timeout = 10s});
  REQUIRE_FALSE(f.add(kAnyPartition, "a"));
  REQUIRE_FALSE(f.add(0, "b"));
  CHECK_FALSE(f.add_quick(0, "c"));
  CHECK(f.opened.empty());
  CHECK(f.accumulator.find("t")->parking.size() == 2);
  CHECK(f.parked == std::vector<net::TimePoint>(2, f.session.reactor.now() + 10s));
  CHECK(f.memory.records() == 2);
  f.accumulator.unpark();  // nothing is known yet
  CHECK(f.accumulator.find("t")->parking.size() == 2);
  f.accumulator.fail_parked(*f.accumulator.find("t"), Error(Errc::cancelled));
  CHECK(f.memory.records() == 0);
  CHECK(f.memory.used() == 0);
  CHECK(f.reports.totals().failed == 2);
}

TEST_CASE("a flush fills open batches and waits for every batch") {
  Fixture f;
  REQUIRE_FALSE(f.add(0, "a"));
  REQUIRE_FALSE(f.add(1, "b"));
  auto flush = std::make_shared<int>(0);
  const std::weak_ptr<int> under_way = flush;
  f.accumulator.flush(flush);
  flush.reset();
  CHECK(f.filled.size() == 2);
  f.reports.finish(f.partition(0).waiting.pop_front(), {});
  CHECK_FALSE(under_way.expired());
  f.reports.finish(f.partition(1).waiting.pop_front(), {});
  CHECK(under_way.expired());
  CHECK(f.memory.used() == 0);
}

TEST_CASE("the next batch of a partition begins with as much memory as the last one had") {
  Fixture f;
  const std::string value(1000, 'x');
  for (int i = 0; i < 20; ++i) REQUIRE_FALSE(f.add(0, value));
  CHECK(f.partition(0).open->guessed == 0);
  f.accumulator.fill_open(f.partition(0));
  REQUIRE_FALSE(f.add(0, value));
  CHECK(f.partition(0).open->guessed > 20000);
  CHECK(f.partition(0).open->first_record == 20);
}

TEST_CASE("a topic's handle names its owner until that has ended") {
  Fixture f;
  const auto handle = f.accumulator.handle("t");
  CHECK(handle == f.accumulator.handle("t"));
  CHECK(handle->owner == &f.accumulator);
  CHECK(handle->topic == &f.accumulator.topic("t"));
  f.accumulator.stop();
  CHECK(handle->owner == nullptr);
}
