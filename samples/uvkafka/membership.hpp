// How `uvkafka consume -g` takes part in its group: what it says of partitions that come and go, where they begin, and
// when the run is over. Not here: printing and answering (consume_run.hpp), runs with partitions of their own
// (consume.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "alarm.hpp"
#include "app.hpp"
#include "consume.hpp"
#include "consume_run.hpp"
#include "topic_check.hpp"

namespace cli {

/// Owns the member's run.
class Membership {
 public:
  /// `without_groups` is called if the brokers know no members of groups: nothing was read then, and another run has to
  /// take over.
  Membership(App& app, const ConsumeSettings& settings, Printer& printer,
             std::function<void(const kafka::Error&)> without_groups);

  /// The error says that the group, the pattern or an option is not allowed: then nothing has begun.
  kafka::Error start();
  void stop() { run_->stop(); }

 private:
  // An assignment may be empty because another member has to give partitions up first. After this it counts.
  static constexpr uint64_t kEmptyMs = 3000;

  /// Where partitions of one assignment begin and end, while it is looked up. They are paused for so long.
  struct Search {
    PlaceFinder finder;
    kafka::Partitions partitions;
  };

  static std::unique_ptr<kafka::Consumer> make_consumer(App& app, const ConsumeSettings& settings);
  void assigned(const kafka::Partitions& fresh);
  void forget(const kafka::Partitions& gone);
  bool stable() const;
  bool may_end() const;
  void look();
  void say(const std::string& what);
  void locate(const kafka::Partitions& fresh);
  void find_leaders(uint64_t number);
  void find_places(uint64_t number);
  void found(uint64_t number, const std::map<kafka::TopicPartition, Bounds>& bounds);
  void place(uint64_t number, const std::map<kafka::TopicPartition, Bounds>& bounds,
             const std::vector<kafka::ConsumerOffset>& stored);
  void give_up(const kafka::Error& error);

  App& app_;
  const ConsumeSettings& settings_;
  Printer& printer_;
  std::function<void(const kafka::Error&)> without_groups_;
  kafka::ConsumerGroup group_;
  std::unique_ptr<Run<kafka::Consumer>> run_;
  TopicCheck topics_;
  Alarm empty_;
  std::map<uint64_t, Search> searches_;
  std::map<kafka::TopicPartition, uint64_t> searched_;  // the search that decides about the partition
  uint64_t last_search_ = 0;
  bool arrived_ = false;         // an assignment has come
  bool topics_decided_ = false;  // it is known which topics are there
  bool empty_counts_ = false;    // nothing was assigned for kEmptyMs
};

}  // namespace cli
