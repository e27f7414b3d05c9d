// How an idempotent producer comes to its identity (KIP-98): a producer id and an epoch, asked for before the first
// batch leaves. Each partition begins under this identity, and after a gap under one with a newer epoch (KIP-360).
// Not here: which batch gets which sequence, and what a gap leads to (chain.hpp).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <limits>
#include <set>

#include "base/scope.hpp"
#include "cluster/retry_timer.hpp"
#include "net/reactor.hpp"
#include "producer/identity.hpp"
#include "protocol/init_producer_id.hpp"
#include "session/core.hpp"

namespace kafka::producer {

class Batch;

/// Owns the identity under which partitions begin, and the question for it.
class Idempotence {
 public:
  static constexpr int16_t kLastEpoch = std::numeric_limits<int16_t>::max();
  /// Brokers remember so many batches of a producer and partition, and know them again.
  static constexpr int32_t kMostInFlight = 5;

  /// `required`: nothing is sent without an identity. Otherwise a cluster that has no identities, or does not allow
  /// them, gets batches without sequences. `changed` is called when a question has an end.
  Idempotence(session::Core& session, bool wanted, bool required, Function<void()> changed);

  /// Whether batches are to have sequences, as far as is known.
  bool on() const noexcept { return state_ != State::off; }
  bool ready() const noexcept { return state_ == State::off || (state_ == State::ready && current_.known()); }
  /// Why nothing can be sent: an identity is required, and the cluster refuses it.
  const Error& error() const noexcept { return error_; }
  /// Asks for an identity if there is none and no question is under way.
  void ask();
  const Identity& current() const noexcept { return current_; }
  /// An identity that is newer than `stale`, for a partition with a gap that numbered its records under that one.
  /// Unknown while a new producer id has to be asked for.
  Identity bump(const Identity& stale);
  /// Why a batch must not be sent to a leader in this version of Produce; none if it may. `guessed`: the version goes
  /// by a guess about the broker's age.
  Error refuses(const Batch& batch, int16_t version, bool guessed);
  void stop();

 private:
  enum class State : uint8_t { off, needed, asking, waiting, ready };

  int32_t next_node() const;
  bool all_passed() const;
  void answered(int32_t node, Error error, const protocol::InitProducerIdResponse& response, bool guessed);
  void wait();

  session::Core& session_;
  bool required_;
  bool too_old_ = false;  // why it is off
  bool guessed_ = false;  // that one of those in passed_ is too old
  State state_;
  Identity current_;
  Identity replaced_;  // known while another one is asked for
  Error error_;
  std::set<int32_t> passed_;  // brokers that do not know InitProducerId, or could not be asked
  cluster::RetryTimer retry_;
  Function<void()> changed_;
  Scope scope_;
};

}  // namespace kafka::producer
