// Listing, describing and deleting groups of the dev broker, and deleting their offsets. The answers are those that
// brokers of the same releases gave (test/broker/group_probe, scenario `admin`).
#include "group_caller.hpp"
#include "protocol/delete_groups.hpp"
#include "protocol/describe_groups.hpp"
#include "protocol/list_groups.hpp"
#include "protocol/offset_delete.hpp"

using namespace kafka;
using namespace kafka::sim;

namespace {

using Described = protocol::DescribeGroupsResponse::DescribedGroup;
using Listed = protocol::ListGroupsResponse::ListedGroup;

struct Admin {
  explicit Admin(GroupWorld& world) : w(world), peer(world.world, 1) {}

  Described describe(const std::string& group = "g") {
    protocol::DescribeGroupsRequest request;
    request.groups = {group};
    return w.ask(peer, request).groups.at(0);
  }
  std::string state() { return describe().group_state; }
  std::optional<Listed> list(std::vector<std::string> states = {}, std::vector<std::string> types = {}) {
    protocol::ListGroupsRequest request;
    request.states_filter = std::move(states);
    request.types_filter = std::move(types);
    for (const Listed& each : w.ask(peer, request).groups) {
      if (each.group_id == "g") return each;
    }
    return std::nullopt;
  }
  Errc erase() {
    protocol::DeleteGroupsRequest request;
    request.groups_names = {"g"};
    return errc(w.ask(peer, request).results.at(0).error_code);
  }
  protocol::OffsetDeleteResponse erase_offsets(const std::string& topic = "t", int32_t partition = 0) {
    protocol::OffsetDeleteRequest request;
    request.group_id = "g";
    request.topics.emplace_back().name = topic;
    request.topics[0].partitions.push_back({partition});
    return w.ask(peer, request);
  }
  Errc erase_offset(const std::string& topic = "t", int32_t partition = 0) {
    return errc(erase_offsets(topic, partition).topics.at(0).partitions.at(0).error_code);
  }

  GroupWorld& w;
  Caller peer;
};

}  // namespace

TEST_CASE("admin: a group is dead, empty, rebalancing or stable, and shows its members") {
  GroupWorld w(GENERATE("0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3"));
  INFO(w.release);
  const bool is_0_9 = w.release == "0.9";
  Admin admin(w);
  GroupMember a(w), b(w);
  CHECK(admin.state() == "Dead");
  CHECK(errc(admin.describe().error_code) == (w.release == "4.3" ? Errc::group_id_not_found : Errc::none));
  CHECK_FALSE(admin.list());
  REQUIRE(a.commit(*a.peer, -1) == Errc::none);
  CHECK(admin.state() == (is_0_9 ? "Dead" : "Empty"));  // 0.9 knows offsets without a group
  CHECK(admin.list().has_value() == !is_0_9);

  REQUIRE(a.join() == Errc::none);
  CHECK(admin.state() == (w.release < "1" ? "AwaitingSync" : "CompletingRebalance"));
  REQUIRE(a.sync() == Errc::none);
  const Described stable = admin.describe();
  CHECK(stable.group_state == "Stable");
  CHECK(stable.protocol_type == "consumer");
  CHECK(stable.protocol_data == "range");
  REQUIRE(stable.members.size() == 1);
  CHECK(stable.members[0].member_id == a.id);
  CHECK(stable.members[0].client_id == "sim");
  CHECK(stable.members[0].client_host == "/10.2.0.1");
  CHECK(stable.members[0].member_metadata.view() == "subscription");
  CHECK(stable.members[0].member_assignment.view() == "all of it");
  CHECK(admin.list()->protocol_type == "consumer");

  b.send_join_with_id();
  w.world.run_for(100ms);
  const Described joining = admin.describe();
  CHECK(joining.group_state == "PreparingRebalance");
  CHECK(joining.protocol_data.empty());
  REQUIRE(joining.members.size() == 2);
  CHECK(joining.members[0].member_metadata.empty());
  const bool is_new = w.release == "3.9" || w.release == "4.3";
  CHECK(joining.members[0].member_assignment.empty() == !is_new);

  REQUIRE(a.leave(*a.peer) == Errc::none);
  REQUIRE(b.receive_join() == Errc::none);
  REQUIRE(b.leave(*b.peer) == Errc::none);
  CHECK(admin.state() == (is_0_9 ? "Dead" : "Empty"));
}

TEST_CASE("admin: ListGroups filters by state from version 4 on and by type from 5 on") {
  GroupWorld w(GENERATE("2.8", "4.3"));
  Admin admin(w);
  GroupMember a(w);
  REQUIRE(a.join() == Errc::none);
  CHECK(admin.list({"CompletingRebalance"})->group_state == "CompletingRebalance");
  CHECK_FALSE(admin.list({"Stable"}));
  CHECK_FALSE(admin.list({"Nonsense"}));
  CHECK(admin.list({"completingrebalance"}).has_value() == (w.release == "4.3"));
  if (w.release == "2.8") return;
  CHECK(admin.list({}, {"classic"})->group_type == "classic");
  CHECK(admin.list({}, {"Classic"}));
  CHECK_FALSE(admin.list({}, {"consumer"}));
}

TEST_CASE("admin: a group with members is not deleted, an empty one goes with its offsets") {
  GroupWorld w(GENERATE("1.1", "2.8", "4.3"));
  Admin admin(w);
  GroupMember a(w);
  CHECK(admin.erase() == Errc::group_id_not_found);
  REQUIRE(a.join() == Errc::none);
  REQUIRE(a.sync() == Errc::none);
  REQUIRE(a.commit(*a.peer) == Errc::none);
  CHECK(admin.erase() == Errc::non_empty_group);
  REQUIRE(a.leave(*a.peer) == Errc::none);
  CHECK(admin.erase() == Errc::none);
  CHECK(w.brokers->groups().offsets("g") == nullptr);
  CHECK(admin.state() == "Dead");
  a.id.clear();
  REQUIRE(a.join() == Errc::none);
  CHECK(a.generation == 1);
}

TEST_CASE("admin: offsets of topics that members read are not deleted") {
  GroupWorld w(GENERATE("2.4", "2.8", "4.3"));
  INFO(w.release);
  REQUIRE(!w.brokers->topics().create("other", 1));
  Admin admin(w);
  GroupMember a(w);
  CHECK(errc(admin.erase_offsets().error_code) == Errc::group_id_not_found);
  a.offer = subscription("t");
  REQUIRE(a.join() == Errc::none);
  REQUIRE(a.sync() == Errc::none);
  REQUIRE(a.commit(*a.peer) == Errc::none);
  CHECK(admin.erase_offset("t", 0) == Errc::group_subscribed_to_topic);
  CHECK(admin.erase_offset("t", 99) == Errc::unknown_topic_or_partition);
  CHECK(admin.erase_offset("nosuchtopic", 0) == Errc::unknown_topic_or_partition);
  CHECK(admin.erase_offset("other", 0) == Errc::none);
  CHECK(w.brokers->groups().find("g", {"t", 0}) != nullptr);
  REQUIRE(a.leave(*a.peer) == Errc::none);
  w.brokers->faults().add(ApiKey::offset_delete).partition("t", 0).reply(Errc::topic_authorization_failed);
  CHECK(admin.erase_offset("t", 1) == Errc::none);
  CHECK(admin.erase_offset("t", 0) == Errc::topic_authorization_failed);
  CHECK(w.brokers->groups().find("g", {"t", 0}) != nullptr);
  CHECK(admin.erase_offset("t", 0) == Errc::none);
  CHECK(w.brokers->groups().find("g", {"t", 0}) == nullptr);
  // Until the new coordinator a group goes with its last offset.
  CHECK(admin.erase() == (w.release == "4.3" ? Errc::none : Errc::group_id_not_found));
}

TEST_CASE("admin: groups that are no consumers keep their offsets while they have members") {
  GroupWorld w("4.3");
  Admin admin(w);
  GroupMember a(w);
  const int16_t version = w.version<protocol::JoinGroupRequest>();
  auto request = a.join_request(version);
  request.protocol_type = "connect";
  a.id = w.ask(*a.peer, request).member_id;
  request.member_id = a.id;
  REQUIRE(w.ask(*a.peer, request).error_code == 0);
  CHECK(errc(admin.erase_offsets().error_code) == Errc::non_empty_group);
}

TEST_CASE("admin: another broker than the coordinator refuses") {
  GroupWorld w("4.3", 2);
  Admin admin(w);
  REQUIRE(!w.brokers->coordinators().move("g", 2));
  CHECK(errc(admin.describe().error_code) == Errc::not_coordinator);
  CHECK(admin.erase() == Errc::not_coordinator);
  CHECK(errc(admin.erase_offsets().error_code) == Errc::not_coordinator);
  CHECK_FALSE(admin.list());
}
