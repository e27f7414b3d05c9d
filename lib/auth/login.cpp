#include "auth/login.hpp"

#include "auth/crypto.hpp"
#include "auth/gssapi.hpp"
#include "auth/oauthbearer.hpp"
#include "auth/plain.hpp"
#include "auth/scram.hpp"

namespace kafka::auth {

std::string_view name(Kind kind) noexcept {
  switch (kind) {
    case Kind::plain:
      return "PLAIN";
    case Kind::scram_sha_256:
      return "SCRAM-SHA-256";
    case Kind::scram_sha_512:
      return "SCRAM-SHA-512";
    case Kind::oauthbearer:
      return "OAUTHBEARER";
    case Kind::gssapi:
      return "GSSAPI";
  }
  return "";
}

bool available(Kind kind) noexcept {
  if (kind == Kind::gssapi) return kerberos_available();
  return kind == Kind::plain || kind == Kind::oauthbearer || crypto_available();
}

std::unique_ptr<Mechanism> begin(const std::shared_ptr<Login>& login, const std::string& host) {
  if (login->kind == Kind::plain) return std::make_unique<Plain>(login->user, login->password);
  if (login->kind == Kind::oauthbearer) return std::make_unique<OAuthBearer>(*login->tokens);
  if (login->kind == Kind::gssapi) return std::make_unique<Gssapi>(*login->tickets, host);
  const Hash hash = login->kind == Kind::scram_sha_256 ? Hash::sha256 : Hash::sha512;
  return std::make_unique<Scram>(hash, login, make_nonce());
}

}  // namespace kafka::auth
