// The step of a handshake that logs in with SASL: it names the mechanism, and carries the mechanism's tokens. Brokers
// from 1.0 on have tokens in SaslAuthenticate (KIP-152), older ones as frames without a header. A broker of 0.9 knows
// one mechanism, GSSAPI, and nobody names it: its tokens are the first frames of the connection. Not here: what is in a
// token (auth/), when a connection logs in again (login_span.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/login.hpp"
#include "cluster/handshake.hpp"
#include "codec/reader.hpp"

namespace kafka::cluster {

/// Owns the state of one login. No token but those of GSSAPI goes to a peer that has not accepted the mechanism.
class SaslStep final : public HandshakeStep {
 public:
  explicit SaslStep(std::shared_ptr<auth::Login> login) : login_(std::move(login)) {}
  void start(Handshake& handshake) override;
  void on_frame(Handshake& handshake, Bytes frame) override;
  void on_wake(Handshake& handshake) override;
  SetupFailure on_closed(Handshake& handshake, Error error, bool mid_frame) override;
  std::string_view waits_for() const override;

 private:
  enum class Waits : uint8_t { for_preparation, for_mechanisms, for_raw_token, for_token, for_work };

  void prepare(Handshake& handshake);
  void begin(Handshake& handshake);
  /// Nothing was asked.
  bool silent() const { return waits_ == Waits::for_work || waits_ == Waits::for_preparation; }
  /// To a broker of 0.9, or to what is taken for one.
  bool without_handshake() const { return handshake_version_ < 0; }
  void take_mechanisms(Handshake& handshake, codec::Reader& body);
  void take_token(Handshake& handshake, codec::Reader& body);
  void go_on(Handshake& handshake, auth::Next next);
  void send_token(Handshake& handshake, Bytes token);
  void refuse(Handshake& handshake, std::string_view why);
  void refused_by_broker(Handshake& handshake, std::string_view why);
  Error refusal(std::string_view why) const;

  std::shared_ptr<auth::Login> login_;
  std::unique_ptr<auth::Mechanism> mechanism_;
  Waits waits_ = Waits::for_preparation;
  std::optional<auth::Next> prepared_;
  bool asked_ = false;
  int32_t id_ = -1;  // of the question under way
  int16_t handshake_version_ = -1;
  int16_t token_version_ = -1;
};

}  // namespace kafka::cluster
