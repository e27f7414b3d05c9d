// What `uvkafka consume` was told, and what it keeps while it reads: where partitions end, what was printed, and what
// was committed. Not here: the run (consume_run.hpp), the member of a group (membership.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app.hpp"
#include "format.hpp"
#include "places.hpp"

namespace cli {

/// What the command line asks for.
struct ConsumeSettings {
  std::vector<std::string> topics;
  std::optional<std::string> pattern;              ///< topics that match, in place of names
  std::optional<std::vector<int32_t>> partitions;  ///< of each topic; unset: all
  Places places;
  std::optional<std::string> group;
  std::optional<int64_t> count;
  bool stop_at_end = false;
  std::optional<JsonFormat> json;  ///< otherwise `format`
  Format format;
  ClientOptions client;
  kafka::ConsumerOptions consumer;

  /// The group shares partitions out to this run.
  bool joins() const { return group && !partitions; }
  /// The run ends once each partition has come to an end.
  bool ends() const { return stop_at_end || places.end_time; }
};

/// Which partitions are still read, and where each ends.
class Progress {
 public:
  Progress(std::map<kafka::TopicPartition, Bounds> bounds, bool stop_at_end)
      : bounds_(std::move(bounds)), stop_at_end_(stop_at_end) {}

  /// The partition is read from now on, or has other bounds.
  void add(const kafka::TopicPartition& where, Bounds bounds) { bounds_[where] = std::move(bounds); }
  /// The partition is not read any more, and says nothing about the end of the run.
  void remove(const kafka::TopicPartition& where) {
    bounds_.erase(where);
    ended_.erase(where);
  }
  /// The message lies behind the end that was asked for.
  bool beyond(const kafka::MessageEnvelope& message, int64_t end_time) const {
    const kafka::TopicPartition where{message.topic(), message.partition()};
    const int64_t end = end_of(where);
    return ended_.contains(where) || (end >= 0 ? message.offset() >= end : message.timestamp() >= end_time);
  }
  /// The end of the partition was reached.
  void at_end(const kafka::TopicPartition& where, int64_t offset) {
    const int64_t end = end_of(where);
    if (stop_at_end_ || (end >= 0 && offset >= end)) over(where);
  }
  void over(const kafka::TopicPartition& where) {
    if (bounds_.contains(where)) ended_.insert(where);
  }
  /// A stopped partition goes on.
  void resumed(const kafka::TopicPartition& where) { ended_.erase(where); }
  bool done() const { return ended_.size() == bounds_.size(); }
  const std::map<kafka::TopicPartition, Bounds>& bounds() const { return bounds_; }

 private:
  int64_t end_of(const kafka::TopicPartition& where) const {
    const auto found = bounds_.find(where);
    return found == bounds_.end() ? -1 : found->second.end;
  }

  std::map<kafka::TopicPartition, Bounds> bounds_;
  std::set<kafka::TopicPartition> ended_;
  bool stop_at_end_;
};

/// Prints messages, and knows the leaders, which JSON tells.
class Printer {
 public:
  Printer(App& app, const ConsumeSettings& settings) : app_(app), settings_(settings) {}

  void leaders(const std::map<std::string, kafka::TopicInfo>& topics) {
    for (const auto& [name, topic] : topics) {
      for (const kafka::PartitionInfo& partition : topic.partitions) {
        leaders_[{name, partition.partition}] = partition.leader;
      }
    }
  }
  void leader(const kafka::TopicPartition& where, int32_t broker) { leaders_[where] = broker; }
  void print(const kafka::MessageEnvelope& message) {
    ++count_;
    if (settings_.json) {
      const auto found = leaders_.find({message.topic(), message.partition()});
      settings_.json->print(message, found == leaders_.end() ? -1 : found->second, app_.output());
    } else {
      settings_.format.print(message, app_.output());
    }
    if (app_.output().much()) app_.flush();
  }
  int64_t count() const { return count_; }

 private:
  App& app_;
  const ConsumeSettings& settings_;
  std::map<kafka::TopicPartition, int32_t> leaders_;
  int64_t count_ = 0;
};

/// The commits of one run.
struct Commits {
  bool of_member = false;
  int64_t unconfirmed = 0;
  int64_t moved = 0;  ///< of partitions that went to another member: the group reads those messages again
  kafka::Error first_refusal = {};

  /// The error says that the message counts as unanswered.
  kafka::Error give(kafka::MessageEnvelope& message) {
    ++unconfirmed;
    kafka::Error refused = message.commit({}, [this](const kafka::Error& error) { take(error); });
    if (refused) take(refused);
    return refused;
  }

 private:
  void take(const kafka::Error& error) {
    const bool other_reads_it = of_member && error == kafka::Errc::lost;
    if (!error || other_reads_it) --unconfirmed;
    if (other_reads_it) ++moved;
    if (error && !other_reads_it && !first_refusal) first_refusal = error;
  }
};

}  // namespace cli
