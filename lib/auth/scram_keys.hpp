// The keys that SCRAM makes of a password, and those that a session keeps. All brokers of a cluster have the same salt
// for a user, so a session derives once and not for each connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/crypto.hpp"

namespace kafka::auth {

/// What a password is good for, with one salt.
struct ScramKeys {
  Digest client;  ///< proves the client to the server
  Digest server;  ///< proves the server to the client
};

/// ClientKey and ServerKey of RFC 5802. Empty ones if the computation failed.
ScramKeys make_keys(Hash hash, const Digest& salted_password);

/// Owns the keys that were derived from one password.
class ScramKeyCache {
 public:
  /// A server that names other salts again and again cannot fill the memory: the oldest keys go.
  static constexpr size_t kMost = 4;

  /// Null if they were never derived.
  const ScramKeys* find(std::string_view salt, uint32_t iterations) const;
  void keep(std::string_view salt, uint32_t iterations, const ScramKeys& keys);

 private:
  struct Entry {
    std::string salt;
    uint32_t iterations;
    ScramKeys keys;
  };
  std::vector<Entry> entries_;  // oldest first
};

}  // namespace kafka::auth
