// Which topics a member watches in metadata: those whose partitions it has shared out, or its own. When their number of
// partitions changes, the group must share them out anew.
// Not here: who watches what (classic_member.cpp).
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/scope.hpp"
#include "group/census.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns the list of watched topics, how many partitions each of them had, and the question what was shared out.
class Interest {
 public:
  class Owner {
   public:
    /// The topic has another number of partitions than the assignment was made with.
    virtual void topic_changed(const std::string& topic) = 0;

   protected:
    ~Owner() = default;
  };

  /// Nothing has been heard of the topic: the number that is heard first is no change.
  static constexpr int32_t kUnknown = -1;
  /// Partitions by topic; 0 for a topic that does not exist, or kUnknown.
  using Counts = Census::Counts;

  Interest(session::Core& core, Owner& owner) : core_(core), owner_(owner), census_(core) {}

  /// From now on these topics are watched, and no others. What metadata says otherwise by now is told after this call.
  void watch(Counts counts);
  /// The same with the numbers that metadata has now.
  void watch(const std::set<std::string>& topics);
  /// The same, and when the coordinator has told what the group has shared out, with those numbers.
  void watch_shared_out(const std::string& group, const std::set<std::string>& topics);
  void stop();

 private:
  int32_t count_now(const std::string& topic) const;
  void look();

  session::Core& core_;
  Owner& owner_;
  Census census_;
  Counts counts_;
  uint64_t listener_ = 0;
  bool watching_ = false;
  Scope scope_;
};

}  // namespace kafka::group
