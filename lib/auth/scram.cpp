#include "auth/scram.hpp"

#include <algorithm>

#include "auth/base64.hpp"
#include "auth/login.hpp"
#include "base/error_table.hpp"

namespace kafka::auth {
namespace {

// No channel binding: "n,," in base64.
constexpr std::string_view kNoBinding = "c=biws";
constexpr std::string_view kHeader = "n,,";

}  // namespace

Next Scram::start() {
  if (nonce_.empty()) return fail("the system gives no random numbers");
  client_first_ = "n=" + escape_name(login_->user) + ",r=" + nonce_;
  return send({kHeader, client_first_});
}

Next Scram::answer(std::string_view token) {
  switch (std::exchange(expects_, Expects::nothing)) {
    case Expects::server_first:
      return take_first(token);
    case Expects::server_final:
      return take_final(token);
    case Expects::nothing:
      break;
  }
  return fail("the server sends more than SCRAM has");
}

Next Scram::take_first(std::string_view token) {
  if (const std::string wrong = read_server_first(token, nonce_, challenge_); !wrong.empty()) {
    return fail(escaped(wrong));
  }
  const auto most = static_cast<uint32_t>(std::max(login_->most_iterations, 0));
  if (challenge_.iterations < kLeastIterations || challenge_.iterations > most) {
    return fail("the server asks for " + std::to_string(challenge_.iterations) + " iterations; " +
                std::to_string(kLeastIterations) + " to " + std::to_string(most) +
                " are taken (sasl.scram.max.iterations)");
  }
  server_first_ = token;
  return work();
}

// Another connection may have derived the same keys meanwhile.
Next Scram::work() {
  if (const ScramKeys* const known = login_->keys.find(challenge_.salt, challenge_.iterations)) {
    derivation_.reset();
    return prove(*known);
  }
  if (!derivation_) derivation_.emplace(hash_, login_->password.reveal(), challenge_.salt, challenge_.iterations);
  if (!derivation_->advance(kSlice)) return Next::work;
  const ScramKeys keys = make_keys(hash_, derivation_->result());
  derivation_.reset();
  if (keys.client.size == 0 || keys.server.size == 0) return fail("this system's OpenSSL does not compute the hash");
  login_->keys.keep(challenge_.salt, challenge_.iterations, keys);
  return prove(keys);
}

Next Scram::prove(const ScramKeys& keys) {
  std::string last = std::string(kNoBinding) + ",r=" + challenge_.nonce;
  const std::string all = client_first_ + "," + server_first_ + "," + last;
  const Digest stored = hash(hash_, keys.client.view());
  Digest proof = hmac(hash_, stored.view(), all);
  signature_ = hmac(hash_, keys.server.view(), all);
  if (stored.size == 0 || proof.size != keys.client.size || signature_.size == 0) {
    return fail("this system's OpenSSL does not compute the hash");
  }
  for (size_t i = 0; i < proof.size; ++i) proof.bytes[i] ^= keys.client.bytes[i];
  expects_ = Expects::server_final;
  return send({last, ",p=", to_base64(proof.view())});
}

Next Scram::take_final(std::string_view token) {
  ServerFinal final;
  if (const std::string wrong = read_server_final(token, final); !wrong.empty()) return fail(wrong);
  if (!final.error.empty()) return fail("the server says: " + escaped(final.error));
  if (!same(final.signature, signature_.view())) {
    return fail("the server's signature is wrong: it does not know the password, so it is not who it says it is");
  }
  return Next::done;
}

}  // namespace kafka::auth
