// How partitions come to a consumer and go: those that it was made with, those that are found later, those that are
// assigned and taken away.
// Not here: the partitions themselves (assignment.hpp), finding them (discovery.hpp).
#pragma once

#include <kafka/options.hpp>

#include <string>
#include <vector>

#include "consumer/discovery.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/pipeline.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns which topics metadata is asked about for this consumer, and whether new partitions begin paused.
class Roster final : private Discovery::Owner {
 public:
  /// `stores`: there is a group, and partitions begin at its offsets. All arguments outlive this object.
  Roster(session::Core& core, const ConsumerOptions& options, const LifeCycle& life_cycle, bool stores,
         Pipeline& pipeline);

  /// A partition that the consumer was made with.
  Error add(std::string topic, int32_t number, Origin origin);
  /// All partitions of the topics are read.
  void follow(std::vector<std::string> topics);

  /// Adds partitions. They start at the group's offset; without one, the reset policy decides. Partitions that are
  /// assigned already stay as they are.
  void assign(const Partitions& partitions);
  /// Takes these partitions away. From now on:
  /// - nothing of them is fetched or dispatched, and what was fetched is dropped;
  /// - their open envelopes stay open until they are answered, and every answer says `lost`;
  /// - a commit that was sent reports the broker's answer; if it fails, the consumption goes on;
  /// - a commit that was not sent reports `lost` to its `done`.
  /// A partition that is assigned again starts as a new one. Partitions that are not assigned are ignored.
  void take_away(const Partitions& partitions);
  /// From now on nothing of these is fetched or dispatched; they will be taken away.
  void give_up(const std::vector<std::shared_ptr<Partition>>& partitions);
  /// The partitions by name; invalid_argument if one of them is not assigned.
  Error find(const Partitions& named, std::vector<Partition*>& found) const;
  Partitions partitions() const;
  void pause(const std::vector<Partition*>& partitions, bool on);
  /// All partitions, and those that come later.
  void pause_all(bool on);

  /// The consumer joins the session, or leaves it.
  void join();
  void leave();

 private:
  bool consuming() const { return pipeline_.consumptions.running() && !life_cycle_.closing(); }
  void add_all(const std::string& topic, const std::vector<int32_t>& numbers, const Origin& origin);

  // Discovery::Owner
  void partitions_found(const std::string& topic, int32_t first, int32_t end, bool newer) override;
  void topic_there(const std::string& topic, int32_t end) override;

  session::Core& core_;
  const ConsumerOptions& options_;
  const LifeCycle& life_cycle_;
  bool stores_;
  Pipeline& pipeline_;
  Discovery discovery_;
  bool begin_paused_ = false;
};

}  // namespace kafka::consumer
