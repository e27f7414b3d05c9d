// A handshake that fails for good, as a refused password or a certificate that does not verify will: calls that wait
// end at once with its error. Here a step of the test's own does so.
// Not here: steps on one connection (handshake_test.cpp), ordinary failures (link_test.cpp).
#include <kafka/offset_master.hpp>

#include "cluster/handshake.hpp"
#include "consumer_fixture.hpp"
#include "producer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr Errc kRefused = Errc::sasl_authentication_failed;
constexpr const char* kWhy = "the password is wrong";

// Fails for good at brokers with these addresses, at all of them if none is named; passes elsewhere.
struct Gate {
  bool closed = true;
  std::vector<std::string> addresses = {};
  bool for_good = true;
  int attempts = 0;
};

class GateStep final : public cluster::HandshakeStep {
 public:
  explicit GateStep(Gate& gate) : gate_(gate) {}
  void start(cluster::Handshake& handshake) override {
    const auto& addresses = gate_.addresses;
    const bool meant = addresses.empty() ||
                       std::find(addresses.begin(), addresses.end(), handshake.peer().address.ip) != addresses.end();
    if (!gate_.closed || !meant) return handshake.pass();
    ++gate_.attempts;
    if (gate_.for_good) return handshake.fail_for_good(Error(kRefused, kWhy));
    handshake.fail(Error(kRefused, kWhy));
  }
  void on_frame(cluster::Handshake&, Bytes) override {}
  std::string_view waits_for() const override { return "the gate"; }

 private:
  Gate& gate_;
};

struct RefusedFixture : SimClient {
  explicit RefusedFixture(int count = 1, SessionOptions options = {})
      : SimClient(1, {.brokers = count, .session = std::move(options)}) {
    core->router().links().add_steps = [this](cluster::HandshakeSteps& steps) {
      steps.push_back(std::make_unique<GateStep>(gate));
    };
    fill(*this, "t", 2, 10);
  }
  Gate gate;
};

void check_refusal(const Error& error) {
  CHECK(error.code() == kRefused);
  CHECK_THAT(error.message(), Contains(kWhy));
}

}  // namespace

TEST_CASE("a refused connection ends a question for the cluster within 1 s, with the reason") {
  RefusedFixture fixture;
  check_refusal(fixture.cluster(1s).error);
  check_refusal(fixture.metadata_of({"t"}, 1s).error);
  fixture.close();
}

TEST_CASE("a refused connection ends records within 1 s, with the reason, and they are not stored") {
  RefusedFixture fixture;
  const bool idempotent = GENERATE(false, true);
  Reports reports;
  Producer producer(*fixture.session, {.enable_idempotence = idempotent});
  CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = "v"}, reports.take()));
  CHECK_FALSE(producer.send({.topic = "t", .value = "no partition"}, reports.take()));
  CHECK(fixture.until([&] { return reports.size() == 2; }, 1s));
  CAPTURE(idempotent, reports.size());
  for (size_t i = 0; i < 2; ++i) {
    check_refusal(reports[i].error);
    CHECK(reports[i].persistence == Persistence::no);
  }
  fixture.close();
}

TEST_CASE("a refused connection stops the partitions of a consumption within 1 s, with the reason") {
  RefusedFixture fixture;
  Recorder recorder;
  SECTION("of a consumer") {
    Consumer consumer(*fixture.session, "g", {{"t", {0, 1}}});
    recorder.listen(consumer);
    consumer.consume(recorder.ack(), recorder.end());
    CHECK(fixture.until([&] { return recorder.count(Event::Type::partition_stopped) == 2; }, 1s));
  }
  SECTION("of a fetcher") {
    Fetcher fetcher(*fixture.session, {TopicOffset::earliest("t", 0), TopicOffset{"t", 1, 3}});
    recorder.listen(fetcher);
    fetcher.fetch(recorder.ack(), recorder.end());
    CHECK(fixture.until([&] { return recorder.count(Event::Type::partition_stopped) == 2; }, 1s));
  }
  for (const Event& event : recorder.events) check_refusal(event.error);
  fixture.close();
}

TEST_CASE("a refused connection ends offset queries and a group's offsets within 1 s, with the reason") {
  RefusedFixture fixture;
  Outcome<std::vector<ConsumerOffset>> fetched, committed;
  Outcome<std::vector<TopicOffset>> listed;
  ConsumerGroup group(*fixture.session, "g");
  OffsetMaster master(*fixture.session);
  group.fetch_offsets({{"t", {0}}}, fetched.take());
  group.commit_offsets({{.topic = "t", .partition = 0, .offset = 1}}, committed.take());
  master.fetch_latest({{"t", {0}}}, listed.take());
  CHECK(fixture.until([&] { return fetched.calls + committed.calls + listed.calls == 3; }, 1s));
  check_refusal(fetched.error);
  check_refusal(committed.error);
  check_refusal(listed.error);
  fixture.close();
}

TEST_CASE("a refusal is an event, and calls made while it is not asked again fail at once") {
  RefusedFixture fixture;
  check_refusal(fixture.cluster(1s).error);
  const Event* const event = fixture.last(Event::Type::connect_failed);
  REQUIRE(event != nullptr);
  check_refusal(event->error);
  const int attempts = fixture.gate.attempts;
  check_refusal(fixture.cluster(10ms).error);
  CHECK(fixture.gate.attempts == attempts);
  fixture.close();
}

TEST_CASE("once the reason is gone, the next connection is made and everything works") {
  RefusedFixture fixture;
  check_refusal(fixture.cluster(1s).error);
  fixture.gate.closed = false;
  fixture.run(2s);
  CHECK_FALSE(fixture.cluster(1s).error);
  Reports reports;
  Producer producer(*fixture.session, {});
  CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = "v"}, reports.take()));
  REQUIRE(fixture.until([&] { return reports.size() == 1; }, 1s));
  CHECK_FALSE(reports[0].error);
  fixture.close();
}

TEST_CASE("while one of several contact points accepts connections, nothing fails for the others' refusal") {
  const int32_t open = GENERATE(1, 2, 3);
  RefusedFixture fixture(3);
  for (int32_t broker = 1; broker <= 3; ++broker) {
    if (broker != open) fixture.gate.addresses.push_back(SimCluster::ip(broker));
  }
  CHECK_FALSE(fixture.cluster(2s).error);
  fixture.close();
}

TEST_CASE("a broker that refuses after others have accepted is waited for until the deadline, which then says why") {
  RefusedFixture fixture(1, {.default_api_timeout = 3s});
  fixture.gate.closed = false;
  CHECK_FALSE(fixture.cluster(1s).error);
  Reports reports;
  Producer producer(*fixture.session, {.delivery_timeout = 3s, .linger = 0ms, .request_timeout = 1s});
  CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = "v"}, reports.take()));
  REQUIRE(fixture.until([&] { return reports.size() == 1; }, 1s));
  CHECK_FALSE(reports[0].error);
  fixture.gate.closed = true;
  fixture.brokers->kill(1);
  fixture.brokers->restart(1);
  ConsumerGroup group(*fixture.session, "g");
  Outcome<std::vector<ConsumerOffset>> fetched;
  group.fetch_offsets({{"t", {0}}}, fetched.take());
  CHECK_FALSE(producer.send({.topic = "t", .partition = 0, .value = "v"}, reports.take()));
  fixture.run(1500ms);
  CHECK(reports.size() == 1);
  CHECK(fetched.calls == 0);
  REQUIRE(fixture.until([&] { return reports.size() == 2 && fetched.calls == 1; }, 10s));
  CHECK(reports[1].error.code() == Errc::timed_out);
  CHECK(fetched.error.code() == Errc::timed_out);
  CHECK_THAT(fetched.error.message(), Contains(kWhy));
  fixture.close();
}

TEST_CASE("a step that fails for a while is an ordinary failure: calls wait until their deadlines") {
  RefusedFixture fixture(1, {.default_api_timeout = 3s});
  fixture.gate.for_good = false;
  Outcome<ClusterMetadata> outcome;
  fixture.session->cluster(outcome.take());
  fixture.run(2s);
  CHECK(outcome.calls == 0);
  CHECK(fixture.gate.attempts > 2);
  REQUIRE(fixture.until([&] { return outcome.calls == 1; }, 2s));
  CHECK(outcome.error.code() == Errc::timed_out);
  CHECK_THAT(outcome.error.message(), Contains(kWhy));
  fixture.close();
}
