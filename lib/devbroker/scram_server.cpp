#include "devbroker/scram_server.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "auth/base64.hpp"

namespace kafka::devbroker {
namespace {

/// Cuts "x=value" off the front of a message, up to the next comma.
std::optional<std::string_view> cut(std::string_view& message, char letter) {
  if (message.size() < 2 || message[0] != letter || message[1] != '=') return std::nullopt;
  const size_t comma = std::min(message.find(','), message.size());
  const std::string_view value = message.substr(2, comma - 2);
  message.remove_prefix(std::min(comma + 1, message.size()));
  return value;
}

/// "=2C" is a comma and "=3D" is "=" in a name; nothing else begins with "=".
std::optional<std::string> unescape_name(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      name += text[i];
    } else if (text.substr(i, 3) == "=2C" || text.substr(i, 3) == "=3D") {
      name += text[i + 1] == '2' ? ',' : '=';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return name;
}

}  // namespace

// Kafka tells an unknown user and a wrong password alike.
Verdict ScramServer::refuse() const {
  return Verdict::refuse("Authentication failed during authentication due to invalid credentials with SASL mechanism " +
                         std::string(rules_.hash == auth::Hash::sha256 ? "SCRAM-SHA-256" : "SCRAM-SHA-512"));
}

Verdict ScramServer::take(std::string_view token) {
  return credential_ == nullptr ? take_first(token) : take_final(token);
}

// "n,[a=name],n=name,r=nonce[,extensions]"
Verdict ScramServer::take_first(std::string_view token) {
  if (!token.starts_with("n,")) return refuse();
  const size_t header_end = token.find(',', 2);
  if (header_end == std::string_view::npos) return refuse();
  std::string_view acts_for = token.substr(2, header_end - 2);
  std::string_view rest = token.substr(header_end + 1);
  client_first_ = rest;
  const auto name = cut(rest, 'n');
  const auto nonce = cut(rest, 'r');
  if (!name || !nonce || nonce->empty()) return refuse();
  const auto user = unescape_name(*name);
  if (!user) return refuse();
  if (!acts_for.empty()) {
    const auto other = cut(acts_for, 'a');
    if (!other || unescape_name(*other) != user) {
      return Verdict::refuse(
          "Authentication failed: Client requested an authorization id that is different from username");
    }
  }
  user_ = *user;
  credential_ = accounts_.scram(rules_.hash, user_, random_);
  if (credential_ == nullptr) return refuse();
  char part[17];
  for (int i = 0; i < 2; ++i) {
    std::snprintf(part, sizeof part, "%016llx", static_cast<unsigned long long>(random_()));
    our_nonce_ += part;
  }
  nonce_ = std::string(*nonce) + our_nonce_;
  server_first_ =
      "r=" + nonce_ + ",s=" + auth::to_base64(credential_->salt) + ",i=" + std::to_string(credential_->iterations);
  return Verdict::ask(server_first_);
}

// "c=biws,r=nonce[,extensions],p=proof"
Verdict ScramServer::take_final(std::string_view token) {
  const size_t end = token.rfind(",p=");
  if (end == std::string_view::npos) return refuse();
  const auto proof = auth::from_base64(token.substr(end + 3));
  const std::string without_proof(token.substr(0, end));
  std::string_view rest = without_proof;
  const auto binding = cut(rest, 'c');
  const auto nonce = cut(rest, 'r');
  if (!proof || !binding || !nonce || !auth::from_base64(*binding)) return refuse();
  if (rules_.strict_nonce ? *nonce != nonce_ : !nonce->ends_with(our_nonce_)) return refuse();
  const std::string all = client_first_ + "," + server_first_ + "," + without_proof;
  auth::Digest key = auth::hmac(rules_.hash, credential_->stored.view(), all);
  if (key.size == 0 || proof->size() != key.size) return refuse();
  for (size_t i = 0; i < key.size; ++i) key.bytes[i] ^= static_cast<unsigned char>((*proof)[i]);
  if (!auth::same(auth::hash(rules_.hash, key.view()).view(), credential_->stored.view())) return refuse();
  Verdict verdict;
  verdict.kind = Verdict::Kind::accepted;
  verdict.token = "v=" + auth::to_base64(auth::hmac(rules_.hash, credential_->server.view(), all).view());
  verdict.user = user_;
  return verdict;
}

}  // namespace kafka::devbroker
