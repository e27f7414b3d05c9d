// Groups of the dev broker over time: sessions, members that never come, the wait for the first ones, coordinators that
// die or move, and faults.
#include "group_caller.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

void settle_both(GroupMember& member) {
  REQUIRE(member.join() == Errc::none);
  REQUIRE(member.sync() == Errc::none);
}

const devbroker::ClassicGroup& group_of(GroupWorld& w) { return *w.brokers->group_coordinator().find(1, "g"); }

}  // namespace

TEST_CASE("a member that is silent for its session is out, one that beats or commits stays") {
  GroupWorld w("4.3");
  GroupMember silent(w), beats(w), commits(w);
  for (GroupMember* each : {&silent, &beats, &commits}) {
    each->group = "g" + std::to_string(each->w.brokers->requests().count(ApiKey::join_group));
    REQUIRE(!w.brokers->coordinators().move(each->group, 1));
    settle_both(*each);
  }
  for (int i = 0; i < 10; ++i) {
    w.world.run_for(1s);
    CHECK(beats.beat(*beats.peer) == Errc::none);
    CHECK(commits.commit(*commits.peer) == Errc::none);
  }
  CHECK(silent.beat(*silent.peer) == Errc::unknown_member_id);
}

TEST_CASE("a member whose connection closes while it waits stays a member until its session ends") {
  GroupWorld w(GENERATE("0.11", "4.3"));
  GroupMember a(w), ghost(w);
  settle_both(a);
  ghost.send_join_with_id();
  w.world.run_for(100ms);
  ghost.peer.reset();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  CHECK(a.generation == 2);
  CHECK(group_of(w).members().size() == 2);
  REQUIRE(a.sync() == Errc::none);
  for (int i = 0; i < 7; ++i) {
    a.beat(*a.peer);
    w.world.run_for(1s);
  }
  CHECK(group_of(w).members().size() == 1);
}

TEST_CASE("a JoinGroup that is repeated on another connection is answered there") {
  GroupWorld w("4.3");
  GroupMember a(w), b(w);
  settle_both(a);
  b.send_join_with_id();
  w.world.run_for(100ms);
  GroupMember again(w);
  again.id = b.id;
  again.send_join();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  CHECK(again.receive_join() == Errc::none);
  w.world.run_for(1s);
  CHECK(b.peer->unread() == 0);
}

TEST_CASE("who joins and never syncs is out after the rebalance timeout, from 2.8 on") {
  GroupWorld w(GENERATE("2.4", "2.8", "4.3"));
  INFO(w.release);
  GroupMember a(w), b(w);
  Caller other(w.world, 1);
  REQUIRE(a.join() == Errc::none);  // and leads, and never sends SyncGroup
  b.send_join_with_id();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  b.send_sync();
  for (int i = 0; i < 12; ++i) {
    a.beat(other);
    w.world.run_for(1s);
  }
  if (w.release == "2.4") {
    CHECK(group_of(w).state() != devbroker::ClassicState::stable);
    return;
  }
  REQUIRE(b.peer->unread() > 0);  // although the leader's heartbeats went on
  CHECK(b.receive_sync() == Errc::rebalance_in_progress);
  CHECK(a.beat(other) == Errc::unknown_member_id);
}

TEST_CASE("the first members of a group wait for others, from 0.11 on") {
  GroupWorld w(GENERATE("0.10", "0.11", "4.3"), 1, {.initial_rebalance_delay = 3s});
  INFO(w.release);
  GroupMember a(w), b(w);
  const double started = w.seconds();
  a.send_join_with_id();
  if (w.release == "0.10") {
    CHECK(a.receive_join() == Errc::none);
    CHECK(w.seconds() - started < 0.1);
    return;
  }
  w.world.run_for(2s);
  b.send_join_with_id();
  CHECK(a.receive_join() == Errc::none);
  CHECK(b.receive_join() == Errc::none);
  CHECK(w.seconds() - started == Approx(6).margin(0.2));  // each new member begins the wait anew
  CHECK(a.generation == 1);
  CHECK(a.joined.members.size() == 2);
}

TEST_CASE("a coordinator that moves takes along what was synced, and who waits is told") {
  GroupWorld w("4.3", 2);
  GroupMember a(w), b(w), a_there(w, {}, 2);
  settle_both(a);
  b.send_join_with_id();
  w.world.run_for(100ms);
  REQUIRE(!w.brokers->coordinators().move("g", 2));
  CHECK(b.receive_join() == Errc::not_coordinator);
  CHECK(a.beat(*a.peer) == Errc::not_coordinator);
  CHECK(a.commit(*a.peer) == Errc::not_coordinator);
  CHECK(a.beat(*a_there.peer) == Errc::none);
  CHECK(b.beat(*a_there.peer) == Errc::unknown_member_id);  // it was never told
  w.world.run_for(7s);
  CHECK(a.beat(*a_there.peer) == Errc::unknown_member_id);  // sessions go on there
}

TEST_CASE("a coordinator that moves in the middle of a rebalance knows the generation before") {
  GroupWorld w("2.8", 2);
  GroupMember a(w), b(w), there(w, {}, 2);
  settle_both(a);
  b.send_join_with_id();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  REQUIRE(a.generation == 2);
  GroupMember& follower = a.leads() ? b : a;
  follower.send_sync();
  w.world.run_for(100ms);
  REQUIRE(!w.brokers->coordinators().move("g", 2));
  CHECK(follower.receive_sync() == Errc::not_coordinator);
  CHECK(a.beat(*there.peer, 2) == Errc::illegal_generation);
  CHECK(a.beat(*there.peer, 1) == Errc::none);
}

TEST_CASE("a coordinator that was down begins sessions anew") {
  GroupWorld w("4.3");
  GroupMember a(w);
  settle_both(a);
  w.world.run_for(5s);
  w.brokers.kill(1);
  w.world.run_for(60s);
  w.brokers.restart(1);
  w.world.run_for(5s);
  a.peer = std::make_unique<Caller>(w.world, 1);
  CHECK(a.beat(*a.peer) == Errc::none);
}

TEST_CASE("a fault refuses JoinGroup and SyncGroup, before or after they are executed") {
  GroupWorld w("4.3");
  GroupMember a(w);
  w.brokers->faults().add(ApiKey::join_group).reply(Errc::coordinator_load_in_progress);
  CHECK(a.join_once() == Errc::coordinator_load_in_progress);
  CHECK(w.brokers->group_coordinator().find(1, "g") == nullptr);
  settle_both(a);
  w.brokers->faults().add(ApiKey::join_group).reply_after(Errc::not_coordinator);
  CHECK(a.join_once() == Errc::not_coordinator);
  CHECK(group_of(w).generation() == 2);
  REQUIRE(a.join() == Errc::none);
  w.brokers->faults().add(ApiKey::sync_group).reply(Errc::rebalance_in_progress);
  CHECK(a.sync() == Errc::rebalance_in_progress);
  CHECK(a.sync() == Errc::none);
  w.brokers->faults().add(ApiKey::heartbeat).reply(Errc::unknown_member_id);
  CHECK(a.beat(*a.peer) == Errc::unknown_member_id);
  CHECK(a.beat(*a.peer) == Errc::none);
}

TEST_CASE("the protocol that most members prefer is chosen among those that all offer") {
  GroupWorld w("4.3");
  GroupMember a(w), b(w), c(w);
  a.protocols = {"cooperative-sticky", "range"};
  b.protocols = {"sticky", "range", "cooperative-sticky"};
  c.protocols = {"cooperative-sticky", "range"};
  settle_both(a);
  CHECK(a.joined.protocol_name == "cooperative-sticky");
  b.send_join_with_id();
  c.send_join_with_id();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  CHECK(a.joined.protocol_name == "cooperative-sticky");
  REQUIRE(b.receive_join() == Errc::none);
  REQUIRE(c.receive_join() == Errc::none);
  GroupMember old(w);
  old.send_join_with_id();
  w.world.run_for(100ms);
  for (GroupMember* each : {&a, &b, &c}) each->send_join();
  REQUIRE(old.receive_join() == Errc::none);
  CHECK(old.joined.protocol_name == "range");
}

TEST_CASE("a follower that joins again without anything new gets the present generation") {
  GroupWorld w("4.3");
  GroupMember a(w), b(w);
  settle_both(a);
  b.send_join_with_id();
  w.world.run_for(100ms);
  REQUIRE(a.join() == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  GroupMember& follower = a.leads() ? b : a;
  CHECK(follower.join_once() == Errc::none);
  CHECK(follower.generation == 2);
  follower.offer = "something else";
  follower.send_join();
  w.world.run_for(100ms);
  CHECK(group_of(w).state() == devbroker::ClassicState::preparing_rebalance);
}
