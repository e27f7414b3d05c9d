// What SCRAM computes with: hashes, keyed hashes, and the derivation of a key from a password in slices. From OpenSSL;
// crypto_none.cpp takes its place in a build without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/wipe.hpp"

namespace kafka::auth {

enum class Hash : uint8_t { sha256, sha512 };

/// A hash or a key. Wiped when it ends.
struct Digest {
  unsigned char bytes[64] = {};
  size_t size = 0;

  Digest() = default;
  Digest(const Digest&) = default;
  Digest& operator=(const Digest&) = default;
  ~Digest() { wipe(bytes, sizeof bytes); }
  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(bytes), size}; }
};

bool crypto_available() noexcept;
/// An empty digest: the computation failed, for example because a policy of the system forbids the hash.
Digest hash(Hash hash, std::string_view data);
Digest hmac(Hash hash, std::string_view key, std::string_view data);
/// Takes as long for texts that differ at their beginning as for those that differ at their end.
bool same(std::string_view a, std::string_view b) noexcept;
/// Printable, without a comma, and not to be guessed.
std::string make_nonce();

/// PBKDF2 with a keyed hash, one block long: Hi() of RFC 5802. A broker may ask for many rounds, and the loop has other
/// work, so it is done in slices.
class KeyDerivation {
 public:
  KeyDerivation(Hash hash, std::string_view password, std::string_view salt, uint32_t rounds);
  KeyDerivation(KeyDerivation&&) noexcept;
  KeyDerivation& operator=(KeyDerivation&&) noexcept;
  ~KeyDerivation();
  /// At most so many rounds more. True once all are done, or failed.
  bool advance(uint32_t most);
  /// Empty if it failed.
  const Digest& result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kafka::auth
