// A token of OAUTHBEARER, and who gives it. Not here: when a token is replaced (session/tokens), how it is sent
// (oauthbearer.hpp).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/secret.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace kafka::auth {

/// Fields that go to the broker beside a token (KIP-342).
using Extensions = std::map<std::string, std::string>;

struct Token {
  /// Bytes. Brokers take 512 KiB by default, for the whole message.
  static constexpr size_t kLongest = 256 * 1024;

  Secret text;
  int64_t expires_ms = 0;  ///< since 1970
  std::string principal;   ///< whose it is, for people; "": nobody knows
  Extensions extensions;
};

/// What is wrong with a token; "" if it can be sent now. It never has the token in it.
std::string check(const Token& token, int64_t now_ms);
/// What is wrong with an extension; "" if it can be sent.
std::string check_extension(std::string_view name, std::string_view value);

/// Gives the tokens of a session: one for all its connections.
class TokenSource {
 public:
  using Done = Function<void(std::shared_ptr<const Token>, Error)>;

  virtual ~TokenSource() = default;
  /// `done` runs once, perhaps from inside this call: with a token, or with why there is none.
  /// sasl_authentication_failed: waiting does not mend it.
  virtual void get(Done done) = 0;
  /// A broker has refused the token: it is replaced before the next login.
  virtual void refused(const Token& token) = 0;
};

}  // namespace kafka::auth
