// The broker's side of a login, for a scripted broker: it knows names and passwords, and can be wrong in many ways.
// Not here: the client's side (lib/auth, lib/cluster/sasl_step).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base64.hpp"
#include "auth/crypto.hpp"
#include "auth/scram_keys.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"
#include "scripted_broker.hpp"

namespace kafka::sim {

/// Owns what the logins of one broker have come to. Until a connection has logged in, it is closed on everything but
/// ApiVersions.
class SaslServer {
 public:
  explicit SaslServer(ScriptedBroker& broker) : broker_(broker) {
    broker.on_frame = [this](ScriptedBroker::Connection& peer, const Bytes& frame) { return take_raw(peer, frame); };
    broker.on_request = [this](ScriptedBroker::Connection& peer, const protocol::RequestHeader& header,
                               codec::Reader& body) { return take(peer, header, body); };
  }

  std::map<std::string, std::string> users = {{"alice", "secret"}};
  std::vector<std::string> mechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"};
  /// Whether a token of OAUTHBEARER is taken; every one if it is not set.
  std::function<bool(const std::string& token)> accepts;
  std::string salt = "salt";
  uint32_t iterations = 4096;
  int64_t lifetime_ms = 0;
  std::string refusal = "Authentication failed: Invalid username or password";
  bool is_0_9 = false;           ///< knows no SaslHandshake: the first frame of a connection is a token of GSSAPI
  bool closes_on_token = false;  ///< without a word
  bool silent_on_token = false;
  Function<void(std::string& token)> tamper;  ///< with what the server answers
  /// The requests of connections that have logged in, before the broker answers them.
  Function<bool(ScriptedBroker::Connection&, const protocol::RequestHeader&, codec::Reader&)> on_request;

  /// Requests wait, as behind one that takes long. release() serves them, in order.
  bool hold = false;
  size_t held() const { return waiting_.size(); }
  void release() {
    hold = false;
    for (auto& serve : std::exchange(waiting_, {})) serve();
  }

  int handshakes = 0;               ///< SaslHandshake requests
  std::vector<std::string> tokens;  ///< whatever came
  int logins = 0;                   ///< that passed
  int refused = 0;
  std::vector<protocol::ApiKey> early;  ///< requests before a login, or during one

 private:
  struct Login {
    bool raw = false;  // tokens are frames
    bool busy = false;
    bool done = false;
    std::string mechanism = {}, client_first = {}, server_first = {};
  };

  bool take(ScriptedBroker::Connection& peer, const protocol::RequestHeader& header, codec::Reader& body) {
    using protocol::ApiKey;
    if (hold) return waiting_.push_back([this, &peer, header, body]() mutable { serve(peer, header, body); }), true;
    return serve_now(peer, header, body);
  }

  void serve(ScriptedBroker::Connection& peer, const protocol::RequestHeader& header, codec::Reader& body) {
    if (serve_now(peer, header, body)) return;
    if (header.api == protocol::ApiKey::metadata) peer.answer(header, broker_.metadata);
  }

  bool serve_now(ScriptedBroker::Connection& peer, const protocol::RequestHeader& header, codec::Reader& body) {
    using protocol::ApiKey;
    Login& login = logins_[&peer];
    if (header.api == ApiKey::sasl_handshake) return hand_shake(peer, login, header, body);
    if (header.api == ApiKey::sasl_authenticate) return authenticate(peer, login, header, body);
    if (login.busy || (!login.done && header.api != ApiKey::api_versions)) {
      early.push_back(header.api);
      peer.close();
      return true;
    }
    return on_request && on_request(peer, header, body);
  }

  bool hand_shake(ScriptedBroker::Connection& peer, Login& login, const protocol::RequestHeader& header,
                  codec::Reader& body) {
    ++handshakes;
    protocol::SaslHandshakeRequest request;
    if (protocol::decode(body, header.version, request)) throw std::runtime_error("SaslHandshake cannot be read");
    protocol::SaslHandshakeResponse response;
    response.mechanisms = mechanisms;
    const bool known = std::find(mechanisms.begin(), mechanisms.end(), request.mechanism) != mechanisms.end();
    response.error_code = known ? 0 : static_cast<int16_t>(Errc::unsupported_sasl_mechanism);
    login = {.raw = header.version == 0,
             .busy = known,
             .done = false,
             .mechanism = request.mechanism,
             .client_first = {},
             .server_first = {}};
    peer.answer(header, response);
    return true;
  }

  bool authenticate(ScriptedBroker::Connection& peer, Login& login, const protocol::RequestHeader& header,
                    codec::Reader& body) {
    protocol::SaslAuthenticateRequest request;
    if (protocol::decode(body, header.version, request)) throw std::runtime_error("SaslAuthenticate cannot be read");
    if (closes_on_token) return peer.close(), true;
    std::string answer;
    protocol::SaslAuthenticateResponse response;
    const bool good = step(login, request.auth_bytes.view(), answer);
    if (silent_on_token) return true;
    if (!good) {
      response.error_code = static_cast<int16_t>(Errc::sasl_authentication_failed);
      response.error_message = refusal;
    }
    response.auth_bytes = Bytes::copy(answer);
    if (header.version >= protocol::SaslAuthenticateRequest::kLifetimeFrom) response.session_lifetime_ms = lifetime_ms;
    peer.answer(header, response);
    if (!good) peer.close();
    return true;
  }

  bool take_raw(ScriptedBroker::Connection& peer, const Bytes& frame) {
    Login& login = logins_[&peer];
    if (is_0_9 && !login.done && !login.busy) login = {.raw = true, .busy = true, .mechanism = "GSSAPI"};
    if (!login.raw || !login.busy) return false;
    std::string answer;
    if (closes_on_token || !step(login, frame.view(), answer)) return peer.close(), true;
    // Java's GSSAPI has no last word.
    if (silent_on_token || (login.mechanism == "GSSAPI" && login.done)) return true;
    const auto size = static_cast<char>(answer.size());
    peer.raw(std::string({0, 0, 0, size}) + answer);
    return true;
  }

  bool step(Login& login, std::string_view token, std::string& answer) {
    tokens.emplace_back(token);
    const bool good = login.mechanism == "PLAIN"         ? plain(login, token)
                      : login.mechanism == "OAUTHBEARER" ? bearer(login, token, answer)
                      : login.mechanism == "GSSAPI"      ? gssapi(login, token, answer)
                                                         : scram(login, token, answer);
    if (!good) ++refused;
    if (login.done) ++logins;
    if (tamper) tamper(answer);
    return good;
  }

  bool plain(Login& login, std::string_view token) {
    login.done = false;
    for (const auto& [user, password] : users) {
      login.done |= token == std::string(1, '\0') + user + std::string(1, '\0') + password;
    }
    login.busy = !login.done;
    return login.done;
  }

  // A refusal is said first in JSON, and with an error once the client has answered (RFC 7628).
  bool bearer(Login& login, std::string_view token, std::string& answer) {
    constexpr std::string_view kBegin =
        "n,,\x01"
        "auth=Bearer ";
    if (token == "\x01") return false;
    if (!token.starts_with(kBegin)) throw std::runtime_error("no token of OAUTHBEARER");
    const std::string text(token.substr(kBegin.size(), token.find('\x01', kBegin.size()) - kBegin.size()));
    login.done = !accepts || accepts(text);
    login.busy = !login.done;
    if (!login.done) answer = R"({"status":"invalid_token"})";
    return true;
  }

  // As test::PlayedContext has it.
  bool gssapi(Login& login, std::string_view token, std::string& answer) {
    constexpr std::string_view kNoLayer("[\1\0\0\0]", 6);
    if (token == "first") {
      answer = "proof";
    } else if (token.empty()) {
      answer = kNoLayer;
    } else {
      login.done = token == kNoLayer;
      login.busy = !login.done;
      return login.done;
    }
    return true;
  }

  bool scram(Login& login, std::string_view token, std::string& answer) {
    const auth::Hash hash = login.mechanism == "SCRAM-SHA-256" ? auth::Hash::sha256 : auth::Hash::sha512;
    if (login.client_first.empty()) {
      login.client_first = token.substr(3);
      const std::string nonce = login.client_first.substr(login.client_first.find("r=") + 2);
      login.server_first = "r=" + nonce + "server,s=" + auth::to_base64(salt) + ",i=" + std::to_string(iterations);
      answer = login.server_first;
      return true;
    }
    const std::string user = login.client_first.substr(2, login.client_first.find(",r=") - 2);
    const auto found = users.find(user);
    if (found == users.end()) return false;
    auth::KeyDerivation derivation(hash, found->second, salt, iterations);
    while (!derivation.advance(UINT32_MAX)) {
    }
    const auth::ScramKeys keys = auth::make_keys(hash, derivation.result());
    const size_t at = token.find(",p=");
    const std::string all = login.client_first + "," + login.server_first + "," + std::string(token.substr(0, at));
    auth::Digest proof = auth::hmac(hash, auth::hash(hash, keys.client.view()).view(), all);
    for (size_t i = 0; i < proof.size; ++i) proof.bytes[i] ^= keys.client.bytes[i];
    if (at == std::string_view::npos || token.substr(at + 3) != auth::to_base64(proof.view())) return false;
    answer = "v=" + auth::to_base64(auth::hmac(hash, keys.server.view(), all).view());
    login.done = true;
    login.busy = false;
    return true;
  }

  ScriptedBroker& broker_;
  std::vector<std::function<void()>> waiting_;
  std::map<const ScriptedBroker::Connection*, Login> logins_;
};

}  // namespace kafka::sim
