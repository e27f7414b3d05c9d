// Users, their passwords, and what SCRAM makes of them (see accounts.hpp).
#include "devbroker/accounts.hpp"

#include <cstring>
#include <utility>

#include "auth/scram_keys.hpp"

namespace kafka::devbroker {

bool Accounts::add(std::string name, Secret password) {
  return users_.emplace(std::move(name), Account{std::move(password), {}, {}}).second;
}

bool Accounts::is_password(std::string_view name, std::string_view password) const {
  const auto at = users_.find(name);
  return at != users_.end() && at->second.password.reveal() == password;
}

const ScramCredential* Accounts::scram(auth::Hash hash, std::string_view name,
                                       const std::function<uint64_t()>& random) {
  const auto at = users_.find(name);
  if (at == users_.end()) return nullptr;
  std::optional<ScramCredential>& known = hash == auth::Hash::sha256 ? at->second.sha256 : at->second.sha512;
  if (known) return &*known;
  known.emplace();
  for (int i = 0; i < 2; ++i) {
    const uint64_t part = random();
    known->salt.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  known->iterations = kIterations;
  auth::KeyDerivation derivation(hash, at->second.password.reveal(), known->salt, kIterations);
  while (!derivation.advance(kIterations)) {
  }
  const auth::ScramKeys keys = auth::make_keys(hash, derivation.result());
  known->stored = auth::hash(hash, keys.client.view());
  known->server = keys.server;
  return &*known;
}

}  // namespace kafka::devbroker
