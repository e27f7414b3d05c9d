#include "cluster/peer_age.hpp"

namespace kafka::cluster {

void PeerAge::answered(const protocol::ApiVersionSet& versions) {
  int16_t version = 0;
  ever_modern_ = true;
  gives_ids_ = !versions.pick(protocol::ApiKey::init_producer_id, version);
  not_old();
}

void PeerAge::showed_0_9(net::TimePoint now) {
  old_until_ = now + kMemory;
  refusals_ = kRefusalsToBelieve;  // other connections need not wait for the silence
  is_0_9_ = true;
}

PeerAge::Refusal PeerAge::refused(net::TimePoint now) {
  if (ever_modern_) return Refusal::none;
  if (++refusals_ < kRefusalsToTry) return Refusal::ask_again;
  old_until_ = now + kMemory;
  return Refusal::speak_old;
}

void PeerAge::not_set_up(Dialect dialect) {
  if (dialect != Dialect::negotiated) not_old();
  refusals_ = 0;
}

void PeerAge::not_old() {
  refusals_ = 0;
  is_0_9_ = false;
  old_until_ = {};
}

bool PeerAge::doubt(Dialect dialect, const protocol::ApiVersionSet& versions) {
  int16_t version = 0;
  const bool outlived = gives_ids_ && versions.pick(protocol::ApiKey::init_producer_id, version);
  if (!outlived && dialect != Dialect::old_guessed) return false;
  old_until_ = {};
  return true;
}

Dialect PeerAge::dialect(net::TimePoint now) const {
  const bool old = !ever_modern_ && refusals_ >= kRefusalsToBelieve && now < old_until_;
  return old ? guess() : Dialect::negotiated;
}

Dialect PeerAge::guess() const {
  return is_0_9_ || refusals_ >= kRefusalsToTrust ? Dialect::old : Dialect::old_guessed;
}

}  // namespace kafka::cluster
