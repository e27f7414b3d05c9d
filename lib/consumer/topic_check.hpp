// Whether a topic is still the one that was read, where answers to Fetch do not say so: Fetch names topics by their ids
// from version 13 on only. With ids in metadata (2.8 and later) metadata is asked. Older clusters have no ids. There
// the leader is asked for the first record that is newer than all that was read. If that is the first one of the log,
// then nothing of what was read is there any more. Not here: when to ask (sources.cpp, positions.cpp), what is
// remembered (read_topic.hpp).
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/offset_query.hpp"
#include "consumer/partition.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the questions under way. While one is, its partition is not fetched.
class TopicCheck {
 public:
  /// Nobody waits longer for the answer. Without one the topic counts as the same.
  static constexpr net::Duration kPatience = std::chrono::seconds(1);

  class Owner {
   public:
    /// The topic was made anew. `id` is zero where topics have none.
    virtual void recreated(Partition& partition, const Uuid& id) = 0;
    /// A question has ended: there may be something to fetch.
    virtual void topic_checked() = 0;

   protected:
    ~Owner() = default;
  };

  TopicCheck(std::shared_ptr<session::Core> core, const LifeCycle& life_cycle, Owner& owner)
      : core_(std::move(core)), life_cycle_(life_cycle), owner_(owner) {}

  /// Asks. `same` is called if the topic is the one that was read, or if nothing tells; at once, if nothing can be
  /// asked. It is not called if the position was set meanwhile.
  void ask(Partition& partition, Function<void()> same);
  void cancel();
  /// The same where the session is gone, and the questions with it.
  void abort();

 private:
  struct Case {
    Question asked;
    Function<void()> same;
  };

  void flush();
  void ask_metadata(std::vector<Case> cases);
  void ask_leaders(std::vector<Case> cases);
  void end(Case& about, bool recreated, const Uuid& id);

  std::shared_ptr<session::Core> core_;
  const LifeCycle& life_cycle_;
  Owner& owner_;
  std::vector<Case> waiting_;  // for the end of this turn
  std::vector<std::weak_ptr<OffsetQuery>> queries_;
  Scope scope_;
};

}  // namespace kafka::consumer
