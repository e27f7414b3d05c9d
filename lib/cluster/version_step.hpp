// The first step of a handshake: which versions does the peer speak? Asks ApiVersions; a peer that may be older than
// 0.10 and stays silent is asked a second question that such brokers know.
// Not here: what the answers say about the peer's age over several connections (peer_age).
#pragma once

#include "cluster/handshake.hpp"
#include "codec/reader.hpp"

namespace kafka::cluster {

/// Owns the questions under way and their correlation ids.
class VersionStep final : public HandshakeStep {
 public:
  void start(Handshake& handshake) override;
  void on_frame(Handshake& handshake, Bytes frame) override;
  void on_written(Handshake&) override { written_ = true; }
  void on_wake(Handshake& handshake) override;
  SetupFailure on_closed(Handshake& handshake, Error error, bool mid_frame) override;
  std::string_view waits_for() const override { return "ApiVersions"; }

 private:
  void ask(Handshake& handshake, int16_t version);
  void take(Handshake& handshake, codec::Reader& body);

  int32_t id_ = -1;  // of ApiVersions
  int16_t version_ = -1;
  int32_t probe_id_ = -1;  // of ListGroups; -1 while it was not asked
  bool written_ = false;   // the peer has the whole question
  bool answered_ = false;
};

}  // namespace kafka::cluster
