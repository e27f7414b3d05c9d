// In-flight requests of one connection, oldest first. Kafka answers in order, so the reply must match
// the head; anything else means that the stream is broken, and the connection closes.
// Not here: retries (router), the socket (connection).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/ring.hpp"
#include "cluster/call.hpp"

namespace kafka::cluster {

/// Owns the calls that wait for their answers on one connection.
class InFlight {
 public:
  /// The id for the next request: counts up and wraps from 2^31 - 1 to 0.
  int32_t next_id() noexcept {
    const int32_t id = next_id_;
    next_id_ = next_id_ == INT32_MAX ? 0 : next_id_ + 1;
    return id;
  }
  /// For tests of the wrap.
  void set_next_id(int32_t id) noexcept { next_id_ = id; }

  void push(int32_t id, std::unique_ptr<Call> call) { entries_.push_back({id, std::move(call)}); }
  bool empty() const noexcept { return entries_.empty(); }
  size_t size() const noexcept { return entries_.size(); }

  /// The call that the reply with this id answers, or null: not the head, or nothing was asked.
  std::unique_ptr<Call> pop(int32_t id) {
    if (entries_.empty() || entries_.front().id != id) return nullptr;
    return entries_.pop_front().call;
  }
  const Call& head() const noexcept { return *entries_.front().call; }
  int32_t head_id() const noexcept { return entries_.front().id; }

  /// Earliest deadline of all (see Call::deadline); deadlines need not come in order.
  net::TimePoint earliest_deadline(net::Duration throttled) const noexcept {
    net::TimePoint earliest = net::TimePoint::max();
    for (size_t i = 0; i < entries_.size(); ++i) earliest = std::min(earliest, entries_[i].call->deadline(throttled));
    return earliest;
  }

  /// Takes all calls out, oldest first.
  std::vector<std::unique_ptr<Call>> take_all() {
    std::vector<std::unique_ptr<Call>> all;
    while (!entries_.empty()) all.push_back(entries_.pop_front().call);
    return all;
  }

 private:
  struct Entry {
    int32_t id;
    std::unique_ptr<Call> call;
  };
  Ring<Entry> entries_;
  int32_t next_id_ = 0;
};

}  // namespace kafka::cluster
