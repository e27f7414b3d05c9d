#include "auth/scram_keys.hpp"

namespace kafka::auth {

ScramKeys make_keys(Hash hash, const Digest& salted_password) {
  if (salted_password.size == 0) return {};
  return {hmac(hash, salted_password.view(), "Client Key"), hmac(hash, salted_password.view(), "Server Key")};
}

const ScramKeys* ScramKeyCache::find(std::string_view salt, uint32_t iterations) const {
  for (const Entry& entry : entries_) {
    if (entry.salt == salt && entry.iterations == iterations) return &entry.keys;
  }
  return nullptr;
}

void ScramKeyCache::keep(std::string_view salt, uint32_t iterations, const ScramKeys& keys) {
  if (find(salt, iterations) != nullptr) return;
  if (entries_.size() == kMost) entries_.erase(entries_.begin());
  entries_.push_back({std::string(salt), iterations, keys});
}

}  // namespace kafka::auth
