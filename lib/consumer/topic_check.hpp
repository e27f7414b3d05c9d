// Whether a topic is still the one that was read, where answers to Fetch do not say so: Fetch names topics by their ids
// from version 13 on only. With ids in metadata (2.8 and later) metadata is asked. Older brokers have no ids. There
// the leader is asked two questions, one after the other:
//   1. Where does the log end? At 0, and a broker has said that the topic is gone: it is another one.
//   2. Which is the first record that is newer than all that was read? If it is the first one of the log, then nothing
//      of what was read is there any more.
// In this order, because a topic that was just made is empty, and an empty log has no newer record. The old log reaches
// up to the position. So if the end lies there, a new topic has its records already, and the second question finds
// them. Not here: when to ask (sources.cpp, positions.cpp), what is remembered (read_topic.hpp).
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
  /// Nobody waits longer for an answer. Without one the topic stays in doubt.
  static constexpr net::Duration kPatience = std::chrono::seconds(10);

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

  /// Asks. `same` is called unless the topic is another one, even if nothing tells; it is not called if the position
  /// was set meanwhile. Without `same` the partition is fetched again once the topic is known to be the same.
  void ask(Partition& partition, Function<void()> same);
  void cancel();
  /// The same where the session is gone, and the questions with it.
  void abort();

 private:
  struct Case {
    Question asked;
    Function<void()> same;
    bool by_leader = false;  ///< although the id is known: metadata came without
    int64_t log_end = -1;    ///< -1: not known yet
  };
  enum class Verdict : uint8_t {
    same,
    other,
    shorter,  ///< the log seems to end before the position: the high watermark may lag behind after an election
    untold,
  };

  void add(Case about);
  void flush();
  void ask_metadata(std::vector<Case> cases);
  void ask_leaders(std::vector<Case> cases);
  static bool renewed(const Case& about, int64_t log_end);
  TopicOffset place(const Case& about) const;
  void answered(Case about, const TopicOffset& found, bool by_time);
  void end(Case& about, Verdict verdict, const Uuid& id = {});

  std::shared_ptr<session::Core> core_;
  const LifeCycle& life_cycle_;
  Owner& owner_;
  std::vector<Case> waiting_;  // for the end of this turn
  std::vector<std::weak_ptr<OffsetQuery>> queries_;
  Scope scope_;
};

}  // namespace kafka::consumer
