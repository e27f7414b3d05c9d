// A build without OpenSSL: no option lets SCRAM begin.
#include "auth/crypto.hpp"

namespace kafka::auth {

struct KeyDerivation::State {
  Digest result;
};

bool crypto_available() noexcept { return false; }
Digest hash(Hash, std::string_view) { return {}; }
Digest hmac(Hash, std::string_view, std::string_view) { return {}; }
bool same(std::string_view, std::string_view) noexcept { return false; }
std::string make_nonce() { return {}; }

KeyDerivation::KeyDerivation(Hash, std::string_view, std::string_view, uint32_t) : state_(std::make_unique<State>()) {}
KeyDerivation::KeyDerivation(KeyDerivation&&) noexcept = default;
KeyDerivation& KeyDerivation::operator=(KeyDerivation&&) noexcept = default;
KeyDerivation::~KeyDerivation() = default;
bool KeyDerivation::advance(uint32_t) { return true; }
const Digest& KeyDerivation::result() const { return state_->result; }

}  // namespace kafka::auth
