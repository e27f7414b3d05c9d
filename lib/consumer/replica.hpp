// The follower that a partition is read from, on its leader's advice (KIP-392).
#pragma once

#include <chrono>
#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::consumer {

/// The `replica_id` of requests that followers send, too: the sender is no replica, but a consumer.
inline constexpr int32_t kConsumerReplica = -1;

/// Owns the advice for one partition, and for how long it is followed, or not followed.
struct Replica {
  /// How long advice is not followed after it led nowhere (D14).
  static constexpr net::Duration kLeaderOnly = std::chrono::seconds(10);

  int32_t node = -1;                   ///< asked instead of the leader, -1: none
  net::TimePoint until{};              ///< then the leader is asked again: it may know a better follower
  net::TimePoint leader_only_until{};  ///< no advice is followed before

  bool followed() const { return node >= 0; }
  bool takes_advice(net::TimePoint now) const { return now >= leader_only_until; }
  void follow(int32_t follower, net::TimePoint end) {
    node = follower;
    until = end;
  }
  /// Called before each request. Ends advice that is too old, or that names the leader itself.
  void refresh(int32_t leader, net::TimePoint now) {
    if (now >= until || node == leader) node = -1;
  }
  /// The advice led nowhere.
  void refuse_advice(net::TimePoint now) { leader_only_until = now + kLeaderOnly; }
  /// True if `failed` is the follower: then the leader is asked.
  bool leave(int32_t failed, net::TimePoint now) {
    if (node < 0 || node != failed) return false;
    node = -1;
    refuse_advice(now);
    return true;
  }
};

}  // namespace kafka::consumer
