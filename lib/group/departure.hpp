// What members of both protocols have in common when partitions go, and when they go themselves.
// Not here: what is told to the coordinator (classic_member.hpp, consumer_protocol_member.hpp).
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/scope.hpp"
#include "group/member_options.hpp"
#include "net/reactor.hpp"

namespace kafka::group {

/// Whether the member was asked to leave, and who waits for that.
class Farewell {
 public:
  /// Of what is left of the rebalance timeout, the part in which open envelopes may be answered.
  static constexpr int kDrainPercent = 80;

  explicit Farewell(net::Reactor& reactor) : reactor_(reactor) {}

  bool wanted() const { return asked_.has_value(); }
  /// The member is asked to leave by `deadline`; then `late` is called. `tell`: the coordinator is to hear of it.
  void begin(bool tell, net::TimePoint deadline, Function<void()> late);
  /// `done` is called once the member has gone. May be empty.
  void wait(Function<void()> done);

  // Once it is wanted.
  bool tell() const { return asked_->tell; }
  net::Duration left() const { return std::max(asked_->deadline - reactor_.now(), net::Duration::zero()); }

  /// When open envelopes of partitions that are given up from now on are lost, whether it is wanted or not.
  net::TimePoint drain_deadline(const MemberOptions& options, net::Duration rebalance_timeout) const;

  /// The member has gone. Returns who waits for it.
  std::vector<Function<void()>> end();

 private:
  struct Asked {
    bool tell;
    net::TimePoint deadline;
    std::vector<Function<void()>> waiting;
    net::Timer timer;
  };
  net::Reactor& reactor_;
  std::optional<Asked> asked_;
};

/// Whether partitions are being given up. One revocation is under way at a time.
class Giving {
 public:
  bool under_way() const { return under_way_; }
  /// Returns `then` for the end of this revocation. It is not called if stop() comes first.
  template <class F>
  Function<void()> begin(const Scope& scope, F then) {
    under_way_ = true;
    return scope.wrap([this, number = ++number_, then = std::move(then)] {
      if (under_way_ && number_ == number) then();
    });
  }
  /// It has ended, or the partitions are lost.
  void stop() { under_way_ = false; }

 private:
  bool under_way_ = false;
  uint64_t number_ = 0;
};

/// The partitions of `from` that `without` lacks. Topics are known by name or by id.
template <class Topics>
Topics difference(const Topics& from, const Topics& without) {
  Topics left;
  for (const auto& [topic, numbers] : from) {
    const auto found = without.find(topic);
    for (const int32_t number : numbers) {
      const bool both = found != without.end() &&
                        std::find(found->second.begin(), found->second.end(), number) != found->second.end();
      if (!both) left[topic].push_back(number);
    }
  }
  return left;
}

}  // namespace kafka::group
