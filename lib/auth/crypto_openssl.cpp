#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstring>

#include "auth/base64.hpp"
#include "auth/crypto.hpp"

namespace kafka::auth {
namespace {

// So that an attacker who has seen one login cannot expect its nonce again.
constexpr size_t kNonceBytes = 24;

const char* name(Hash hash) { return hash == Hash::sha256 ? "SHA256" : "SHA512"; }
const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

// A keyed hash that is made again and again with one key. KeyDerivation::State holds one and has linkage, so it has
// linkage, too.
class KeyedHash {
 public:
  KeyedHash(Hash hash, std::string_view key) {
    ERR_clear_error();
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    if (mac == nullptr) return;
    context_ = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    char digest[8];
    std::strncpy(digest, name(hash), sizeof digest);
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    // A null key would mean "the key of last time".
    static constexpr unsigned char kNothing = 0;
    good_ = context_ != nullptr &&
            EVP_MAC_init(context_, key.empty() ? &kNothing : bytes(key), key.size(), parameters) == 1;
  }
  KeyedHash(const KeyedHash&) = delete;
  ~KeyedHash() { EVP_MAC_CTX_free(context_); }

  /// The data is `first` and `second`, one behind the other. The next one begins anew, with the same key.
  bool make(std::string_view first, std::string_view second, Digest& to) {
    if (!good_) return false;
    good_ = (!used_ || EVP_MAC_init(context_, nullptr, 0, nullptr) == 1) &&
            EVP_MAC_update(context_, bytes(first), first.size()) == 1 &&
            (second.empty() || EVP_MAC_update(context_, bytes(second), second.size()) == 1) &&
            EVP_MAC_final(context_, to.bytes, &to.size, sizeof to.bytes) == 1;
    used_ = true;
    return good_;
  }

 private:
  EVP_MAC_CTX* context_ = nullptr;
  bool good_ = false;
  bool used_ = false;
};

bool crypto_available() noexcept { return true; }

Digest hash(Hash hash, std::string_view data) {
  ERR_clear_error();
  Digest digest;
  EVP_MD* const md = EVP_MD_fetch(nullptr, name(hash), nullptr);
  unsigned int size = 0;
  const bool good = md != nullptr && EVP_Digest(data.data(), data.size(), digest.bytes, &size, md, nullptr) == 1;
  EVP_MD_free(md);
  digest.size = good ? size : 0;
  return digest;
}

Digest hmac(Hash hash, std::string_view key, std::string_view data) {
  KeyedHash keyed(hash, key);
  Digest digest;
  if (!keyed.make(data, {}, digest)) digest.size = 0;
  return digest;
}

bool same(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string make_nonce() {
  unsigned char random[kNonceBytes];
  if (RAND_bytes(random, sizeof random) != 1) return {};
  return to_base64({reinterpret_cast<const char*>(random), sizeof random});
}

struct KeyDerivation::State {
  KeyedHash keyed;
  Digest last;    // of the round before
  Digest result;  // all rounds so far
  uint32_t left;
};

KeyDerivation::KeyDerivation(Hash hash, std::string_view password, std::string_view salt, uint32_t rounds)
    : state_(new State{{hash, password}, {}, {}, rounds}) {
  constexpr std::string_view kFirstBlock("\0\0\0\1", 4);
  State& state = *state_;
  if (state.left == 0 || !state.keyed.make(salt, kFirstBlock, state.last)) {
    state.left = 0;
    return;
  }
  state.result = state.last;
  --state.left;
}
KeyDerivation::KeyDerivation(KeyDerivation&&) noexcept = default;
KeyDerivation& KeyDerivation::operator=(KeyDerivation&&) noexcept = default;
KeyDerivation::~KeyDerivation() = default;

bool KeyDerivation::advance(uint32_t most) {
  State& state = *state_;
  for (; most > 0 && state.left > 0; --most, --state.left) {
    if (!state.keyed.make(state.last.view(), {}, state.last)) {
      state.result = {};
      state.left = 0;
      return true;
    }
    for (size_t i = 0; i < state.result.size; ++i) state.result.bytes[i] ^= state.last.bytes[i];
  }
  return state.left == 0;
}

const Digest& KeyDerivation::result() const { return state_->result; }

}  // namespace kafka::auth
