// What kafka::Groups tells: lists, descriptions and lag, on old and new releases.
#include "groups_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

TEST_CASE("groups: all brokers are asked, and the list says what each release knows") {
  const std::string version = GENERATE("0.9", "0.11", "2.4", "2.8", "4.3", "");
  CAPTURE(version);
  GroupsBench bench(version, 3);
  const bool states = version.empty() || version >= "2.8";
  for (int32_t id = 1; id <= 3; ++id) {
    const std::string name = "stored-" + std::to_string(id);
    REQUIRE_FALSE(bench.cluster().coordinators().move(name, id));
    bench.store(name, "t", 0, 1);
  }
  SimMember& a = bench.start("a");
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  const auto listed = bench.list();
  CHECK_FALSE(listed.error);
  CHECK(listed.value.failures.empty());
  const std::string empty = states ? " Empty Classic" : " Unknown Classic";
  const std::string g = states ? "g consumer Stable Classic" : "g consumer Unknown Classic";
  if (version == "0.9") {
    CHECK(text_of(listed.value) == g);  // it knows offsets without a group
  } else {
    CHECK(text_of(listed.value) == g + ", stored-1 " + empty + ", stored-2 " + empty + ", stored-3 " + empty);
  }
}

TEST_CASE("groups: a list by state or type has only those, and a release without states says so") {
  const std::string version = GENERATE("2.4", "2.8", "4.3");
  CAPTURE(version);
  GroupsBench bench(version);
  bench.store("stored", "t", 0, 1);
  const bool is_new = version == "4.3";
  SimMember& a = bench.start("a", is_new ? consumer_protocol_options() : member_options());
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  const auto stable = bench.list({.states = {GroupState::stable}});
  if (version == "2.4") {
    CHECK(stable.error == Errc::unsupported_feature);
    CHECK_THAT(stable.error.message(), Contains("Kafka 2.6"));
    REQUIRE(stable.value.failures.size() == 1);
    CHECK(stable.value.failures[0].broker_id == 1);
  } else {
    CHECK_FALSE(stable.error);
    CHECK(text_of(stable.value) == (is_new ? "g consumer Stable Consumer" : "g consumer Stable Classic"));
  }
  CHECK(text_of(bench.list({.types = {GroupType::consumer}}).value) == (is_new ? "g consumer Stable Consumer" : ""));
  const GroupList classic = bench.list({.types = {GroupType::classic}}).value;
  REQUIRE(classic.groups.size() == (is_new ? 1 : 2));
  CHECK(classic.groups.back().name == "stored");
}

TEST_CASE("groups: a broker that cannot be asked is named, and the groups of the others are listed") {
  GroupsBench bench("", 3, patient_for(5s));
  for (int32_t id = 1; id <= 3; ++id) {
    const std::string name = "stored-" + std::to_string(id);
    REQUIRE_FALSE(bench.cluster().coordinators().move(name, id));
    bench.store(name, "t", 0, 1);
  }
  SECTION("it refuses") {
    bench.cluster().faults().add(ApiKey::list_groups).broker(2).always().reply(Errc::cluster_authorization_failed);
    const auto listed = bench.list();
    CHECK(listed.error == Errc::cluster_authorization_failed);
    REQUIRE(listed.value.failures.size() == 1);
    CHECK(listed.value.failures[0].broker_id == 2);
    CHECK_THAT(listed.value.failures[0].address, Contains("10.1.0.2:9092"));
    CHECK(text_of(listed.value) == "stored-1  Empty Classic, stored-3  Empty Classic");
  }
  SECTION("it is silent") {
    bench.cluster().faults().add(ApiKey::list_groups).broker(2).always().swallow();
    const auto listed = bench.list();
    CHECK(listed.error == Errc::timed_out);
    REQUIRE(listed.value.failures.size() == 1);
    CHECK(text_of(listed.value) == "stored-1  Empty Classic, stored-3  Empty Classic");
  }
  SECTION("it dies meanwhile, and metadata does not name it any more") {
    bench.cluster().faults().add(ApiKey::list_groups).broker(2).always().swallow();
    Outcome<GroupList> outcome;
    bench.groups.list(outcome.take());
    bench.run(200ms);
    bench.client.brokers->kill(2);
    CHECK(bench.until([&] { return outcome.calls > 0; }, 3s));
    CHECK(outcome.error);
    REQUIRE(outcome.value.failures.size() == 1);
    CHECK(outcome.value.failures[0].broker_id == 2);
    CHECK(outcome.value.groups.size() >= 2);
    CHECK(bench.list().value.failures.empty());
  }
  SECTION("it loads for a while") {
    bench.cluster().faults().add(ApiKey::list_groups).broker(2).times(3).reply(Errc::coordinator_load_in_progress);
    const auto listed = bench.list();
    CHECK_FALSE(listed.error);
    CHECK(listed.value.groups.size() == 3);
  }
}

TEST_CASE("groups: members of a classic group are described, on every release") {
  const std::string version = GENERATE("0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3", "");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  bench.store("stored", "t", 0, 1);
  SimMember& a = bench.start("a");
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  const auto described = bench.describe({"nosuch", "g", "stored"});
  REQUIRE(described.value.size() == 3);
  const GroupDescription& none = described.value[0];
  CHECK(none.name == "nosuch");
  CHECK(none.error == Errc::group_id_not_found);
  CHECK(described.error == Errc::group_id_not_found);
  CHECK(none.members.empty());

  const GroupDescription& group = described.value[1];
  CHECK(group.name == "g");
  CHECK_FALSE(group.error);
  CHECK(group.type == GroupType::classic);
  CHECK(group.state == GroupState::stable);
  CHECK(group.protocol_type == "consumer");
  CHECK(group.assignor == "range");
  CHECK(group.epoch == -1);
  REQUIRE(group.members.size() == 1);
  const GroupMember& member = group.members[0];
  CHECK(member.member_id == bench.member_id());
  CHECK(member.client_id == "a");
  CHECK(member.host == "/10.3.0.1");
  CHECK(member.instance_id.empty());
  CHECK(member.topics == std::vector<std::string>{"t"});
  CHECK(member.assigned == Partitions{{"t", {0, 1, 2}}});
  CHECK(member.target.empty());
  CHECK_FALSE(member.error);

  const GroupDescription& stored = described.value[2];
  if (version == "0.9") {
    CHECK(stored.error == Errc::group_id_not_found);
  } else {
    CHECK_FALSE(stored.error);
    CHECK(stored.state == GroupState::empty);
    CHECK(stored.members.empty());
  }
}

TEST_CASE("groups: members of both protocols are described, with epochs and what they will own") {
  GroupsBench bench("4.3");
  ConsumerOptions options = consumer_protocol_options();
  options.group_instance_id = "one";
  options.client_rack = "r";
  SimMember& a = bench.start("a", options);
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  ConsumerOptions classic = member_options();
  classic.partition_assignment_strategy = "cooperative-sticky";
  SimMember& b = bench.start("b", classic);
  REQUIRE(bench.until([&] { return !b.owned.empty() && a.owned.size() < 3; }));
  bench.run(5s);
  const auto described = bench.describe({"g"});
  CHECK_FALSE(described.error);
  const GroupDescription& group = described.value.at(0);
  CHECK(group.type == GroupType::consumer);
  CHECK(group.state == GroupState::stable);
  CHECK(group.protocol_type == "consumer");
  CHECK(group.assignor == "uniform");
  CHECK(group.epoch > 0);
  CHECK(group.assignment_epoch == group.epoch);
  REQUIRE(group.members.size() == 2);
  for (const GroupMember& member : group.members) {
    const SimMember& is = member.client_id == "a" ? a : b;
    CHECK(member.type == (&is == &a ? GroupType::consumer : GroupType::classic));
    CHECK(member.instance_id == (&is == &a ? "one" : ""));
    CHECK(member.rack == (&is == &a ? "r" : ""));
    CHECK(member.epoch == group.epoch);
    CHECK(member.member_id == is.consumer->group().member_id);
    CHECK(member.topics == std::vector<std::string>{"t"});
    CHECK(member.assigned == is.consumer->group().owned);
    CHECK(member.target == member.assigned);
  }
}

TEST_CASE("groups: a coordinator that moves or loads is followed") {
  GroupsBench bench("", 3);
  SimMember& a = bench.start("a");
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  CHECK_FALSE(bench.describe({"g"}).error);
  const int32_t before = bench.cluster().coordinators().of("g");
  REQUIRE_FALSE(bench.cluster().coordinators().move("g", before % 3 + 1));
  bench.cluster().faults().add(ApiKey::consumer_group_describe).times(2).reply(Errc::coordinator_load_in_progress);
  bench.cluster().faults().add(ApiKey::describe_groups).times(2).close_before();
  const auto described = bench.describe({"g"});
  CHECK_FALSE(described.error);
  REQUIRE(bench.until([&] { return bench.describe({"g"}).value.at(0).members.size() == 1; }));
  CHECK(text_of(bench.list().value) == "g consumer Stable Classic");
}

TEST_CASE("groups: hundreds of groups are described and deleted by one call") {
  GroupsBench bench("", 3);
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) {
    names.push_back("stored-" + std::to_string(i));
    bench.store(names.back(), "t", 0, 1);
  }
  const auto described = bench.describe(names);
  CHECK_FALSE(described.error);
  for (size_t i = 0; i < names.size(); ++i) {
    CHECK(described.value[i].name == names[i]);
    CHECK(described.value[i].state == GroupState::empty);
  }
  const auto gone = bench.erase(names);
  CHECK_FALSE(gone.error);
  CHECK(gone.value.size() == 300);
  CHECK(bench.list().value.groups.empty());
}

TEST_CASE("groups: of many groups a limited number is asked about at a time") {
  GroupsBench bench("", 1, patient_for(5s));
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("g-" + std::to_string(i));
  bench.cluster().faults().add(ApiKey::consumer_group_describe).always().swallow();
  Outcome<Descriptions> outcome;
  bench.groups.describe(names, outcome.take());
  bench.run(1s);
  CHECK(bench.cluster().requests().count(ApiKey::find_coordinator, 0) == 50);
  REQUIRE(bench.until([&] { return outcome.calls > 0; }, 10s));  // one deadline holds for all of them
  CHECK(outcome.value.size() == 300);
  CHECK(outcome.error == Errc::timed_out);
}

TEST_CASE("groups: the lag has committed offsets, ends, and owners, of every release") {
  const std::string version = GENERATE("0.9", "0.10", "0.11", "2.8", "3.9", "4.3", "");
  CAPTURE(version);
  GroupsBench bench(version, 2);
  bench.store("g", "t", 1, 7);
  fill(bench.client, "more", 2, 5);
  bench.store("g", "more", 1, 5);
  CHECK(text_of(bench.lag().value) == (version == "0.9" ? "" : "more/1 5 5 0, t/1 7 20 13"));
  SimMember& a = bench.add("a");
  a.keep();
  REQUIRE(bench.until([&] { return a.owned.size() == 3; }));
  const auto lag = bench.lag();
  CHECK_FALSE(lag.error);
  const std::string owned = "t/0 -1 20 -1 owned, t/1 7 20 13 owned, t/2 -1 20 -1 owned";
  CHECK(text_of(lag.value) == (version == "0.9" ? owned : "more/1 5 5 0, " + owned));
  CHECK(lag.value.back().member_id == bench.member_id());
  CHECK(text_of(bench.lag("nosuch").value).empty());
  CHECK_FALSE(bench.lag("nosuch").error);
}

TEST_CASE("groups: partitions whose end nobody tells have an error of their own, at once") {
  GroupsBench bench("", 1);
  fill(bench.client, "gone", 1, 5);
  bench.store("g", "t", 0, 30);  // beyond the end
  bench.store("g", "t", 1, 20);
  bench.store("g", "gone", 0, 5);
  bench.cluster().faults().set_distortion([](int32_t, ApiKey api, int16_t, void* response) {
    if (api != ApiKey::metadata) return;
    for (auto& topic : static_cast<protocol::MetadataResponse*>(response)->topics) {
      if (topic.name == "gone") topic.error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition);
      if (topic.name == "gone") topic.partitions.clear();
      if (topic.name == "t" && topic.partitions.size() == 3) topic.partitions[1].leader_id = -1;
    }
  });
  const net::TimePoint begun = bench.client.reactor.now();
  const auto lag = bench.lag();
  CHECK(bench.client.reactor.now() - begun < 5s);
  CHECK(lag.error == Errc::unknown_topic_or_partition);
  CHECK(text_of(lag.value) ==
        "gone/0 5 -1 -1 unknown_topic_or_partition, t/0 30 20 0, t/1 20 -1 -1 leader_not_available");
}
