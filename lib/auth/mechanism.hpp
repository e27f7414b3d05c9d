// One login by one mechanism of SASL: tokens in, tokens out. It knows no frame and no connection.
// Not here: how tokens travel (cluster/sasl_step), whose login it is (login.hpp).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"

namespace kafka::auth {

/// What a mechanism wants next.
enum class Next : uint8_t {
  send,    ///< token() goes to the server, and its answer to answer()
  work,    ///< call work() in a later turn of the loop
  done,    ///< the server has accepted the login and, where the mechanism has it so, has proved who it is
  failed,  ///< error() says why
};

/// The state of one login. It is made for one connection and used once.
class Mechanism {
 public:
  virtual ~Mechanism() = default;
  /// Gets what the first token needs, before anything is said to the server. `done` runs once, perhaps from inside this
  /// call: with Next::done, or with Next::failed. A mechanism that is gone does not call it.
  virtual void prepare(Function<void(Next)> done) { done(Next::done); }
  /// The first token. The client speaks first in every mechanism that Kafka has.
  virtual Next start() = 0;
  /// The server has answered the last token, and has not refused it.
  virtual Next answer(std::string_view token) = 0;
  /// Goes on with a computation that is too long for one turn.
  virtual Next work() { return Next::failed; }
  /// True if the token that was sent last is the end of the login for brokers before 1.0, which do not answer it.
  virtual bool said_all() const { return false; }
  /// Who logs in, if the mechanism knows it better than the login.
  virtual std::string user() const { return {}; }
  /// The server refuses the login. Returns what is known of it beside the server's words; it is no secret.
  virtual std::string refused(int64_t now_ms) {
    (void)now_ms;
    return {};
  }
  /// What goes to the server. Its memory is wiped when nobody needs it any more.
  Bytes take_token() noexcept { return std::move(token_); }
  /// sasl_authentication_failed unless the same login may succeed later.
  const Error& error() const noexcept { return error_; }

 protected:
  /// The token is these texts, one behind the other.
  Next send(std::initializer_list<std::string_view> parts) {
    size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    Buffer token = Buffer::wiped(size);
    for (const std::string_view part : parts) token.append(part);
    token_ = token.take();
    return Next::send;
  }
  Next fail(std::string text) { return fail(Error(Errc::sasl_authentication_failed, std::move(text))); }
  Next fail(Error error) {
    error_ = std::move(error);
    return Next::failed;
  }

 private:
  Bytes token_;
  Error error_;
};

}  // namespace kafka::auth
