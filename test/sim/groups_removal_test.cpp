// What kafka::Groups takes away: groups, offsets and members, on old and new releases.
#include "groups_fixture.hpp"
#include "protocol/leave_group.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("groups: a group is deleted when it is empty, from 1.1 on") {
  const std::string version = GENERATE("0.11", "1.1", "2.8", "4.3", "");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  SimMember& a = bench.start("a");
  REQUIRE(bench.until([&] { return bench.stored(0) == 20; }));
  bench.store("other", "t", 0, 1);
  const auto refused = bench.erase({"g", "other"});
  if (version == "0.11") {
    CHECK(refused.error == Errc::unsupported_feature);
    CHECK_THAT(refused.error.message(), Contains("Kafka 1.1"));
    return;
  }
  CHECK(refused.error == Errc::non_empty_group);
  REQUIRE(refused.value.size() == 2);
  CHECK(refused.value[0].name == "g");
  CHECK(refused.value[0].error == Errc::non_empty_group);
  CHECK_FALSE(refused.value[1].error);
  a.close();
  REQUIRE(bench.until([&] { return a.closes == 1; }));
  CHECK_FALSE(bench.erase({"g"}).error);
  CHECK(bench.stored(0) == -1);
  CHECK(bench.erase({"g"}).error == Errc::group_id_not_found);
}

TEST_CASE("groups: the offsets of a topic that nobody subscribes to can be deleted, from 2.4 on") {
  const std::string version = GENERATE("1.1", "2.4", "3.9", "");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  fill(bench.client, "more", 2, 5);
  bench.store("g", "more", 1, 5);
  bench.start("a");
  REQUIRE(bench.until([&] { return bench.stored(0) == 20; }));
  const auto gone = bench.erase_offsets({{"more", {0, 1}}, {"t", {0}}});
  REQUIRE(gone.value.size() == 3);
  if (version == "1.1") {
    CHECK(gone.error == Errc::unsupported_feature);
    for (const PartitionResult& result : gone.value) CHECK(result.error == Errc::unsupported_feature);
    return;
  }
  CHECK(gone.error == Errc::group_subscribed_to_topic);
  CHECK_FALSE(gone.value[0].error);
  CHECK_FALSE(gone.value[1].error);
  CHECK(gone.value[1].topic == "more");
  CHECK(gone.value[1].partition == 1);
  CHECK(gone.value[2].error == Errc::group_subscribed_to_topic);
  CHECK(bench.stored(0) == 20);
  CHECK(text_of(bench.lag().value) == "t/0 20 20 0 owned, t/1 20 20 0 owned, t/2 20 20 0 owned");
  const auto none = bench.erase_offsets({{"t", {0}}}, "nosuch");
  CHECK(none.error == Errc::group_id_not_found);
  CHECK(none.value.at(0).error == Errc::group_id_not_found);
}

TEST_CASE("groups: members are removed together where the broker can, else one by one") {
  const std::string version = GENERATE("0.9", "0.11", "1.1", "2.4", "2.8", "4.3", "");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  SimMember& a = bench.start("a");
  SimMember& b = bench.start("b");
  REQUIRE(bench.until([&] { return a.owned.size() + b.owned.size() == 3 && !a.owned.empty() && !b.owned.empty(); }));
  const auto id = [](SimMember& member) { return member.consumer->group().member_id; };
  const std::string first = id(a), second = id(b);
  const size_t before = static_cast<size_t>(bench.client.brokers->cluster().requests().count(ApiKey::leave_group, 0));
  const auto removed =
      bench.remove({MemberToRemove::id(first), MemberToRemove::id("nobody"), MemberToRemove::id(second)});
  CHECK(removed.error == Errc::unknown_member_id);
  REQUIRE(removed.value.size() == 3);
  CHECK_FALSE(removed.value[0].error);
  CHECK(removed.value[1].error == Errc::unknown_member_id);
  CHECK(removed.value[1].member.member_id == "nobody");
  CHECK_FALSE(removed.value[2].error);
  const size_t requests =
      static_cast<size_t>(bench.client.brokers->cluster().requests().count(ApiKey::leave_group, 0)) - before;
  CHECK(requests == (version.empty() || version >= "2.4" ? 1 : 3));
  // They still run, so they hear of it and join again.
  CHECK(bench.until([&] { return !a.losses.empty() && !b.losses.empty(); }));
  CHECK(bench.until([&] { return a.owned.size() + b.owned.size() == 3; }));
  CHECK(id(a) != first);
}

TEST_CASE("groups: static members are removed by their instance ids, from 2.4 on") {
  const std::string version = GENERATE("1.1", "2.4", "4.3");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  if (version == "1.1") {
    const auto removed = bench.remove({MemberToRemove::instance("one")});
    CHECK(removed.error == Errc::unsupported_feature);
    CHECK_THAT(removed.error.message(), Contains("Kafka 2.4"));
    const auto mixed = bench.remove({MemberToRemove::instance("one"), MemberToRemove::id("nobody")});
    CHECK(mixed.value.at(0).error == Errc::unsupported_feature);
    CHECK(mixed.value.at(1).error == Errc::unknown_member_id);
    return;
  }
  ConsumerOptions options = member_options();
  options.group_instance_id = "one";
  options.session_timeout = 60s;
  SimMember& a = bench.start("a", options);
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  a.close();  // it stays a member
  REQUIRE(bench.until([&] { return a.closes == 1; }));
  CHECK(bench.describe({"g"}).value.at(0).members.at(0).instance_id == "one");
  const auto removed = bench.remove({MemberToRemove::instance("one"), MemberToRemove::instance("two")});
  CHECK(removed.error == Errc::unknown_member_id);
  CHECK_FALSE(removed.value.at(0).error);
  CHECK(removed.value.at(1).error == Errc::unknown_member_id);
  CHECK(bench.describe({"g"}).value.at(0).members.empty());
}

TEST_CASE("groups: KIP-848 members are removed, by 3.9 too, where LeaveGroup does not reach them") {
  const std::string version = GENERATE("3.9", "4.3");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  ConsumerOptions options = consumer_protocol_options();
  SimMember& a = bench.start("a", options);
  options.group_instance_id = "one";
  SimMember& b = bench.start("b", options);
  REQUIRE(bench.until([&] { return a.owned.size() + b.owned.size() == 3 && !a.owned.empty() && !b.owned.empty(); }));
  const auto id = a.consumer->group().member_id;
  std::vector<int16_t> codes;
  bench.cluster().faults().set_distortion([&codes](int32_t, ApiKey of, int16_t, void* response) {
    if (of != ApiKey::leave_group) return;
    for (auto& member : static_cast<protocol::LeaveGroupResponse*>(response)->members)
      codes.push_back(member.error_code);
  });
  const auto removed =
      bench.remove({MemberToRemove::id("nobody"), MemberToRemove::instance("one"), MemberToRemove::id(id)});
  REQUIRE(removed.value.size() == 3);
  CHECK(removed.error == Errc::unknown_member_id);
  CHECK(removed.value[0].error == Errc::unknown_member_id);
  CHECK_FALSE(removed.value[1].error);
  CHECK_FALSE(removed.value[2].error);
  const auto unknown = static_cast<int16_t>(Errc::unknown_member_id);
  CHECK(codes == (version == "3.9" ? std::vector<int16_t>{unknown, unknown, unknown}
                                   : std::vector<int16_t>{unknown, 0, 0}));  // as real brokers answered
  CHECK(bench.until([&] { return !a.losses.empty() && !b.losses.empty(); }));
}

TEST_CASE("groups: a retry does not fail because the first attempt, whose answer was lost, has succeeded") {
  GroupsBench bench("");
  SECTION("a member that was removed") {
    SimMember& a = bench.start("a");
    REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
    const std::string id = bench.member_id();
    bench.cluster().faults().add(ApiKey::leave_group).times(1).close_after();
    const auto removed = bench.remove({MemberToRemove::id(id)});
    CHECK_FALSE(removed.error);
    CHECK(bench.until([&] { return !a.losses.empty(); }));
  }
  SECTION("a group that was deleted") {
    bench.store("g", "t", 0, 1);
    bench.cluster().faults().add(ApiKey::delete_groups).times(1).close_after();
    CHECK_FALSE(bench.erase({"g"}).error);
    CHECK(bench.list().value.groups.empty());
  }
}
