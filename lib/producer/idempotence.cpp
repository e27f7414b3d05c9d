#include "producer/idempotence.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "producer/batch.hpp"
#include "protocol/produce.hpp"

namespace kafka::producer {

Idempotence::Idempotence(session::Core& session, bool wanted, bool required, Function<void()> changed)
    : session_(session),
      required_(required),
      state_(wanted ? State::needed : State::off),
      changed_(std::move(changed)) {}

void Idempotence::stop() {
  scope_.end();
  retry_.cancel();
  changed_ = nullptr;
}

void Idempotence::ask() {
  if (state_ != State::needed || error_) return;
  state_ = State::asking;
  protocol::InitProducerIdRequest request;
  request.transactional_id.reset();
  request.transaction_timeout_ms = std::numeric_limits<int32_t>::max();  // has no meaning without transactions
  const int32_t node = next_node();
  session_.router().call<protocol::InitProducerIdRequest>(
      node, cluster::Purpose::general, std::move(request), session_.router().config().request_timeout,
      scope_.wrap([this, node](Error error, protocol::InitProducerIdResponse& response, const cluster::CallInfo& info) {
        if (!error && response.error_code != 0) error = broker_error(response.error_code, "InitProducerId");
        if (!error && (response.producer_id < 0 || response.producer_epoch < 0)) {
          error =
              Error(Errc::protocol_error, "InitProducerId gave producer id " + std::to_string(response.producer_id) +
                                              ", epoch " + std::to_string(response.producer_epoch));
        }
        answered(node, std::move(error), response, info.guessed);
      }),
      [guard = scope_.guard()](protocol::InitProducerIdRequest&, int16_t) {
        return guard.alive() ? Error() : Error(Errc::closed);
      });
}

// Any broker; after one was too old, one that has not been asked.
int32_t Idempotence::next_node() const {
  if (!passed_.empty()) {
    for (const auto& [node, broker] : session_.router().brokers()) {
      if (!passed_.contains(node)) return node;
    }
  }
  return session_.router().any_broker();
}

bool Idempotence::all_passed() const {
  const auto& brokers = session_.router().brokers();
  return std::all_of(brokers.begin(), brokers.end(), [this](const auto& each) { return passed_.contains(each.first); });
}

// A batch that is to have a sequence must not be stored without one: when the answer is lost it is sent again, and the
// leader would store it twice.
Error Idempotence::refuses(const Batch& batch, int16_t version, bool guessed) {
  if (version >= protocol::ProduceRequest::kBatchesFrom) {
    // The leader stores sequences. If the brokers were taken for older ones, an identity is asked for after all.
    if (state_ == State::off && too_old_) state_ = State::needed;
    // What may be in the log without a sequence goes on without one.
    const bool bare = on() && !batch.identity.known() && !batch.unknown_fate;
    return bare ? Error(Errc::unsupported_feature, "the leader stores sequences, and the batch had none") : Error();
  }
  if (!on()) return {};
  if (required_) return Error(Errc::unsupported_feature, "enable_idempotence needs a leader of 0.11 or later");
  if (guessed) {
    return Error(Errc::unsupported_feature, "the leader closed connections as if it were older than 0.10");
  }
  return {};
}

void Idempotence::answered(int32_t node, Error error, const protocol::InitProducerIdResponse& response, bool guessed) {
  const Identity given{response.producer_id, response.producer_epoch};
  if (!error && given == replaced_) {
    error = Error(Errc::unknown_server_error, "InitProducerId gave the identity that was to be replaced");
  }
  if (!error) {
    retry_.succeed();
    passed_.clear();
    state_ = State::ready;
    current_ = given;
    replaced_ = {};
    if (changed_) changed_();
    return;
  }
  const bool too_old = error == Errc::unsupported_version;
  const bool forbidden = error == Errc::cluster_authorization_failed;
  // One broker's answer is not enough: it may be the oldest of a cluster, or it only closed its first connection. So
  // each of the others is asked once. Unless an identity is required, brokers that cannot be asked are passed over.
  const bool passed = too_old || (!required_ && !passed_.empty() && !forbidden);
  if (passed) passed_.insert(node);
  guessed_ |= too_old && guessed;
  if (passed && !all_passed()) {
    state_ = State::needed;
    return ask();
  }
  // All brokers passed, but the cluster may give identities all the same: some broker is known to be of 0.11 or later,
  // only not able to answer now, or the age of one that passed was a guess.
  const bool doubtful = guessed_ || session_.router().gives_ids() || session_.router().brokers().empty();
  if (forbidden || (passed && !doubtful)) {
    session_.log().failure(LogLevel::warning, "idempotence", error);
    if (required_) {
      error_ = too_old ? Error(Errc::unsupported_feature, "enable_idempotence needs brokers of 0.11 or later") : error;
      state_ = State::needed;
    } else {
      state_ = State::off;
      too_old_ = passed;
    }
    if (changed_) changed_();
    return;
  }
  // Any other failure is temporary (E16). The records that wait have a deadline of their own.
  session_.log().failure(LogLevel::info, "idempotence", error);
  if (traits(error.code()).refresh == Refresh::metadata) session_.metadata().refresh();
  for (const int32_t each : passed_) session_.router().doubt(each, cluster::Purpose::general);
  passed_.clear();
  guessed_ = false;
  wait();
}

void Idempotence::wait() {
  state_ = State::waiting;
  retry_.fail(session_.router(), [this] {
    state_ = State::needed;
    ask();
  });
}

Identity Idempotence::bump(const Identity& stale) {
  if (state_ != State::ready) return {};
  // Another partition has had a gap, or a new id was asked for because of this one. An id may begin at any epoch, at
  // the last one too: if it was raised once more, the next id would be asked for at once, and so on without a pause.
  if (current_.newer_than(stale)) return current_;
  if (current_.epoch == kLastEpoch) {  // another id, which begins at epoch 0 again (E8)
    replaced_ = std::exchange(current_, {});
    state_ = State::needed;
    ask();
    return {};
  }
  ++current_.epoch;
  return current_;
}

}  // namespace kafka::producer
