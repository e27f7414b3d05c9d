// Who an idempotent producer is (KIP-98): a producer id and an epoch, asked for before the first batch leaves.
// Each partition counts its records by sequence under an identity of its own: the producer's when it began, a
// newer one after a gap (KIP-360).
// Not here: which batch gets which sequence (sender.cpp), what happens to a partition with a gap (sequences.cpp).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <limits>
#include <set>

#include "base/scope.hpp"
#include "net/reactor.hpp"
#include "protocol/init_producer_id.hpp"
#include "session/core.hpp"

namespace kafka::producer {

struct Identity {
  int64_t id = -1;  ///< -1: none
  int16_t epoch = -1;
  bool known() const noexcept { return id >= 0; }
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// Sequences go from 0 to 2^31 - 1 and then to 0 again.
constexpr int32_t next_sequence(int32_t sequence, int32_t count) noexcept {
  return static_cast<int32_t>((static_cast<int64_t>(sequence) + count) & std::numeric_limits<int32_t>::max());
}

class Idempotence {
 public:
  static constexpr int16_t kLastEpoch = std::numeric_limits<int16_t>::max();
  /// Brokers remember so many batches of a producer and partition, and know them again.
  static constexpr int32_t kMostInFlight = 5;

  /// `required`: without it nothing is sent; otherwise a cluster that cannot, or does not allow it, is served plainly.
  Idempotence(session::Core& core, bool wanted, bool required, Function<void()> changed);

  /// Whether batches are to have sequences, as far as is known.
  bool on() const noexcept { return state_ != State::off; }
  bool required() const noexcept { return required_; }
  /// A leader stores sequences: if the brokers were taken for older ones, an identity is asked for after all.
  void learnt();
  bool ready() const noexcept { return state_ == State::off || (state_ == State::ready && current_.known()); }
  /// Why nothing can be sent: it is required, and the cluster refuses it.
  const Error& error() const noexcept { return error_; }
  /// Asks for an identity if there is none and nobody has asked; `changed` is called when that has an end.
  void ask();
  const Identity& current() const noexcept { return current_; }
  /// A newer identity, for a partition with a gap. Unknown while a new id has to be asked for.
  Identity bump();
  void stop();

 private:
  enum class State : uint8_t { off, needed, asking, waiting, ready };

  int32_t next_node() const;
  bool all_passed() const;
  void answered(int32_t node, Error error, const protocol::InitProducerIdResponse& response, bool guessed);
  void wait();

  session::Core& core_;
  bool required_;
  bool too_old_ = false;  // why it is off
  bool guessed_ = false;  // that one of those passed is too old
  State state_;
  Identity current_;
  Error error_;
  uint32_t failures_ = 0;
  std::set<int32_t> passed_;  // brokers that do not know InitProducerId, or could not be asked
  net::Timer timer_;
  Function<void()> changed_;
  Scope scope_;
};

}  // namespace kafka::producer
