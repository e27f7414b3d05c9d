// What members of both protocols have in common when partitions go, and when they go themselves.
// Not here: what is told to the coordinator (classic_member.hpp, consumer_protocol_member.hpp).
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "group/member_options.hpp"
#include "net/reactor.hpp"

namespace kafka::group {

/// The member is asked to leave.
struct Farewell {
  bool tell = true;
  net::TimePoint deadline{};
  std::vector<Function<void()>> done;
  net::Timer timer;
};

/// Partitions that are being given up.
struct Giving {
  bool under_way = false;
  uint64_t number = 0;  ///< the end of an older one changes nothing
};

/// Of what is left of the rebalance timeout, the part in which open envelopes may be answered.
constexpr int kDrainPercent = 80;

/// When open envelopes of partitions that are given up from now on are lost.
inline net::TimePoint drain_deadline(net::TimePoint now, const MemberOptions& options,
                                     net::Duration rebalance_timeout) {
  return now + options.revoke_timeout.value_or(rebalance_timeout * kDrainPercent / 100);
}

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
