// What the dev broker's coordinator answers to members of a classic group in which state. The answers are those that
// brokers of the same releases gave (test/broker/group_probe; each test names the scenario).
#include "group_caller.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

std::string any_release() { return GENERATE("0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3"); }
bool is_0_9(const std::string& release) { return release == "0.9"; }
/// Nothing is said about the generation until the group has synced.
bool is_before_2(const std::string& release) { return release.size() >= 3 && release < "2"; }

/// One stable member.
void settle(GroupMember& member) {
  REQUIRE(member.join() == Errc::none);
  REQUIRE(member.leads());
  REQUIRE(member.sync() == Errc::none);
}

/// Two stable members. `leader` and `follower` say which is which.
struct Pair {
  explicit Pair(GroupWorld& w) : a(w), b(w), other(w.world, 1) {
    settle(a);
    b.send_join_with_id();
    w.world.run_for(300ms);
    REQUIRE(a.join() == Errc::none);
    REQUIRE(b.receive_join() == Errc::none);
    leader = a.leads() ? &a : &b;
    follower = a.leads() ? &b : &a;
    follower->send_sync();
    w.world.run_for(100ms);
    REQUIRE(leader->sync() == Errc::none);
    REQUIRE(follower->receive_sync() == Errc::none);
  }
  GroupMember a, b;
  Caller other;
  GroupMember* leader = nullptr;
  GroupMember* follower = nullptr;
};

}  // namespace

TEST_CASE("member-id: until JoinGroup 3 a new member is let in at once, from 4 on it is told an id first") {
  GroupWorld w("4.3");
  const int16_t cap = GENERATE(0, 3, 4, 5, 9);
  GroupMember member(w);
  member.join_cap = cap;
  if (cap < 4) {
    CHECK(member.join_once() == Errc::none);
    CHECK(member.generation == 1);
    return;
  }
  CHECK(member.join_once() == Errc::member_id_required);
  CHECK(member.joined.generation_id == -1);
  REQUIRE_FALSE(member.id.empty());
  GroupMember elsewhere(w);  // the id may be used on any connection
  elsewhere.join_cap = cap;
  elsewhere.id = member.id;
  CHECK(elsewhere.join_once() == Errc::none);
  CHECK(elsewhere.generation == 1);
  CHECK(elsewhere.leads());
  CHECK(elsewhere.joined.members.size() == 1);
  CHECK(elsewhere.joined.protocol_type == (cap >= 7 ? std::optional<std::string>("consumer") : std::nullopt));
}

TEST_CASE("member-id: a static member is let in at once") {
  GroupWorld w(GENERATE("2.4", "2.8", "3.9", "4.3"));
  GroupMember member(w, "i1");
  CHECK(member.join_once() == Errc::none);
  CHECK(member.leads());
}

TEST_CASE("sync-check: SyncGroup has to name protocol type and protocol, from version 5 on") {
  GroupWorld w(GENERATE("2.8", "3.9", "4.3"));
  GroupMember member(w);
  REQUIRE(member.join() == Errc::none);
  auto wrong = member.sync_request();
  SECTION("another type") { wrong.protocol_type = "other"; }
  SECTION("another protocol") { wrong.protocol_name = "roundrobin"; }
  SECTION("neither") { wrong.protocol_type = wrong.protocol_name = std::nullopt; }
  CHECK(errc(w.ask(*member.peer, wrong).error_code) == Errc::inconsistent_group_protocol);
  CHECK(member.sync() == Errc::none);
  CHECK(member.synced.protocol_type == "consumer");
  CHECK(member.synced.protocol_name == "range");
}

TEST_CASE("sync-check: a repeated SyncGroup gets the same, another generation is illegal, who has left is unknown") {
  GroupWorld w(any_release());
  INFO(w.release);
  GroupMember member(w);
  settle(member);
  CHECK(member.synced.assignment.view() == "all of it");
  CHECK(member.sync() == Errc::none);
  CHECK(member.synced.assignment.view() == "all of it");
  ++member.generation;
  CHECK(member.sync() == Errc::illegal_generation);
  CHECK(member.beat(*member.peer) == Errc::illegal_generation);
  --member.generation;
  CHECK(member.beat(*member.peer) == Errc::none);
  CHECK(member.leave(*member.peer) == Errc::none);
  CHECK(member.beat(*member.peer) == Errc::unknown_member_id);
  CHECK(member.leave(*member.peer) == Errc::unknown_member_id);
  // 0.9 has forgotten the group.
  CHECK(member.commit(*member.peer) == (is_0_9(w.release) ? Errc::illegal_generation : Errc::unknown_member_id));
  member.id.clear();
  CHECK(member.commit(*member.peer, -1) == Errc::none);
}

TEST_CASE("commit-rules: membership is checked, neither ownership nor order") {
  GroupWorld w(any_release());
  INFO(w.release);
  GroupMember member(w), stranger(w);
  settle(member);
  CHECK(member.commit(*member.peer, member.generation, 0, 1) == Errc::none);
  CHECK(member.commit(*member.peer, member.generation, 0, 0) == Errc::none);  // going back
  CHECK(w.brokers->groups().find("g", {"t", 0})->offset == 0);
  CHECK(stranger.commit(*stranger.peer, -1, 0, 5) == Errc::unknown_member_id);
  stranger.id = "stranger";
  CHECK(stranger.commit(*stranger.peer, member.generation, 0, 5) == Errc::unknown_member_id);
  CHECK(w.brokers->groups().find("g", {"t", 0})->offset == 0);
}

TEST_CASE("rebalance: what members are told while others join, until all have synced") {
  GroupWorld w(any_release());
  INFO(w.release);
  GroupMember a(w), b(w), c(w);
  Caller other(w.world, 1);
  settle(a);
  CHECK(a.commit(other) == Errc::none);
  b.send_join_with_id();
  w.world.run_for(300ms);
  CHECK(a.commit(other) == Errc::none);
  CHECK(a.beat(other) == Errc::rebalance_in_progress);
  c.send_join_with_id();
  w.world.run_for(300ms);
  const Errc waiting = is_0_9(w.release)        ? Errc::rebalance_in_progress
                       : is_before_2(w.release) ? Errc::unknown_member_id
                                                : Errc::illegal_generation;
  CHECK(b.beat(other) == waiting);
  REQUIRE(a.join() == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  REQUIRE(c.receive_join() == Errc::none);
  REQUIRE(a.generation == 2);
  CHECK(a.joined.members.size() + b.joined.members.size() + c.joined.members.size() == 3);

  CHECK(a.commit(other) == Errc::rebalance_in_progress);
  const bool beats = w.release >= "2.8";
  CHECK(a.beat(other) == (beats ? Errc::none : Errc::rebalance_in_progress));
  const Errc old = is_before_2(w.release) ? Errc::rebalance_in_progress : Errc::illegal_generation;
  CHECK(a.commit(other, 1) == old);
  CHECK(a.beat(other, 1) == old);

  GroupMember* leader = a.leads() ? &a : b.leads() ? &b : &c;
  for (GroupMember* each : {&a, &b, &c}) {
    if (each != leader) each->send_sync();
  }
  w.world.run_for(300ms);
  for (GroupMember* each : {&a, &b, &c}) CHECK(each->peer->unread() == 0);
  REQUIRE(leader->sync() == Errc::none);
  for (GroupMember* each : {&a, &b, &c}) {
    if (each == leader) continue;
    CHECK(each->receive_sync() == Errc::none);
    CHECK(each->synced.assignment.empty());  // the leader left them out
  }
  CHECK(a.commit(other) == Errc::none);
}

TEST_CASE("waiting-join: who beats and does not join is put out after the rebalance timeout") {
  GroupWorld w(any_release());
  INFO(w.release);
  Pair pair(w);
  const double started = w.seconds();
  pair.leader->send_join();
  w.world.run_for(300ms);
  CHECK(pair.leader->commit(pair.other) == Errc::none);
  CHECK(pair.leader->beat(pair.other) == Errc::rebalance_in_progress);
  while (pair.leader->peer->unread() == 0 && w.seconds() < started + 20) {
    CHECK(pair.follower->beat(pair.other) == Errc::rebalance_in_progress);
    w.world.run_for(1s);
  }
  REQUIRE(pair.leader->receive_join() == Errc::none);
  // JoinGroup 0 has no rebalance timeout, so the session's counts.
  CHECK(w.seconds() - started == Approx(is_0_9(w.release) ? 6.3 : 10.3).margin(0.8));
  CHECK(pair.leader->generation == 3);
  CHECK(pair.leader->joined.members.size() == 1);
  CHECK(pair.follower->beat(pair.other) == (is_0_9(w.release) ? Errc::rebalance_in_progress : Errc::unknown_member_id));
  CHECK(pair.follower->commit(pair.other) ==
        (is_before_2(w.release) ? Errc::rebalance_in_progress : Errc::unknown_member_id));
}

TEST_CASE("one-connection: two members on one connection throw each other out") {
  GroupWorld w(any_release());
  INFO(w.release);
  GroupMember a(w), b(w);
  settle(a);
  const double started = w.seconds();
  std::swap(a.peer, b.peer);
  if (w.version<protocol::JoinGroupRequest>() >= 4) REQUIRE(b.join_once() == Errc::member_id_required);
  b.send_join();
  const int16_t version = w.version<protocol::JoinGroupRequest>();
  b.peer->send(a.join_request(version), version);
  CHECK(b.receive_join() == Errc::none);
  CHECK(w.seconds() - started == Approx(6).margin(0.3));  // a's session
  REQUIRE(b.peer->receive<protocol::JoinGroupRequest>(version, a.joined));
  CHECK(errc(a.joined.error_code) == Errc::unknown_member_id);
}

TEST_CASE("drop-join: an id that nobody joins with holds the group up until its session ends") {
  GroupWorld w(GENERATE("2.4", "2.8", "3.9", "4.3"));
  GroupMember a(w), b(w);
  settle(a);
  REQUIRE(b.join_once() == Errc::member_id_required);
  const double started = w.seconds();
  SECTION("nobody gives it back") {
    CHECK(a.join() == Errc::none);
    CHECK(w.seconds() - started == Approx(6).margin(0.1));
  }
  SECTION("it is given back by LeaveGroup") {
    a.send_join();
    w.world.run_for(1s);
    CHECK(b.leave(*b.peer) == Errc::none);
    CHECK(a.receive_join() == Errc::none);
    CHECK(w.seconds() - started == Approx(1).margin(0.1));
  }
  CHECK(a.generation == 2);
}

TEST_CASE("static: a second process with the same instance id takes over, and the first is fenced") {
  GroupWorld w(GENERATE("2.4", "2.8", "3.9", "4.3"));
  INFO(w.release);
  GroupMember a(w, "one"), twin(w, "one");
  settle(a);
  REQUIRE(twin.join_once() == Errc::none);
  CHECK(twin.generation == 1);
  const bool skips = w.version<protocol::JoinGroupRequest>() >= protocol::JoinGroupRequest::kSkipAssignmentFrom;
  CHECK(twin.leads() == skips);  // older ones name the leader that is gone
  CHECK(twin.joined.skip_assignment == skips);
  CHECK(twin.joined.members.size() == (skips ? 1 : 0));
  REQUIRE(twin.sync() == Errc::none);
  CHECK(twin.synced.assignment.view() == "all of it");
  CHECK(a.beat(*a.peer) == Errc::fenced_instance_id);
  CHECK(a.commit(*a.peer) == Errc::fenced_instance_id);
  CHECK(a.sync() == Errc::fenced_instance_id);
  CHECK(a.join_once() == Errc::fenced_instance_id);
  GroupMember bare(w);
  bare.id = twin.id;
  CHECK(bare.beat(*bare.peer, 1) == Errc::none);
  GroupMember admin(w, "one");
  CHECK(admin.leave(*admin.peer) == Errc::none);
  CHECK(twin.beat(*twin.peer) == Errc::unknown_member_id);
}

TEST_CASE("static: a process that waits in JoinGroup or SyncGroup is told when another one takes over") {
  GroupWorld w(GENERATE("2.8", "4.3"));
  GroupMember a(w, "one"), b(w), twin(w, "one");
  settle(a);
  SECTION("in JoinGroup") {
    b.send_join_with_id();
    w.world.run_for(1s);
    b.join_cap = 100;
    GroupMember c(w, "three");
    c.send_join();
    a.send_join();
    w.world.run_for(1s);
    // All have joined, so the group syncs: the second process begins another rebalance.
    twin.send_join();
    w.world.run_for(1s);
    CHECK(a.receive_join() == Errc::none);
    CHECK(a.sync() == Errc::fenced_instance_id);
  }
  SECTION("in SyncGroup") {
    b.send_join_with_id();
    w.world.run_for(1s);
    REQUIRE(a.join() == Errc::none);
    REQUIRE(b.receive_join() == Errc::none);
    GroupMember& follower = a.leads() ? b : a;
    if (&follower == &a) {
      a.send_sync();
      w.world.run_for(1s);
      twin.send_join();
      CHECK(a.receive_sync() == Errc::fenced_instance_id);
    } else {
      b.send_sync();
      w.world.run_for(1s);
      twin.send_join();
      CHECK(b.receive_sync() == Errc::rebalance_in_progress);  // its leader is gone
    }
  }
}

TEST_CASE("inconsistent: what JoinGroup refuses") {
  GroupWorld w(any_release());
  INFO(w.release);
  GroupMember a(w), b(w), c(w), d(w), e(w);
  settle(a);
  b.protocols = {"cooperative-sticky"};
  CHECK(b.join_once() == Errc::inconsistent_group_protocol);
  CHECK(b.joined.generation_id == (is_before_2(w.release) ? 0 : -1));
  const int16_t version = w.version<protocol::JoinGroupRequest>();
  auto short_session = c.join_request(version);
  short_session.session_timeout_ms = 100;
  CHECK(errc(w.ask(*c.peer, short_session).error_code) == Errc::invalid_session_timeout);
  d.group.clear();
  CHECK(d.join_once() == Errc::invalid_group_id);
  e.id = "somebody";
  CHECK(e.join_once() == Errc::unknown_member_id);
}
