// What the dev broker's coordinator answers to members of the consumer protocol (KIP-848). The answers are those that
// Kafka 3.9.1 and 4.3.1 gave (test/broker/group_probe, scenario `kip848`).
#include "consumer_group_caller.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

using Member = ConsumerCaller;
using Request = ConsumerCaller::Request;

std::string release_of_consumer_protocol() { return GENERATE("3.9", "4.3"); }

/// `a` has partitions 0 and 1 and `b` has 2, and both are at the newest epoch.
struct ConsumerPair {
  explicit ConsumerPair(GroupWorld& w) : a(w, "a"), b(w, "b") {
    REQUIRE(a.join() == Errc::none);
    older = a.epoch;
    pass_interval(w);
    REQUIRE(b.join() == Errc::none);
    REQUIRE(a.beat() == Errc::none);
    REQUIRE(a.acknowledge() == Errc::none);
    REQUIRE(b.beat() == Errc::none);
    REQUIRE(b.given() == Numbers{2});
    REQUIRE(b.acknowledge() == Errc::none);
  }
  Member a, b;
  int32_t older = 0;  // the epoch before b came
};

}  // namespace

TEST_CASE("kip848: the first member gets everything; an assignment is said once") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  Member a(w, "a");
  CHECK(a.join() == Errc::none);
  CHECK(a.epoch == (w.release == "3.9" ? 1 : 2));
  CHECK(a.given() == Numbers{0, 1, 2});
  CHECK(a.answer.heartbeat_interval_ms == 5000);
  CHECK(a.beat() == Errc::none);
  CHECK_FALSE(a.given());
  CHECK(a.acknowledge() == Errc::none);
  CHECK_FALSE(a.given());
}

TEST_CASE("kip848: from version 1 on a member brings its own id, before that it is given one") {
  GroupWorld w(release_of_consumer_protocol());
  Member nobody(w, "");
  if (w.release == "4.3") {
    CHECK(nobody.join() == Errc::invalid_request);
    CHECK(nobody.answer.error_message == "MemberId can't be empty.");
    return;
  }
  CHECK(nobody.join() == Errc::none);
  CHECK_FALSE(nobody.answer.member_id.value_or("").empty());
}

TEST_CASE("kip848: one member gives up before the other one gets it") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  Member a(w, "a"), b(w, "b");
  REQUIRE(a.join() == Errc::none);
  const int32_t first = a.epoch;
  pass_interval(w);
  CHECK(b.join() == Errc::none);
  CHECK(b.epoch == first + 1);
  CHECK(b.given() == Numbers{});
  CHECK(a.beat() == Errc::none);
  CHECK(a.epoch == first);
  CHECK(a.given() == Numbers{0, 1});
  CHECK(a.beat() == Errc::none);  // has not given up anything yet
  CHECK_FALSE(a.given());
  CHECK(b.beat() == Errc::none);
  CHECK_FALSE(b.given());
  CHECK(a.commit(first) == Errc::none);
  CHECK(describe(w, a).group_state == "Reconciling");
  CHECK(a.acknowledge() == Errc::none);
  CHECK(a.epoch == first + 1);
  CHECK(b.beat() == Errc::none);
  CHECK(b.given() == Numbers{2});
  CHECK(describe(w, a).group_state == "Stable");
}

TEST_CASE("kip848: 4.3 computes a target a second after the last one, at the earliest") {
  GroupWorld w("4.3");
  Member a(w, "a"), b(w, "b");
  REQUIRE(a.join() == Errc::none);
  REQUIRE(b.join() == Errc::none);
  CHECK(b.epoch == a.epoch);
  CHECK(b.given() == Numbers{});
  CHECK(describe(w, a).group_state == "Assigning");
  REQUIRE(a.beat() == Errc::none);
  CHECK_FALSE(a.given());
  pass_interval(w);
  REQUIRE(a.beat() == Errc::none);
  CHECK(a.given() == Numbers{0, 1});
}

TEST_CASE("kip848: which commits and which fetches of offsets are taken") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  ConsumerPair pair(w);
  Member& a = pair.a;
  CHECK(a.commit(a.epoch) == Errc::none);
  CHECK(a.commit(a.epoch, 8) == Errc::unsupported_version);
  CHECK(a.commit(a.epoch + 1) == Errc::stale_member_epoch);
  CHECK(a.commit(pair.older - 1) == Errc::stale_member_epoch);
  // An older epoch passes for partitions that it has had since then.
  const bool lenient = w.release == "4.3";
  CHECK(a.commit(pair.older) == (lenient ? Errc::none : Errc::stale_member_epoch));
  CHECK(pair.b.commit(pair.older, 9, 2) == Errc::stale_member_epoch);
  Member stranger(w, "stranger");
  CHECK(stranger.commit(a.epoch) == Errc::unknown_member_id);
  stranger.id.clear();
  CHECK(stranger.commit(-1) == Errc::unknown_member_id);
  CHECK(a.fetch("a", a.epoch) == Errc::none);
  CHECK(a.fetch("a", pair.older) == Errc::stale_member_epoch);
  CHECK(a.fetch(std::nullopt, -1) == Errc::none);
  CHECK(a.fetch("stranger", 1) == Errc::unknown_member_id);
}

TEST_CASE("kip848: old epochs and strangers") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  ConsumerPair pair(w);
  Member& a = pair.a;
  const int32_t newest = a.epoch;
  CHECK(a.beat(pair.older, a.owned) == Errc::none);
  CHECK(a.answer.member_epoch == newest);
  CHECK_FALSE(a.given());
  CHECK(a.beat(pair.older) == Errc::fenced_member_epoch);  // it does not say what it has
  if (pair.older > 1) CHECK(a.beat(pair.older - 1, a.owned) == Errc::fenced_member_epoch);
  CHECK(a.beat(newest + 5) == Errc::fenced_member_epoch);
  CHECK(a.answer.error_message->find("greater member epoch") != std::string::npos);
  Member stranger(w, "stranger");
  CHECK(stranger.beat(3) == Errc::unknown_member_id);
  CHECK(stranger.answer.error_message == "Member stranger is not a member of group g.");
  // 3.9 refuses a member that begins anew while it knows it.
  CHECK(a.join() == (w.release == "3.9" ? Errc::fenced_member_epoch : Errc::none));
  if (w.release == "4.3") CHECK(a.given() == Numbers{0, 1});
  CHECK(pair.b.leave() == Errc::none);
  CHECK(pair.b.answer.member_epoch == -1);
  CHECK(pair.b.beat() == Errc::unknown_member_id);
  CHECK(a.leave() == Errc::none);
  CHECK(a.leave() == Errc::unknown_member_id);
  const auto empty = describe(w, a);
  CHECK(empty.group_state == "Empty");
  CHECK(empty.group_epoch == newest + 2);
  CHECK(empty.assignment_epoch == newest);
}

TEST_CASE("kip848: a join whose answer was lost may be repeated, by the same id") {
  GroupWorld w(release_of_consumer_protocol());
  Member a(w, "a");
  CHECK(a.join() == Errc::none);
  const int32_t epoch = a.epoch;
  CHECK(a.join() == Errc::none);
  CHECK(a.epoch == epoch);
  CHECK(a.given() == Numbers{0, 1, 2});
}

TEST_CASE("kip848: static members") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  Member first(w, "s1", "one"), second(w, "s2", "one");
  REQUIRE(first.join() == Errc::none);
  const int32_t epoch = first.epoch;
  CHECK(second.join() == Errc::unreleased_instance_id);
  CHECK(first.leave(Request::kLeaveForAWhile) == Errc::none);
  CHECK(first.answer.member_epoch == -2);
  CHECK(second.join() == Errc::none);
  CHECK(second.epoch == epoch);
  CHECK(second.given() == Numbers{0, 1, 2});
  CHECK(first.beat(epoch) == Errc::fenced_instance_id);
  CHECK(second.leave() == Errc::none);
}

TEST_CASE("kip848: a static member that is away for a while keeps its partitions until its session ends") {
  GroupWorld w("3.9");
  Member away(w, "s1", "one"), other(w, "b");
  REQUIRE(away.join() == Errc::none);
  REQUIRE(away.leave(Request::kLeaveForAWhile) == Errc::none);
  REQUIRE(other.join() == Errc::none);
  for (int i = 0; i < 40; ++i) {
    w.world.run_for(1s);
    REQUIRE(other.beat() == Errc::none);
    REQUIRE_FALSE(other.given());
  }
  w.world.run_for(6s);
  REQUIRE(other.beat() == Errc::none);
  CHECK(other.given() == Numbers{0, 1, 2});
}

TEST_CASE("kip848: a silent member is out after the session timeout") {
  GroupWorld w(release_of_consumer_protocol());
  ConsumerPair pair(w);
  for (int i = 0; i < 8; ++i) {
    w.world.run_for(5s);
    REQUIRE(pair.a.beat() == Errc::none);
    REQUIRE_FALSE(pair.a.given());
  }
  w.world.run_for(6s);
  REQUIRE(pair.a.beat() == Errc::none);
  CHECK(pair.a.given() == Numbers{0, 1, 2});
  CHECK(pair.b.beat() == Errc::unknown_member_id);
}

TEST_CASE("kip848: a member that does not give up within its rebalance timeout is out") {
  GroupWorld w(release_of_consumer_protocol());
  Member a(w, "a"), b(w, "b");
  REQUIRE(a.join() == Errc::none);
  pass_interval(w);
  REQUIRE(b.join() == Errc::none);
  for (int i = 0; i < 9; ++i) {
    REQUIRE(a.beat() == Errc::none);
    REQUIRE(b.beat() == Errc::none);
    w.world.run_for(1s);
  }
  w.world.run_for(2s);
  CHECK(a.beat() == Errc::unknown_member_id);
  REQUIRE(b.beat() == Errc::none);
  CHECK(b.given() == Numbers{0, 1, 2});
}

TEST_CASE("kip848: what no group takes") {
  GroupWorld w(release_of_consumer_protocol());
  Member a(w, "a");
  Request request;
  request.rebalance_timeout_ms = 10000;
  request.subscribed_topic_names = std::vector<std::string>{"t"};
  request.topic_partitions.emplace();
  SECTION("no topics") { request.subscribed_topic_names.reset(); }
  SECTION("no rebalance timeout") { request.rebalance_timeout_ms = -1; }
  SECTION("partitions of a member that joins") { request.topic_partitions->push_back({{}, {0}}); }
  SECTION("an unknown epoch") { request.member_epoch = -3; }
  SECTION("a member that leaves for a while without an instance id") { request.member_epoch = -2; }
  CHECK(a.send(request) == Errc::invalid_request);
  CHECK_FALSE(a.answer.error_message.value_or("").empty());
}

TEST_CASE("kip848: an assignor that brokers do not have is refused, range and uniform are followed") {
  GroupWorld w(release_of_consumer_protocol());
  Member a(w, "a");
  Request request;
  request.rebalance_timeout_ms = 10000;
  request.subscribed_topic_names = std::vector<std::string>{"t"};
  request.topic_partitions.emplace();
  request.server_assignor = "sticky";
  CHECK(a.send(request) == Errc::unsupported_assignor);
  request.server_assignor = "range";
  CHECK(a.send(request) == Errc::none);
  CHECK(describe(w, a).assignor_name == "range");
}

TEST_CASE("kip848: new partitions, new topics and deleted ones are noticed at the next heartbeat") {
  GroupWorld w(release_of_consumer_protocol());
  INFO(w.release);
  Member a(w, "a");
  a.topics = {"t", "later"};
  REQUIRE(a.join() == Errc::none);
  REQUIRE(!w.brokers->topics().grow("t", 4));
  pass_interval(w);
  REQUIRE(a.beat() == Errc::none);
  CHECK(a.given() == Numbers{0, 1, 2, 3});
  REQUIRE(!w.brokers->topics().create("later", 1));
  pass_interval(w);
  REQUIRE(a.beat() == Errc::none);
  CHECK(a.given()->size() == 5);
  const int32_t before = a.epoch;
  REQUIRE(!w.brokers->topics().erase("t"));
  pass_interval(w);
  REQUIRE(a.beat() == Errc::none);
  CHECK(a.given() == Numbers{0});
  REQUIRE(a.acknowledge() == Errc::none);
  CHECK(a.epoch == before + 1);
}

TEST_CASE("kip848: patterns are matched by the broker, from version 1 on, a moment after the heartbeat") {
  GroupWorld w("4.3");
  REQUIRE(!w.brokers->topics().create("orders-eu", 2));
  Member a(w, "a");
  a.pattern = "orders-.*";
  CHECK(a.join() == Errc::none);
  CHECK(a.given() == Numbers{});
  pass_interval(w);
  CHECK(a.beat() == Errc::none);
  CHECK(a.given() == Numbers{0, 1});
  REQUIRE(!w.brokers->topics().create("orders-us", 1));
  w.world.run_for(11s);
  REQUIRE(a.beat() == Errc::none);
  pass_interval(w);
  REQUIRE(a.beat() == Errc::none);
  CHECK(a.given() == Numbers{0, 1, 0});
  // What the pattern means is known when another member comes with it.
  Member b(w, "b");
  b.pattern = a.pattern;
  CHECK(b.join() == Errc::none);
  pass_interval(w);
  CHECK(a.beat() == Errc::none);
  CHECK(a.given()->size() == 2);
  CHECK(a.acknowledge() == Errc::none);
  CHECK(b.beat() == Errc::none);
  CHECK(b.given()->size() == 1);
  Member wrong(w, "wrong");
  wrong.pattern = "pro(be";
  CHECK(wrong.join() == Errc::invalid_regular_expression);
  // A broker goes on with "missing closing )": it has RE2/J, and the dev broker RE2.
  REQUIRE(wrong.answer.error_message);
  CHECK(wrong.answer.error_message->starts_with("SubscribedTopicRegex `pro(be` is not a valid regular expression: "));
}

TEST_CASE("kip848: a classic group with members is no consumer group, an empty one becomes one") {
  GroupWorld w("3.9");
  GroupMember classic(w);
  Member a(w, "a");
  REQUIRE(classic.join() == Errc::none);
  REQUIRE(classic.sync() == Errc::none);
  CHECK(a.join() == Errc::group_id_not_found);
  CHECK(a.answer.error_message == "Group g is not a consumer group.");
  REQUIRE(classic.leave(*classic.peer) == Errc::none);
  CHECK(a.join() == Errc::none);
  CHECK(a.leave() == Errc::none);
  classic.id.clear();
  CHECK(classic.join() == Errc::none);
  CHECK(a.beat(3) == Errc::group_id_not_found);
}

TEST_CASE("kip848: a coordinator that moves knows everything, and sessions begin anew") {
  GroupWorld w("4.3", 2);
  ConsumerPair pair(w);
  w.world.run_for(40s);
  REQUIRE(!w.brokers->coordinators().move("g", 2));
  CHECK(pair.a.beat() == Errc::not_coordinator);
  w.world.run_for(40s);
  REQUIRE(!w.brokers->coordinators().move("g", 1));
  CHECK(pair.a.beat() == Errc::none);
  CHECK_FALSE(pair.a.given());
  w.world.run_for(50s);
  CHECK(pair.a.beat() == Errc::unknown_member_id);
}

TEST_CASE("kip848: a fault refuses a heartbeat, before or after it is executed") {
  GroupWorld w("4.3");
  Member a(w, "a");
  w.brokers->faults().add(ApiKey::consumer_group_heartbeat).topic("other").reply(Errc::invalid_request);
  w.brokers->faults().add(ApiKey::consumer_group_heartbeat).topic("t").reply(Errc::coordinator_load_in_progress);
  CHECK(a.join() == Errc::coordinator_load_in_progress);
  CHECK(w.brokers->group_coordinator().find_consumer(1, "g") == nullptr);
  w.brokers->faults().add(ApiKey::consumer_group_heartbeat).reply_after(Errc::coordinator_not_available);
  CHECK(a.join() == Errc::coordinator_not_available);
  CHECK(w.brokers->group_coordinator().find_consumer(1, "g") != nullptr);
}
