// A token that a session needs for a login with OAUTHBEARER, as the application is asked for it.
#pragma once

#include <kafka/error.hpp>
#include <kafka/export.hpp>
#include <kafka/secret.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace kafka {

namespace session {
class TokenAnswer;
class Tokens;
}  // namespace session

/// The question of Session::on_token(): a token, please. It may be kept, and answered later from the loop, once. A
/// request that is destroyed without an answer counts as failed. After the session it may be answered, without effect.
class UVKAFKA_API TokenRequest {
 public:
  TokenRequest(TokenRequest&&) noexcept;
  TokenRequest& operator=(TokenRequest&&) noexcept;
  ~TokenRequest();

  /// `token` is good until `expires`, by the clock of this machine. `principal` is shown in errors, and is `sub` of the
  /// token if it is empty; a connection is replaced when its login runs out and the principal is another one.
  /// `extensions` go to the broker as they are (KIP-342): names of letters, values that can be printed.
  /// Errors, which leave the request open: `invalid_argument` (an empty token, or one with characters that RFC 6750
  /// does not allow; one that has expired; an extension that cannot be sent), `wrong_state` (it was answered).
  Error set(Secret token, std::chrono::system_clock::time_point expires, std::string principal = {},
            std::map<std::string, std::string> extensions = {});
  /// No token is to be had. Logins that wait for it fail with this text. A login asks again after a pause.
  /// Errors: `wrong_state` (it was answered).
  Error fail(std::string_view text);

 private:
  friend class session::Tokens;
  explicit TokenRequest(std::unique_ptr<session::TokenAnswer> answer);
  std::unique_ptr<session::TokenAnswer> answer_;
};

}  // namespace kafka
