// Outcomes of batches: counted, their memory free again, and told to the application in order.
#include "producer/reports.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "quiet_session.hpp"

using namespace kafka;
using namespace kafka::producer;

namespace {

struct ReportsFixture {
  QuietSession session;
  Memory memory{*session.core, {}, 100000};
  Reports reports{*session.core, {}, memory};

  // A batch of records with the tokens `first`, `first` + 1, ...; it is charged.
  std::unique_ptr<Batch> batch_of(int records, uint64_t first) {
    auto batch = memory.new_batch(0, Compression::none, {}, 0);
    for (int i = 0; i < records; ++i) {
      const size_t before = batch->charged();
      REQUIRE(batch->append(1, "k", "v", {}, Receipt(first + static_cast<uint64_t>(i))) == Errc::none);
      memory.charge_record(batch->charged() - before);
    }
    REQUIRE_FALSE(batch->seal(-1));
    return batch;
  }
};

}  // namespace

TEST_CASE("records count as done at once, and their reports stay charged until they were told") {
  ReportsFixture f;
  std::vector<std::string> told;
  f.reports.set_handler([&](uint64_t token, const DeliveryReport& report) {
    told.push_back(std::to_string(token) + "@" + std::to_string(report.offset));
  });
  f.reports.finish(f.batch_of(2, 7), {{}, 40, -1, Persistence::yes});
  CHECK(f.memory.records() == 0);
  CHECK(f.memory.used() > 0);
  CHECK(told.empty());
  f.session.reactor.end_turn();
  CHECK(told == std::vector<std::string>{"7@40", "8@41"});
  CHECK(f.memory.used() == 0);
  CHECK(f.reports.totals().delivered == 2);
  CHECK(f.reports.totals().batches == 1);
  CHECK(f.reports.totals().batch_bytes > 0);
}

TEST_CASE("a batch that failed says maybe if an earlier attempt may have stored it, and is counted so") {
  ReportsFixture f;
  std::vector<Persistence> told;
  f.reports.set_handler([&](uint64_t, const DeliveryReport& report) { told.push_back(report.persistence); });
  f.reports.fail(f.batch_of(1, 1), Error(Errc::timed_out));
  auto doubtful = f.batch_of(1, 2);
  doubtful->unknown_fate = true;
  f.reports.fail(std::move(doubtful), Error(Errc::timed_out));
  f.session.reactor.end_turn();
  CHECK(told == std::vector<Persistence>{Persistence::no, Persistence::maybe});
  CHECK(f.reports.totals().failed == 1);
  CHECK(f.reports.totals().unknown == 1);
}

TEST_CASE("a handler that sets another one is followed from the next record on") {
  ReportsFixture f;
  std::vector<std::string> told;
  f.reports.set_handler([&](uint64_t token, const DeliveryReport&) {
    told.push_back("a" + std::to_string(token));
    f.reports.set_handler([&](uint64_t next, const DeliveryReport&) { told.push_back("b" + std::to_string(next)); });
  });
  f.reports.finish(f.batch_of(3, 1), {{}, 0, -1, Persistence::yes});
  f.session.reactor.end_turn();
  CHECK(told == std::vector<std::string>{"a1", "b2", "b3"});
}

TEST_CASE("after stop() the application is not called, and callables are destroyed uncalled") {
  ReportsFixture f;
  int told = 0;
  f.reports.set_handler([&](uint64_t, const DeliveryReport&) { ++told; });
  f.reports.finish(f.batch_of(1, 1), {{}, 0, -1, Persistence::yes});
  f.reports.fail_record(Receipt(uint64_t{2}), Error(Errc::closed), 0);
  f.reports.stop();
  f.session.reactor.end_turn();
  CHECK(told == 0);
}

TEST_CASE("a record without a batch is told with its own error") {
  ReportsFixture f;
  std::vector<Errc> told;
  f.reports.set_handler([&](uint64_t, const DeliveryReport& report) { told.push_back(report.error.code()); });
  f.reports.fail_record(Receipt(uint64_t{2}), Error(Errc::queue_full), 0);
  f.reports.fail_record(Receipt([&](const DeliveryReport& report) { told.push_back(report.error.code()); }),
                        Error(Errc::closed), 0);
  CHECK(told.empty());
  f.session.reactor.end_turn();
  CHECK(told == std::vector<Errc>{Errc::queue_full, Errc::closed});
  CHECK(f.reports.totals().failed == 2);
}
