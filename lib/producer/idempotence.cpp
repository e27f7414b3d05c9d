#include "producer/idempotence.hpp"

#include <algorithm>

#include "base/backoff.hpp"
#include "base/error_table.hpp"

namespace kafka::producer {

Idempotence::Idempotence(session::Core& core, bool wanted, bool required, Function<void()> changed)
    : core_(core), required_(required), state_(wanted ? State::needed : State::off), changed_(std::move(changed)) {}

void Idempotence::stop() {
  scope_.end();
  timer_.cancel();
  changed_ = nullptr;
}

void Idempotence::ask() {
  if (state_ != State::needed || error_) return;
  state_ = State::asking;
  protocol::InitProducerIdRequest request;
  request.transactional_id.reset();
  request.transaction_timeout_ms = std::numeric_limits<int32_t>::max();  // of no meaning without transactions
  const int32_t node = next_node();
  core_.router().call<protocol::InitProducerIdRequest>(
      node, cluster::Purpose::general, std::move(request), core_.router().config().request_timeout,
      scope_.wrap([this, node](Error error, protocol::InitProducerIdResponse& response, const cluster::CallInfo& info) {
        if (!error && response.error_code != 0) error = broker_error(response.error_code, "InitProducerId");
        if (!error && (response.producer_id < 0 || response.producer_epoch < 0)) {
          error =
              Error(Errc::protocol_error, "InitProducerId gave producer id " + std::to_string(response.producer_id) +
                                              ", epoch " + std::to_string(response.producer_epoch));
        }
        answered(node, std::move(error), response, info.guessed);
      }));
}

// Whoever is there; after one was too old, those that have not been asked.
int32_t Idempotence::next_node() const {
  if (!passed_.empty()) {
    for (const auto& [node, broker] : core_.router().brokers()) {
      if (!passed_.contains(node)) return node;
    }
  }
  return core_.router().any_broker();
}

bool Idempotence::all_passed() const {
  const auto& brokers = core_.router().brokers();
  return std::all_of(brokers.begin(), brokers.end(), [this](const auto& each) { return passed_.contains(each.first); });
}

void Idempotence::learnt() {
  if (state_ == State::off && too_old_) state_ = State::needed;
}

void Idempotence::answered(int32_t node, Error error, const protocol::InitProducerIdResponse& response, bool guessed) {
  if (!error) {
    failures_ = 0;
    passed_.clear();
    state_ = State::ready;
    current_ = {response.producer_id, response.producer_epoch};
    if (changed_) changed_();
    return;
  }
  const bool too_old = error == Errc::unsupported_version;
  const bool forbidden = error == Errc::cluster_authorization_failed;
  // One broker's word is not enough: it may be the oldest of a cluster, or only have closed its first connection.
  // The others are asked once; unless it is required, nobody waits for those that cannot be.
  const bool passed = too_old || (!required_ && !passed_.empty() && !forbidden);
  if (passed) passed_.insert(node);
  guessed_ |= too_old && guessed;
  if (passed && !all_passed()) {
    state_ = State::needed;
    return ask();
  }
  // A broker that gives identities, though not now, is a better witness than those that were passed; and a guess is
  // none.
  const bool doubtful = guessed_ || core_.router().gives_ids() || core_.router().brokers().empty();
  if (forbidden || (passed && !doubtful)) {
    core_.log().state(LogLevel::warning, "idempotence", error.message());
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
  // Everything else passes (E16); the records that wait have a deadline of their own.
  core_.log().state(LogLevel::info, "idempotence", error.message());
  if (traits(error.code()).refresh == Refresh::metadata) core_.metadata().refresh();
  for (const int32_t each : passed_) core_.router().doubt(each, cluster::Purpose::general);
  passed_.clear();
  guessed_ = false;
  wait();
}

void Idempotence::wait() {
  const auto& config = core_.router().config();
  state_ = State::waiting;
  timer_ = core_.reactor().after(
      Backoff::at(failures_++, config.retry_backoff, config.retry_backoff_max, core_.reactor().random()), [this] {
        timer_.cancel();
        state_ = State::needed;
        ask();
      });
}

Identity Idempotence::bump() {
  if (state_ != State::ready) return {};
  if (current_.epoch == kLastEpoch) {  // another id, which begins at epoch 0 again (E8)
    current_ = {};
    state_ = State::needed;
    ask();
    return {};
  }
  ++current_.epoch;
  return current_;
}

}  // namespace kafka::producer
