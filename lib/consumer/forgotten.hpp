// Envelopes that the application has forgotten: they stop everything without a word, so the log says so.
// Not here: what an envelope that was destroyed without an answer does (answers.hpp).
#pragma once

#include <kafka/options.hpp>

#include "consumer/oldest_open.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the timer that looks for the oldest open envelope.
class Forgotten {
 public:
  /// An envelope that is open for this long is told of, one of each consumer.
  static constexpr net::Duration kLongOpen = std::chrono::seconds(10);
  static constexpr net::Duration kLookEvery = std::chrono::seconds(5);

  Forgotten(session::Core& core, const ConsumerOptions& options, const Assignment& assignment)
      : core_(core), options_(options), oldest_(assignment) {}

  /// Envelopes are open.
  void watch() {
    if (!timer_.active() && !told_) look();
  }
  void close() {
    timer_.cancel();
    told_ = true;
  }

 private:
  void look();
  void tell(const Partition& partition);

  session::Core& core_;
  const ConsumerOptions& options_;
  OldestOpen oldest_;
  net::Timer timer_;
  bool told_ = false;
};

}  // namespace kafka::consumer
