#include "consumer/group_offsets.hpp"

#include <map>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "base/error_table.hpp"
#include "cluster/answers.hpp"

namespace kafka::consumer {
namespace {

// The offsets of one call: the request is built from them, and the answer is written into them.
struct Entries {
  std::vector<StoredOffset> offsets;
  // Indexes of offsets. The topic of a name may be two topics: one that was deleted, and one that was made anew.
  std::map<std::pair<std::string, Uuid>, std::vector<size_t>> topics;

  explicit Entries(std::vector<StoredOffset> entries) : offsets(std::move(entries)) {
    for (size_t i = 0; i < offsets.size(); ++i) topics[{offsets[i].topic, offsets[i].topic_id}].push_back(i);
  }
  // Topics can go by id only if metadata knows all their ids.
  int16_t max_version(const cluster::Metadata& metadata, int16_t topic_ids_from) const {
    for (const auto& [topic, indexes] : topics) {
      if (!topic.second.is_zero()) continue;
      const cluster::TopicState* state = metadata.topic(topic.first);
      if (state == nullptr || state->id.is_zero()) return topic_ids_from - 1;
    }
    return INT16_MAX;
  }
};

// One partition of an answer, whichever version it came in.
struct Found {
  int16_t error_code = 0;
  int64_t offset = -1;
  std::string metadata = {};
  int32_t leader_epoch = -1;
};

// By topic and number. An answer names a topic once for all of its partitions, which may be 100,000.
class OffsetAnswers {
 public:
  // The first of a repeated one counts.
  void add(std::string_view topic, int32_t partition, Found found) {
    if (last_ == nullptr || last_topic_ != topic) {
      last_topic_ = topic;
      last_ = &topics_[last_topic_];
    }
    last_->try_emplace(partition, std::move(found));
  }
  // Null if the answer lacks it.
  const Found* find(const std::string& topic, int32_t partition) const {
    const auto numbers = topics_.find(topic);
    if (numbers == topics_.end()) return nullptr;
    const auto found = numbers->second.find(partition);
    return found == numbers->second.end() ? nullptr : &found->second;
  }

 private:
  using Numbers = std::unordered_map<int32_t, Found>;
  std::map<std::string, Numbers> topics_;
  std::string last_topic_;
  Numbers* last_ = nullptr;
};

template <class Partition>
void take(OffsetAnswers& answers, std::string_view topic, const Partition& partition) {
  answers.add(topic, partition.partition_index,
              Found{partition.error_code, partition.committed_offset, partition.metadata.value_or(""),
                    partition.committed_leader_epoch});
}

Error read(const cluster::Metadata& metadata, const std::string& group, const protocol::OffsetFetchResponse& response,
           OffsetAnswers& answers) {
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) take(answers, topic.name, partition);
  }
  int16_t code = response.error_code;
  for (const auto& entry : response.groups) {
    if (entry.group_id != group) continue;
    code = entry.error_code;
    for (const auto& topic : entry.topics) {
      for (const auto& partition : topic.partitions)
        take(answers, cluster::topic_name(metadata, topic.name, topic.topic_id), partition);
    }
    break;
  }
  return code == 0 ? Error() : broker_error(code, "group " + group);
}

Error read(const cluster::Metadata& metadata, const std::string&, const protocol::OffsetCommitResponse& response,
           OffsetAnswers& answers) {
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) {
      answers.add(cluster::topic_name(metadata, topic.name, topic.topic_id), partition.partition_index,
                  Found{partition.error_code});
    }
  }
  return {};
}

std::string where(const ConsumerOffset& offset) { return offset.topic + "/" + std::to_string(offset.partition); }

// The error of one entry, and its offset if there is none.
Error judge(const ConsumerOffset& asked, const OffsetAnswers& answers, const Found*& found) {
  if (asked.error == Errc::lost) return asked.error;
  found = answers.find(asked.topic, asked.partition);
  if (found == nullptr) return Error(Errc::protocol_error, "the coordinator's answer lacks " + where(asked));
  return found->error_code == 0 ? Error() : broker_error(found->error_code, where(asked));
}

template <class Response>
Error worth_retrying(cluster::Metadata& metadata, const std::string& group, const Entries& asked,
                     const Response& response, bool missing_topic_is_final) {
  OffsetAnswers answers;
  if (Error error = read(metadata, group, response, answers)) return error;
  for (const StoredOffset& offset : asked.offsets) {
    const Found* found = nullptr;
    Error error = judge(offset, answers, found);
    if (!error || traits(error.code()).retry == Retry::no) continue;
    if (missing_topic_is_final && error == Errc::unknown_topic_or_partition) continue;
    if (traits(error.code()).refresh == Refresh::metadata) metadata.refresh();
    return error;
  }
  return {};
}

template <class Response>
void hand_out(const cluster::Metadata& metadata, const std::string& group, Entries& asked, Error error,
              const Response& response, bool take_offsets, OffsetsDone& done) {
  OffsetAnswers answers;
  if (Error whole = read(metadata, group, response, answers); !error) error = whole;
  for (StoredOffset& offset : asked.offsets) {
    const Found* found = nullptr;
    offset.error = judge(offset, answers, found);
    // A request that ran out of time may have an answer all the same, with the error that was retried.
    if (found == nullptr && error && offset.error != Errc::lost) offset.error = error;
    if (!take_offsets) continue;
    if (found != nullptr) offset.leader_epoch = std::max(found->leader_epoch, -1);
    offset.offset = found != nullptr && !offset.error ? std::max<int64_t>(found->offset, -1) : -1;
    offset.metadata = found != nullptr ? found->metadata : std::string();
  }
  done(std::move(error), std::move(asked.offsets));
}

void fill(protocol::OffsetFetchRequest& request, int16_t version, const cluster::Metadata& metadata,
          const std::string& group, Entries& asked) {
  request = {};
  request.require_stable = version >= protocol::OffsetFetchRequest::kRequireStableFrom;
  const bool many_groups = version >= protocol::OffsetFetchRequest::kManyGroupsFrom;
  if (many_groups) {
    request.groups.emplace_back().group_id = group;
  } else {
    request.group_id = group;
  }
  for (const auto& [asked_topic, indexes] : asked.topics) {
    const std::string& name = asked_topic.first;
    const cluster::TopicState* const state = metadata.topic(name);
    const bool by_id = version >= protocol::OffsetFetchRequest::kTopicIdsFrom && state != nullptr;
    std::vector<int32_t> numbers;
    for (const size_t index : indexes) {
      numbers.push_back(asked.offsets[index].partition);
      asked.offsets[index].topic_id = by_id ? state->id : Uuid();
    }
    if (!many_groups) {
      auto& topic = request.topics->emplace_back();
      topic.name = name;
      topic.partition_indexes = std::move(numbers);
      continue;
    }
    auto& topic = request.groups.front().topics->emplace_back();
    if (version < protocol::OffsetFetchRequest::kTopicIdsFrom) {
      topic.name = name;
    } else if (by_id) {
      topic.topic_id = state->id;
    }
    topic.partition_indexes = std::move(numbers);
  }
}

// What belongs to a topic that was deleted is left out. By name it would be stored for the new one, and a group that
// begins there would skip records.
Error fill(protocol::OffsetCommitRequest& request, const cluster::Metadata& metadata, const std::string& group,
           Entries& asked) {
  request = {};
  request.group_id = group;
  for (const auto& [asked_topic, indexes] : asked.topics) {
    const auto& [name, id] = asked_topic;
    const cluster::TopicState* const state = metadata.topic(name);
    const Uuid present = state != nullptr ? state->id : Uuid();
    if (!id.is_zero() && !present.is_zero() && id != present) {
      for (const size_t index : indexes) {
        StoredOffset& offset = asked.offsets[index];
        offset.error = Error(Errc::lost, "topic " + offset.topic + " was deleted and made anew");
      }
      continue;
    }
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.topic_id = id.is_zero() ? present : id;
    for (const size_t index : indexes) {
      const ConsumerOffset& offset = asked.offsets[index];
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = offset.partition;
      partition.committed_offset = offset.offset;
      partition.committed_leader_epoch = offset.leader_epoch;
      partition.committed_metadata = offset.metadata;
    }
  }
  return request.topics.empty() && !asked.offsets.empty() ? asked.offsets.front().error : Error();
}

}  // namespace

Error first_error(const std::vector<StoredOffset>& offsets) {
  for (const StoredOffset& offset : offsets) {
    if (offset.error) return offset.error;
  }
  return {};
}

void MemberlessOffsets::fetch(std::vector<TopicPartition> partitions, net::Duration timeout, OffsetsDone done,
                              OffsetsWanted wanted) {
  fetch(std::move(partitions), timeout, std::move(done), std::move(wanted), {});
}

void MemberlessOffsets::fetch(std::vector<TopicPartition> partitions, net::Duration timeout, OffsetsDone done,
                              OffsetsWanted wanted, FetchSignature sign) {
  std::vector<StoredOffset> entries;
  for (TopicPartition& partition : partitions)
    entries.push_back({{std::move(partition.topic), partition.partition}, {}});
  const auto asked = std::make_shared<Entries>(std::move(entries));
  cluster::Metadata& metadata = core_.metadata();
  core_.coordinators().call<protocol::OffsetFetchRequest>(
      cluster::CoordinatorKey::group(group()), protocol::OffsetFetchRequest(),
      {.timeout = timeout,
       .max_version = asked->max_version(metadata, protocol::OffsetFetchRequest::kTopicIdsFrom),
       .wanted = std::move(wanted)},
      [&metadata, group = group(), asked](const protocol::OffsetFetchResponse& response) {
        return worth_retrying(metadata, group, *asked, response, true);
      },
      [&metadata, group = group(), asked, done = std::move(done)](Error error, protocol::OffsetFetchResponse& response,
                                                                  const cluster::CallInfo&) mutable {
        hand_out(metadata, group, *asked, std::move(error), response, true, done);
      },
      [&metadata, group = group(), asked, sign = std::move(sign)](protocol::OffsetFetchRequest& request,
                                                                  int16_t version) mutable {
        fill(request, version, metadata, group, *asked);
        return sign ? sign(request, version) : Error();
      });
}

void MemberlessOffsets::commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
                               OffsetsWanted wanted) {
  commit(std::move(offsets), timeout, std::move(done), std::move(wanted), {});
}

void MemberlessOffsets::commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
                               OffsetsWanted wanted, Signature sign) {
  const auto asked = std::make_shared<Entries>(std::move(offsets));
  cluster::Metadata& metadata = core_.metadata();
  core_.coordinators().call<protocol::OffsetCommitRequest>(
      cluster::CoordinatorKey::group(group()), protocol::OffsetCommitRequest(),
      {.timeout = timeout,
       .max_version = asked->max_version(metadata, protocol::OffsetCommitRequest::kTopicIdsFrom),
       .wanted = std::move(wanted)},
      [&metadata, group = group(), asked](const protocol::OffsetCommitResponse& response) {
        return worth_retrying(metadata, group, *asked, response, false);
      },
      [&metadata, group = group(), asked, done = std::move(done)](Error error, protocol::OffsetCommitResponse& response,
                                                                  const cluster::CallInfo&) mutable {
        hand_out(metadata, group, *asked, std::move(error), response, false, done);
      },
      [&metadata, group = group(), asked, sign = std::move(sign)](protocol::OffsetCommitRequest& request,
                                                                  int16_t version) mutable {
        Error error = fill(request, metadata, group, *asked);
        return error || !sign ? error : sign(request, version);
      });
}

}  // namespace kafka::consumer
