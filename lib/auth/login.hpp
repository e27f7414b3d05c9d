// Who logs in, and how: one per session, until the application gives other credentials.
// Not here: one login on one connection (mechanism.hpp).
#pragma once

#include <kafka/secret.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/kerberos.hpp"
#include "auth/mechanism.hpp"
#include "auth/scram_keys.hpp"
#include "auth/token.hpp"

namespace kafka::auth {

enum class Kind : uint8_t { plain, scram_sha_256, scram_sha_512, oauthbearer, gssapi };

/// The name in SaslHandshake.
std::string_view name(Kind kind) noexcept;
/// False if this build cannot compute what the mechanism needs.
bool available(Kind kind) noexcept;

/// Owns the credentials and the keys that were derived from them. Logins share it, each with a state of its own. It
/// never changes but for the keys: other credentials are another Login.
struct Login {
  Kind kind = Kind::plain;
  std::string user;
  Secret password;
  int32_t most_iterations = 100000;  ///< of SCRAM; a server that asks for more is refused
  ScramKeyCache keys;
  TokenSource* tokens = nullptr;    ///< of OAUTHBEARER, in place of name and password; outlives every use of the login
  TicketSource* tickets = nullptr;  ///< of GSSAPI, in the same way
};

/// For a broker that was configured or advertised as `host`. `login` outlives what is made.
std::unique_ptr<Mechanism> begin(const std::shared_ptr<Login>& login, const std::string& host = {});

}  // namespace kafka::auth
