// For simulated tests of kafka::Groups: a cluster that speaks like one release, with members of the group "g", and each
// call run to its end.
//
//   GroupsBench bench("2.8.2");
//   const Outcome<GroupList> listed = bench.list();
#pragma once

#include <kafka/consumer_group.hpp>
#include <kafka/groups.hpp>

#include <functional>
#include <string>
#include <vector>

#include "group_fixture.hpp"

namespace kafka::sim {

using Descriptions = std::vector<GroupDescription>;
using Lags = std::vector<PartitionLag>;
using GroupResults = std::vector<GroupResult>;
using PartitionResults = std::vector<PartitionResult>;
using Removed = std::vector<RemovedMember>;

inline SessionOptions patient_for(std::chrono::milliseconds timeout) {
  SessionOptions options;
  options.default_api_timeout = timeout;
  return options;
}

/// A cluster that speaks like one release, with members of the group "g", and the object under test.
struct GroupsBench : GroupBench {
  explicit GroupsBench(const std::string& version = "", int count = 1, SessionOptions session = {})
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
    run(std::chrono::seconds(2));
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

inline std::string text_of(const GroupList& list) {
  std::string text;
  for (const ListedGroup& group : list.groups) {
    text += (text.empty() ? "" : ", ") + group.name + " " + group.protocol_type + " " +
            std::string(to_string(group.state)) + " " + std::string(to_string(group.type));
  }
  return text;
}

inline std::string text_of(const Lags& all) {
  std::string text;
  for (const PartitionLag& lag : all) {
    text += (text.empty() ? "" : ", ") + lag.topic + "/" + std::to_string(lag.partition) + " " +
            std::to_string(lag.committed) + " " + std::to_string(lag.end) + " " + std::to_string(lag.lag) +
            (lag.member_id.empty() ? "" : " owned") + (lag.error ? " " + lag.error.name() : "");
  }
  return text;
}

}  // namespace kafka::sim
