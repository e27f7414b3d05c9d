// How many partitions of each topic a group has given out, as its coordinator tells (DescribeGroups, key 15).
//
// A static member that starts again within its session gets its old assignment back, and the group does not share out
// anew. Suppose a topic came, or got more partitions, while it was away, and it was the leader: it does not know what
// the assignment was made with, so it would take the new number for the old one, and nobody would read the new
// partitions. The same happens if it subscribes to other topics than before: the coordinator does not compare.
// Not here: what follows from the numbers (classic_member.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/scope.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns the question that is under way.
class Census {
 public:
  /// The question is not repeated for longer than this.
  static constexpr net::Duration kPatience = std::chrono::seconds(30);

  /// Partitions by topic.
  using Counts = std::map<std::string, int32_t>;

  explicit Census(session::Core& core) : core_(core) {}

  /// `done` gets the numbers of these topics, and of those that members subscribe to: a member that leads, and was not
  /// told so, has to watch them all. It is not called if the coordinator does not say, or if the group is
  /// about to share out anew.
  void ask(const std::string& group, std::set<std::string> topics, Function<void(Counts)> done);
  /// `done` is not called any more.
  void stop() { scope_.end(); }

 private:
  session::Core& core_;
  Scope scope_;
};

}  // namespace kafka::group
