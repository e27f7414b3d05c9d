#include "admin/group_lag.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "admin/group_descriptions.hpp"
#include "consumer/group_offsets.hpp"
#include "consumer/offset_query.hpp"
#include "protocol/metadata.hpp"
#include "protocol/offset_fetch.hpp"

namespace kafka::admin {
namespace {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

// One call on its way through the members, the committed offsets and the ends.
class Lag : public std::enable_shared_from_this<Lag> {
 public:
  using Done = Function<void(Error, std::vector<PartitionLag>)>;

  Lag(Errand errand, std::string name, Done done)
      : errand_(errand), name_(std::move(name)), offsets_(*errand.core, name_), done_(std::move(done)) {}

  void begin() {
    describe_group(errand_, name_, [self = shared_from_this()](const GroupDescription& group) {
      // A group may have offsets and no members: 0.9 does not know it then.
      if (group.error && group.error != Errc::group_id_not_found) return self->finish(group.error);
      for (const GroupMember& member : group.members) self->take(member);
      self->ask_all();
    });
  }

 private:
  PartitionLag& entry(const std::string& topic, int32_t partition) {
    PartitionLag& entry = entries_[{topic, partition}];
    entry.topic = topic;
    entry.partition = partition;
    return entry;
  }
  void take(const GroupMember& member) {
    for (const auto& [topic, numbers] : member.assigned) {
      for (const int32_t number : numbers) entry(topic, number).member_id = member.member_id;
    }
  }

  // Topics go by id from version 10 on, and the names of those that this client does not know would be missing.
  void ask_all() {
    errand_.ask<OffsetFetchRequest>(
        name_, OffsetFetchRequest(),
        [self = shared_from_this()](const OffsetFetchResponse& response) { return self->error_of(response); },
        [self = shared_from_this()](const Error& error, const OffsetFetchResponse& response, const cluster::CallInfo&) {
          if (error == Errc::unsupported_feature) return self->ask_owned();
          if (error && error != Errc::group_id_not_found) return self->finish(error);
          self->take(response);
          self->look_at_topics();
        },
        [self = shared_from_this()](OffsetFetchRequest& request, int16_t version) {
          self->version_ = version;
          return all_offsets(request, version, self->name_);
        },
        OffsetFetchRequest::kTopicIdsFrom - 1);
  }
  static Error all_offsets(OffsetFetchRequest& request, int16_t version, const std::string& name) {
    request = {};
    if (version < OffsetFetchRequest::kGroupErrorFrom)
      return Error(Errc::unsupported_feature, "a list of all offsets of a group needs Kafka 0.10.2");
    if (version < OffsetFetchRequest::kManyGroupsFrom) {
      request.group_id = name;
      request.topics.reset();
      return {};
    }
    auto& group = request.groups.emplace_back();
    group.group_id = name;
    group.topics.reset();
    return {};
  }
  Error error_of(const OffsetFetchResponse& response) const {
    int16_t code = response.error_code;
    bool there = version_ < OffsetFetchRequest::kManyGroupsFrom;
    for (const auto& group : response.groups) {
      if (group.group_id != name_) continue;
      there = true;
      if (code == 0) code = group.error_code;
    }
    if (code != 0) return group_error(name_, code);
    if (!there) return Error(Errc::protocol_error, "the coordinator's answer lacks group " + name_);
    // What a transaction has committed is held back until it has ended.
    const auto unstable = [](const auto& topics) {
      return std::any_of(topics.begin(), topics.end(), [](const auto& topic) {
        return std::any_of(topic.partitions.begin(), topic.partitions.end(), [](const auto& partition) {
          return partition.error_code == static_cast<int16_t>(Errc::unstable_offset_commit);
        });
      });
    };
    bool any = unstable(response.topics);
    for (const auto& group : response.groups) any = any || unstable(group.topics);
    return any ? group_error(name_, static_cast<int16_t>(Errc::unstable_offset_commit)) : Error();
  }
  void take(const OffsetFetchResponse& response) {
    const auto each = [this](const auto& topics) {
      for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) take(topic.name, partition);
      }
    };
    each(response.topics);
    for (const auto& group : response.groups) {
      if (group.group_id == name_) each(group.topics);
    }
  }
  template <class Answer>
  void take(const std::string& topic, const Answer& answer) {
    if (answer.partition_index < 0 || (answer.error_code == 0 && answer.committed_offset < 0)) return;
    PartitionLag& lag = entry(topic, answer.partition_index);
    if (answer.error_code == 0) {
      lag.committed = answer.committed_offset;
    } else {
      lag.error = broker_error(answer.error_code, topic + "/" + std::to_string(answer.partition_index));
    }
  }

  void ask_owned() {
    std::vector<TopicPartition> asked;
    for (const auto& [where, lag] : entries_) asked.push_back(where);
    if (asked.empty()) return finish({});
    if (const Error refused = errand_.refusal()) return finish(refused);
    offsets_.fetch(std::move(asked), errand_.left(),
                   [self = shared_from_this()](const Error& error, const std::vector<consumer::StoredOffset>& found) {
                     if (error) return self->finish(error);
                     for (const consumer::StoredOffset& each : found) {
                       PartitionLag& lag = self->entry(each.topic, each.partition);
                       lag.committed = each.offset;
                       lag.error = each.error;
                     }
                     self->look_at_topics();
                   },
                   {});
  }

  // Looks first which partitions are there: a question for the end of another one would wait for it to come.
  void look_at_topics() {
    if (entries_.empty()) return finish({});
    if (const Error refused = errand_.refusal()) return finish(refused);
    std::set<std::string> topics;
    for (const auto& [where, lag] : entries_) topics.insert(where.topic);
    errand_.core->metadata().fetch(
        std::move(topics), false, errand_.left(),
        [self = shared_from_this()](const Error& error, const protocol::MetadataResponse& response) {
          if (error) return self->finish(error);
          self->ask_ends(response);
        });
  }
  void ask_ends(const protocol::MetadataResponse& response) {
    if (const Error refused = errand_.refusal()) return finish(refused);
    std::map<TopicPartition, Error> there;
    std::map<std::string, Error> refused;
    for (const auto& topic : response.topics) {
      const std::string name = topic.name.value_or("");
      if (topic.error_code != 0) refused[name] = broker_error(topic.error_code, name);
      for (const auto& partition : topic.partitions) {
        there[{name, partition.partition_index}] =
            partition.leader_id >= 0
                ? Error()
                : Error(Errc::leader_not_available, name + "/" + std::to_string(partition.partition_index));
      }
    }
    Partitions all;
    for (auto& [where, lag] : entries_) {
      const auto found = there.find(where);
      Error missing = found != there.end() ? found->second : refused[where.topic];
      if (found == there.end() && !missing) {
        missing = Error(Errc::unknown_topic_or_partition, where.topic + "/" + std::to_string(where.partition));
      }
      if (!missing) all[where.topic].push_back(where.partition);
      if (!lag.error) lag.error = std::move(missing);
    }
    if (all.empty()) return finish({});
    consumer::OffsetQuery::start(errand_.core->shared_from_this(),
                                 {.places = consumer::places(all, kLatestOffset), .timeout = errand_.left()}, {},
                                 [self = shared_from_this()](const Error&, const std::vector<TopicOffset>& ends) {
                                   for (const TopicOffset& end : ends) self->take(end);
                                   self->finish({});
                                 });
  }
  void take(const TopicOffset& end) {
    PartitionLag& lag = entry(end.topic, end.partition);
    if (end.error) {
      if (!lag.error) lag.error = end.error;
      return;
    }
    lag.end = end.offset;
    // The log may have lost records behind the committed offset: nothing is left to read then.
    if (lag.committed >= 0) lag.lag = std::max<int64_t>(lag.end - lag.committed, 0);
  }

  void finish(Error error) {
    std::vector<PartitionLag> all;
    const Error whole = error;
    for (auto& [where, lag] : entries_) {
      if (whole) lag.error = whole;
      if (!error) error = lag.error;
      all.push_back(std::move(lag));
    }
    Done done = std::move(done_);
    done(std::move(error), std::move(all));
  }

  Errand errand_;
  std::string name_;
  consumer::MemberlessOffsets offsets_;
  Done done_;
  std::map<TopicPartition, PartitionLag> entries_;
  int16_t version_ = 0;  // of OffsetFetch
};

}  // namespace

void find_lag(Errand errand, const std::string& name, Function<void(Error, std::vector<PartitionLag>)> done) {
  std::make_shared<Lag>(errand, name, std::move(done))->begin();
}

}  // namespace kafka::admin
