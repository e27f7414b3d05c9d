// Who may log in with a password, and who may do nothing afterwards.
// Not here: tokens (plain_server, scram_server), users of OAUTHBEARER, whom their token names.
#pragma once

#include <kafka/secret.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "auth/crypto.hpp"

namespace kafka::devbroker {

/// What a broker keeps of a password for SCRAM (RFC 5802): enough to check it, not enough to log in elsewhere.
struct ScramCredential {
  std::string salt;
  uint32_t iterations = 0;
  auth::Digest stored;  ///< StoredKey
  auth::Digest server;  ///< ServerKey
};

/// Owns the accounts of a cluster.
class Accounts {
 public:
  /// The least that clients take.
  static constexpr uint32_t kIterations = 4096;

  /// False if there is such a user.
  bool add(std::string name, Secret password);
  void deny(std::string name) { denied_.insert(std::move(name)); }

  bool empty() const { return users_.empty(); }
  bool has(std::string_view name) const { return users_.contains(name); }
  bool is_password(std::string_view name, std::string_view password) const;
  /// Null if there is no such user. Derived at the first call, which takes some milliseconds. `random` gives the salt.
  const ScramCredential* scram(auth::Hash hash, std::string_view name, const std::function<uint64_t()>& random);
  /// True for a user to whom every topic, every group and the cluster are forbidden.
  bool is_denied(std::string_view name) const { return denied_.contains(name); }

 private:
  struct Account {
    Secret password;
    std::optional<ScramCredential> sha256, sha512;
  };
  std::map<std::string, Account, std::less<>> users_;
  std::set<std::string, std::less<>> denied_;
};

}  // namespace kafka::devbroker
