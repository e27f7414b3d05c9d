// Administration of groups (kafka::Groups): lists, descriptions, lag, and what is taken away, on old and new releases,
// with brokers that are gone, that move, and that answer wrongly.
#include <kafka/consumer_group.hpp>
#include <kafka/groups.hpp>

#include <functional>

#include "group_fixture.hpp"
#include "protocol/consumer_group_describe.hpp"
#include "protocol/delete_groups.hpp"
#include "protocol/describe_groups.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/list_groups.hpp"
#include "protocol/offset_delete.hpp"
#include "protocol/offset_fetch.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using Descriptions = std::vector<GroupDescription>;
using Lags = std::vector<PartitionLag>;
using GroupResults = std::vector<GroupResult>;
using PartitionResults = std::vector<PartitionResult>;
using Removed = std::vector<RemovedMember>;

SessionOptions patient_for(std::chrono::milliseconds timeout) {
  SessionOptions options;
  options.default_api_timeout = timeout;
  return options;
}

ConsumerOptions newer() {
  ConsumerOptions options;
  options.group_protocol = GroupProtocol::consumer;
  return options;
}

/// A cluster that speaks like one release, with members of the group "g", and the object under test.
struct Bench : GroupBench {
  explicit Bench(const std::string& version = "", int count = 1, SessionOptions session = {})
      : GroupBench(1, {.brokers = count, .session = std::move(session)}), groups(*client.session) {
    REQUIRE_FALSE(cluster().releases().as_version(version));
    fill(client, "t", 3, 20);
  }
  devbroker::Cluster& cluster() { return client.brokers->cluster(); }

  /// One call to its end; `begin` gets the callback.
  template <class T>
  Outcome<T> call(const std::function<void(Function<void(Error, T)>)>& begin) {
    Outcome<T> outcome;
    begin(outcome.take());
    CHECK(outcome.calls == 0);  // never inside the call
    CHECK(until([&] { return outcome.calls > 0; }));
    run(2s);
    CHECK(outcome.calls == 1);
    return outcome;
  }
  Outcome<GroupList> list(GroupFilter filter = {}) {
    return call<GroupList>([&](auto done) { groups.list(filter, std::move(done)); });
  }
  Outcome<Descriptions> describe(std::vector<std::string> names) {
    return call<Descriptions>([&](auto done) { groups.describe(names, std::move(done)); });
  }
  Outcome<Lags> lag(const std::string& name = "g") {
    return call<Lags>([&](auto done) { groups.lag(name, std::move(done)); });
  }
  Outcome<GroupResults> erase(std::vector<std::string> names) {
    return call<GroupResults>([&](auto done) { groups.delete_groups(names, std::move(done)); });
  }
  Outcome<PartitionResults> erase_offsets(Partitions partitions, const std::string& name = "g") {
    return call<PartitionResults>([&](auto done) { groups.delete_offsets(name, partitions, std::move(done)); });
  }
  Outcome<Removed> remove(std::vector<MemberToRemove> members, const std::string& name = "g") {
    return call<Removed>(
        [&](auto done) { groups.remove_members(name, members, "an operator said so", std::move(done)); });
  }
  /// Stores an offset without being a member.
  void store(const std::string& name, const std::string& topic, int32_t partition, int64_t offset) {
    ConsumerGroup group(*client.session, name);
    Outcome<std::vector<ConsumerOffset>> outcome;
    group.commit_offsets({{.topic = topic, .partition = partition, .offset = offset}}, outcome.take());
    CHECK(until([&] { return outcome.calls > 0; }));
    CHECK_FALSE(outcome.error);
  }
  std::string member_id() { return members.back()->consumer->group().member_id; }

  Groups groups;
};

std::string text_of(const GroupList& list) {
  std::string text;
  for (const ListedGroup& group : list.groups) {
    text += (text.empty() ? "" : ", ") + group.name + " " + group.protocol_type + " " +
            std::string(to_string(group.state)) + " " + std::string(to_string(group.type));
  }
  return text;
}

std::string text_of(const Lags& all) {
  std::string text;
  for (const PartitionLag& lag : all) {
    text += (text.empty() ? "" : ", ") + lag.topic + "/" + std::to_string(lag.partition) + " " +
            std::to_string(lag.committed) + " " + std::to_string(lag.end) + " " + std::to_string(lag.lag) +
            (lag.member_id.empty() ? "" : " owned") + (lag.error ? " " + lag.error.name() : "");
  }
  return text;
}

}  // namespace

TEST_CASE("groups: all brokers are asked, and the list says what each release knows") {
  const std::string version = GENERATE("0.9", "0.11", "2.4", "2.8", "4.3", "");
  CAPTURE(version);
  Bench bench(version, 3);
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
  Bench bench(version);
  bench.store("stored", "t", 0, 1);
  const bool is_new = version == "4.3";
  SimMember& a = bench.start("a", is_new ? newer() : member_options());
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
  Bench bench("", 3, patient_for(5s));
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
  Bench bench(version, 2);
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
  Bench bench("4.3");
  ConsumerOptions options = newer();
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
  Bench bench("", 3);
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
  Bench bench("", 3);
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
  Bench bench("", 1, patient_for(5s));
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
  Bench bench(version, 2);
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
  Bench bench("", 1);
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

TEST_CASE("groups: a group is deleted when it is empty, from 1.1 on") {
  const std::string version = GENERATE("0.11", "1.1", "2.8", "4.3", "");
  CAPTURE(version);
  Bench bench(version, 2);
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

TEST_CASE("groups: offsets are deleted of topics that nobody subscribes to, from 2.4 on") {
  const std::string version = GENERATE("1.1", "2.4", "3.9", "");
  CAPTURE(version);
  Bench bench(version, 2);
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
  Bench bench(version, 2);
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
  Bench bench(version, 2);
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

TEST_CASE("groups: members of KIP-848 are removed, also by 3.9, where LeaveGroup does not reach them") {
  const std::string version = GENERATE("3.9", "4.3");
  CAPTURE(version);
  Bench bench(version, 2);
  ConsumerOptions options = newer();
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

TEST_CASE("groups: what an attempt has done whose answer was lost is no error of the next one") {
  Bench bench("");
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

TEST_CASE("groups: brokers of 0.8.2 have no groups to administer, and every call says so") {
  Bench bench("0.8.2");
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
  Bench bench("", 1, patient_for(5s));
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
  Bench bench("2.8");
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
  Bench bench("");
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
