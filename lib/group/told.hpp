// What the coordinator of a KIP-848 group has heard from a member. A heartbeat says only what has changed. After one
// that was refused or had no answer nobody knows what was heard, so the next one says everything.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "group/id_partitions.hpp"
#include "group/member_options.hpp"
#include "protocol/consumer_group_heartbeat.hpp"

namespace kafka::group {

/// What a member subscribes to.
struct Wish {
  std::set<std::string> topics;
  std::string pattern = {};  ///< the coordinator matches it; "": none

  friend bool operator==(const Wish&, const Wish&) = default;
};

/// Owns what was said in the last heartbeat, and what is known to have been heard.
class Told {
 public:
  using Request = protocol::ConsumerGroupHeartbeatRequest;

  /// `options` outlives this object.
  explicit Told(const MemberOptions& options) : options_(options) {}

  /// Fills in what the coordinator does not know. If the request before had no answer, that is everything.
  void fill(Request& request, const Wish& wish, const IdPartitions& owned);
  /// The coordinator has taken what was said last.
  void accepted();
  /// True if the last request that was answered said what the member owns.
  bool said_owned() const { return said_owned_; }
  /// What was heard does not count any more.
  void forget();
  /// The coordinator waits for the list of owned partitions, even if it is the same as before.
  void forget_owned() { owned_.reset(); }
  bool knows(const Wish& wish, const IdPartitions& owned) const { return wish_ == wish && owned_ == owned; }

 private:
  struct Said {
    Wish wish;
    std::optional<IdPartitions> owned;
  };

  const MemberOptions& options_;
  std::optional<Wish> wish_;
  std::optional<IdPartitions> owned_;
  std::optional<Said> said_;  // not answered yet
  bool said_owned_ = false;
  bool said_pattern_ = false;  // once in its life: the coordinator may hold on to one that was taken back
};

}  // namespace kafka::group
