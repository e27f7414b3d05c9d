#include "cluster/handshake.hpp"

namespace kafka::cluster {

Handshake::Handshake(net::Reactor& reactor, HandshakePeer peer, HandshakeSteps steps, HandshakeOwner& owner)
    : reactor_(reactor),
      peer_(std::move(peer)),
      steps_(std::move(steps)),
      owner_(owner),
      throttled_at_start_(peer_.throttle->past(reactor.now())),
      dialect_(peer_.dialect) {}

void Handshake::start() {
  if (steps_.empty()) return owner_.on_handshake_passed();
  steps_[at_]->start(*this);
}

void Handshake::run_again(HandshakeSteps steps, net::TimePoint deadline) {
  steps_ = std::move(steps);
  at_ = 0;
  failure_ = {};
  peer_.deadline = deadline;
  stopped_at_.reset();
  throttled_at_start_ = peer_.throttle->past(reactor_.now());
  start();
}

void Handshake::on_frame(Bytes frame) {
  if (running()) steps_[at_]->on_frame(*this, std::move(frame));
}

void Handshake::on_written() {
  if (running()) steps_[at_]->on_written(*this);
}

void Handshake::on_wake() {
  wake_at_ = net::TimePoint::max();
  if (running()) steps_[at_]->on_wake(*this);
}

void Handshake::on_closed(Error error, bool mid_frame) {
  if (!running()) return;
  // A refused certificate stays refused, ours or the broker's. No step knows better.
  if (error == Errc::ssl_error) return void(failure_ = {std::move(error), SetupFailure::Next::give_up});
  failure_ = steps_[at_]->on_closed(*this, std::move(error), mid_frame);
}

bool Handshake::takes_late(int32_t id) noexcept {
  if (late_id_ < 0 || id != late_id_) return false;
  late_id_ = -1;
  return true;
}

std::string_view Handshake::waits_for() const { return running() ? steps_[at_]->waits_for() : std::string_view(); }

void Handshake::wake_at(net::TimePoint time) {
  wake_at_ = time;
  owner_.on_wake_changed();
}

void Handshake::stop_clock() {
  if (!stopped_at_) stopped_at_ = reactor_.now();
  owner_.on_wake_changed();
}

void Handshake::start_clock() {
  if (!stopped_at_) return;
  peer_.deadline += reactor_.now() - *stopped_at_;
  stopped_at_.reset();
  owner_.on_wake_changed();
}

void Handshake::settle(const protocol::ApiVersionSet& versions, Dialect dialect) {
  versions_ = versions;
  dialect_ = dialect;
}

void Handshake::pass() {
  if (!running()) return;
  wake_at_ = net::TimePoint::max();
  if (++at_ == steps_.size()) return owner_.on_handshake_passed();
  steps_[at_]->start(*this);
}

void Handshake::fail(Error error) { fail(SetupFailure{std::move(error)}); }

void Handshake::fail_for_good(Error error) { fail(SetupFailure{std::move(error), SetupFailure::Next::give_up}); }

void Handshake::fail(SetupFailure failure) {
  if (!running()) return;
  failure_ = std::move(failure);
  wake_at_ = net::TimePoint::max();
  owner_.on_handshake_failed();
}

}  // namespace kafka::cluster
