// kafka::Groups with brokers that answer wrongly or are too old, calls that mean nothing, and sessions that end.
#include "groups_fixture.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/delete_groups.hpp"
#include "protocol/describe_groups.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/offset_delete.hpp"
#include "protocol/offset_fetch.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("groups: brokers of 0.8.2 have no groups to administer, and every call says so") {
  GroupsBench bench("0.8.2");
  CHECK(bench.list().error == Errc::unsupported_feature);
  const auto described = bench.describe({"g"});
  CHECK(described.error == Errc::unsupported_feature);
  CHECK_THAT(described.error.message(), Contains("Kafka 0.9"));
  CHECK(bench.lag().error == Errc::unsupported_feature);
  CHECK(bench.erase({"g"}).error == Errc::unsupported_feature);
  CHECK(bench.erase_offsets({{"t", {0}}}).error == Errc::unsupported_feature);
  CHECK(bench.remove({MemberToRemove::id("m")}).error == Errc::unsupported_feature);
}

TEST_CASE("groups: an answer that lacks what was asked, or tells of others, is an error and ends in time") {
  const ApiKey api = GENERATE(ApiKey::consumer_group_describe, ApiKey::describe_groups, ApiKey::delete_groups,
                              ApiKey::offset_delete, ApiKey::leave_group, ApiKey::offset_fetch);
  const bool empty = GENERATE(true, false);
  CAPTURE(static_cast<int>(api), empty);
  GroupsBench bench("", 1, patient_for(5s));
  bench.store("g", "t", 0, 1);
  bench.cluster().faults().set_distortion([api, empty](int32_t, ApiKey of, int16_t, void* response) {
    if (of != api) return;
    const auto change = [empty](auto& entries, auto rename) {
      if (empty) entries.clear();
      for (auto& entry : entries) rename(entry);
    };
    if (of == ApiKey::consumer_group_describe) {
      change(static_cast<protocol::ConsumerGroupDescribeResponse*>(response)->groups,
             [](auto& e) { e.group_id = "x"; });
    } else if (of == ApiKey::describe_groups) {
      change(static_cast<protocol::DescribeGroupsResponse*>(response)->groups, [](auto& e) { e.group_id = "x"; });
    } else if (of == ApiKey::delete_groups) {
      change(static_cast<protocol::DeleteGroupsResponse*>(response)->results, [](auto& e) { e.group_id = "x"; });
    } else if (of == ApiKey::offset_delete) {
      change(static_cast<protocol::OffsetDeleteResponse*>(response)->topics, [](auto& e) { e.name = "x"; });
    } else if (of == ApiKey::leave_group) {
      change(static_cast<protocol::LeaveGroupResponse*>(response)->members, [](auto& e) { e.member_id = "x"; });
    } else {
      change(static_cast<protocol::OffsetFetchResponse*>(response)->groups, [](auto& e) { e.group_id = "x"; });
    }
  });
  const net::TimePoint begun = bench.client.reactor.now();
  switch (api) {
    case ApiKey::delete_groups:
      CHECK(bench.erase({"g"}).error);
      break;
    case ApiKey::offset_delete:
      CHECK(bench.erase_offsets({{"t", {0}}}).error == Errc::protocol_error);
      break;
    case ApiKey::leave_group:
      CHECK(bench.remove({MemberToRemove::id("m")}).error == Errc::protocol_error);
      break;
    case ApiKey::offset_fetch:
      CHECK(bench.lag().error);
      break;
    default:
      CHECK(bench.describe({"g"}).error);
  }
  CHECK(bench.client.reactor.now() - begun < 9s);
}

TEST_CASE("groups: a member whose bytes cannot be read has an error, and the others are described") {
  GroupsBench bench("2.8");
  SimMember& a = bench.start("a");
  SimMember& b = bench.start("b");
  REQUIRE(bench.until([&] { return a.owned.size() + b.owned.size() == 3 && !a.owned.empty() && !b.owned.empty(); }));
  const std::string field = GENERATE("metadata", "assignment");
  bench.cluster().faults().set_distortion([field](int32_t, ApiKey of, int16_t, void* response) {
    if (of != ApiKey::describe_groups) return;
    auto& member = static_cast<protocol::DescribeGroupsResponse*>(response)->groups.at(0).members.at(0);
    (field == "metadata" ? member.member_metadata : member.member_assignment) = Bytes::copy("\x01");
  });
  const auto described = bench.describe({"g"});
  CHECK_FALSE(described.error);
  const auto& members = described.value.at(0).members;
  REQUIRE(members.size() == 2);
  CHECK(members[0].error == Errc::protocol_error);
  CHECK_FALSE(members[1].error);
  CHECK_FALSE(members[1].assigned.empty());
}

TEST_CASE("groups: what cannot be meant is refused with what is wrong") {
  GroupsBench bench("");
  CHECK(bench.describe({}).error == Errc::invalid_argument);
  CHECK(bench.describe({""}).error == Errc::invalid_argument);
  CHECK_THAT(bench.describe({"g", "g"}).error.message(), Contains("group g is named twice"));
  CHECK(bench.lag("").error == Errc::invalid_argument);
  CHECK(bench.erase({}).error == Errc::invalid_argument);
  CHECK(bench.erase_offsets({}).error == Errc::invalid_argument);
  CHECK(bench.erase_offsets({{"t", {0, 0}}}).error == Errc::invalid_argument);
  CHECK(bench.erase_offsets({{"t", {-1}}}).error == Errc::invalid_argument);
  CHECK(bench.remove({}).error == Errc::invalid_argument);
  CHECK(bench.remove({MemberToRemove{}}).error == Errc::invalid_argument);
  CHECK_THAT(bench.remove({MemberToRemove::id("m"), MemberToRemove::id("m")}).error.message(), Contains("named twice"));
  CHECK(bench.list({.states = {GroupState::unknown}}).error == Errc::invalid_argument);
  CHECK(bench.list({.types = {GroupType::unknown}}).error == Errc::invalid_argument);
  bench.groups.list(nullptr);  // nobody wants to know
  bench.run(1s);
}

TEST_CASE("groups: a session that closes ends every call once, with closed, however many are under way") {
  const int64_t after_us = GENERATE(0, 300, 700, 1500, 3000, 20000);
  CAPTURE(after_us);
  SimClient client(1, {.brokers = 3});
  fill(client, "t", 3, 5);
  int calls = 0;
  const auto told = [&](const Error& error, const auto&...) {
    if (error) CHECK((error == Errc::closed || error == Errc::group_id_not_found || error == Errc::unknown_member_id));
    ++calls;
  };
  Groups groups(*client.session);
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back("g-" + std::to_string(i));
  groups.list(told);
  groups.describe(names, told);
  groups.lag("g", told);
  groups.delete_groups(names, told);
  groups.delete_offsets("g", {{"t", {0}}}, told);
  groups.remove_members("g", {MemberToRemove::id("m")}, "", told);
  client.run(std::chrono::microseconds(after_us));
  client.close();
  CHECK(calls == 6);
  groups.list(told);
  groups.describe({"g"}, told);
  client.run(1s);
  CHECK(calls == 8);
}

TEST_CASE("groups: a session that closes ends a list that waits for its next attempt") {
  SimClient client(1, {.brokers = 2});
  client.brokers->cluster().faults().add(ApiKey::list_groups).always().reply(Errc::coordinator_load_in_progress);
  Groups groups(*client.session);
  Outcome<GroupList> outcome;
  groups.list(outcome.take());
  client.run(1500ms);
  CHECK(outcome.calls == 0);
  client.close();
  CHECK(outcome.calls == 1);
  CHECK(outcome.error == Errc::closed);
  CHECK(outcome.value.failures.size() == 2);
}

TEST_CASE("groups: a session that is destroyed drops every call") {
  const int64_t after_us = GENERATE(0, 300, 700, 1500, 3000);
  SimClient client(1, {.brokers = 3});
  fill(client, "t", 3, 5);
  int calls = 0;
  const auto token = std::make_shared<int>(0);
  const auto told = [&calls, token](const Error& error, const auto&...) { calls += error == Errc::closed ? 1 : 0; };
  Groups groups(*client.session);
  client.brokers->cluster().faults().add(ApiKey::list_groups).always().reply(Errc::coordinator_load_in_progress);
  groups.list(told);
  groups.describe({"g", "h"}, told);
  groups.lag("g", told);
  groups.delete_groups({"g"}, told);
  groups.delete_offsets("g", {{"t", {0}}}, told);
  groups.remove_members("g", {MemberToRemove::id("m")}, "", told);
  client.run(std::chrono::microseconds(after_us));
  client.session.reset();
  client.run(5s);
  CHECK(calls == 0);
  CHECK(token.use_count() == 2);  // this one, and the one in `told`
}
