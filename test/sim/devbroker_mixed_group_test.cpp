// Groups of the dev broker with members of both protocols (KIP-848). The answers are those that Kafka 3.9.1 and 4.3.1
// gave (test/broker/group_probe, scenario `mixed`).
#include "consumer_group_caller.hpp"
#include "devbroker/consumer_bytes.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

Numbers numbers_in(const Bytes& assignment) {
  Numbers numbers;
  for (const TopicPartition& each : devbroker::read_assignment(assignment)) numbers.push_back(each.partition);
  return numbers;
}

/// A classic consumer of "t" that gives itself all partitions when it leads.
struct Classic : GroupMember {
  explicit Classic(GroupWorld& world, std::optional<std::string> instance = {})
      : GroupMember(world, std::move(instance)) {
    offer = subscription("t");
    assignment = std::string(devbroker::write_assignment({{"t", 0}, {"t", 1}, {"t", 2}}, 0).view());
  }
  /// What it got by joining and syncing again.
  Numbers rejoin() {
    REQUIRE(join() == Errc::none);
    REQUIRE(sync() == Errc::none);
    return numbers_in(synced.assignment);
  }
};

}  // namespace

TEST_CASE("mixed: a classic group becomes one of both protocols, from 4.0 on") {
  GroupWorld w(GENERATE("3.9", "4.3"));
  INFO(w.release);
  Classic a(w);
  Caller other(w.world, 1);
  REQUIRE(a.rejoin() == Numbers{0, 1, 2});
  ConsumerCaller m(w, "m");
  if (w.release == "3.9") {
    CHECK(m.join() == Errc::group_id_not_found);
    CHECK(a.beat(other) == Errc::none);
    return;
  }
  CHECK(m.join() == Errc::none);
  CHECK(m.epoch == 2);
  CHECK(m.given() == Numbers{});
  CHECK(a.commit(other) == Errc::none);
  CHECK(a.beat(other) == Errc::rebalance_in_progress);
  CHECK(a.join() == Errc::none);
  CHECK(a.generation == 2);
  CHECK_FALSE(a.leads());  // the broker assigns
  CHECK(a.joined.members.empty());
  CHECK(a.beat(other) == Errc::none);
  CHECK(a.sync() == Errc::none);
  CHECK(numbers_in(a.synced.assignment).size() == 2);
  CHECK(m.beat() == Errc::none);
  CHECK(m.given()->size() == 1);
  CHECK(describe(w, m).group_state == "Stable");
}

TEST_CASE("mixed: a classic member joins a group of the consumer protocol") {
  GroupWorld w(GENERATE("3.9", "4.3"));
  INFO(w.release);
  ConsumerCaller m(w, "m");
  Classic a(w);
  Caller other(w.world, 1);
  REQUIRE(m.join() == Errc::none);
  pass_interval(w);
  CHECK(a.rejoin() == Numbers{});  // m has to give up first
  CHECK(a.generation == m.epoch + 1);
  CHECK(a.beat(other) == Errc::none);
  CHECK(a.commit(other) == Errc::none);
  CHECK(a.commit(other, a.generation - 1) == Errc::illegal_generation);
  CHECK(a.beat(other, a.generation - 1) == Errc::illegal_generation);
  REQUIRE(m.beat() == Errc::none);
  REQUIRE(m.given() == Numbers{0, 1});
  REQUIRE(m.acknowledge() == Errc::none);
  CHECK(a.beat(other) == Errc::rebalance_in_progress);
  CHECK(a.rejoin() == Numbers{2});
  CHECK(a.beat(other) == Errc::none);
  const auto shown = describe(w, m);
  REQUIRE(shown.members.size() == 2);
  if (w.release == "4.3") CHECK(shown.members[0].member_type + shown.members[1].member_type == 1);  // one of each
  CHECK(a.leave(other) == Errc::none);
  CHECK(a.beat(other) == Errc::unknown_member_id);
}

TEST_CASE("mixed: when the last member of the consumer protocol has left, the group is a classic one again") {
  GroupWorld w(GENERATE("3.9", "4.3"));
  INFO(w.release);
  ConsumerCaller m(w, "m");
  Classic a(w), b(w);
  Caller other(w.world, 1);
  REQUIRE(m.join() == Errc::none);
  pass_interval(w);
  a.rejoin();
  b.rejoin();
  REQUIRE(m.leave() == Errc::none);
  if (w.release == "3.9") {
    CHECK(a.beat(other) == Errc::rebalance_in_progress);
    CHECK(w.brokers->group_coordinator().find_consumer(1, "g") != nullptr);
    return;
  }
  CHECK(a.beat(other) == Errc::illegal_generation);
  const devbroker::ClassicGroup* group = w.brokers->group_coordinator().find(1, "g");
  REQUIRE(group != nullptr);
  CHECK(group->state() == devbroker::ClassicState::preparing_rebalance);
  a.send_join();
  b.send_join();
  REQUIRE(a.receive_join() == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  CHECK((a.leads() || b.leads()));
  CHECK(a.generation == b.generation);
}

TEST_CASE("mixed: classic members that wait are told when the group becomes one of both protocols") {
  GroupWorld w("4.3");
  Classic a(w), b(w);
  REQUIRE(a.rejoin() == Numbers{0, 1, 2});
  b.send_join_with_id();
  w.world.run_for(100ms);
  ConsumerCaller m(w, "m");
  CHECK(m.join() == Errc::none);
  CHECK(b.receive_join() == Errc::rebalance_in_progress);
  CHECK(b.join() == Errc::none);
}

TEST_CASE("mixed: a classic member is out when it is silent, or does not send SyncGroup") {
  GroupWorld w("4.3");
  ConsumerCaller m(w, "m");
  Classic silent(w), lazy(w);
  Caller other(w.world, 1);
  REQUIRE(m.join() == Errc::none);
  silent.rejoin();
  REQUIRE(lazy.join() == Errc::none);
  for (int i = 0; i < 7; ++i) {
    w.world.run_for(1s);
    static_cast<void>(lazy.beat(other));
  }
  CHECK(silent.beat(other) == Errc::unknown_member_id);
  for (int i = 0; i < 4; ++i) {
    w.world.run_for(1s);
    static_cast<void>(lazy.beat(other));
  }
  CHECK(lazy.beat(other) == Errc::unknown_member_id);
}

TEST_CASE("mixed: a static classic member that comes back takes its place, and the old process is fenced") {
  GroupWorld w("4.3");
  ConsumerCaller m(w, "m");
  Classic a(w, "one"), twin(w, "one");
  REQUIRE(m.join() == Errc::none);
  pass_interval(w);
  a.rejoin();
  REQUIRE(m.beat() == Errc::none);
  REQUIRE(m.acknowledge() == Errc::none);
  REQUIRE(a.rejoin() == Numbers{2});
  pass_interval(w);
  CHECK(twin.rejoin() == Numbers{2});
  CHECK(a.beat(*a.peer) == Errc::fenced_instance_id);
  CHECK(a.commit(*a.peer) == Errc::fenced_instance_id);
  CHECK(a.sync() == Errc::fenced_instance_id);
}

TEST_CASE("mixed: who is no consumer cannot join a group of the consumer protocol") {
  GroupWorld w("4.3");
  ConsumerCaller m(w, "m");
  Classic a(w);
  REQUIRE(m.join() == Errc::none);
  a.offer = "no subscription";
  CHECK(a.join_once() == Errc::inconsistent_group_protocol);
  a.offer = subscription("t");
  auto request = a.join_request(9);
  request.protocol_type = "connect";
  CHECK(errc(w.ask(*a.peer, request, 9).error_code) == Errc::inconsistent_group_protocol);
}
