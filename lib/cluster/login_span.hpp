// How long a login holds, and when the connection logs in again (KIP-368). A broker that limits logins closes a
// connection whose login has run out with its next request.
// Not here: logging in (sasl_step), what waits meanwhile (connection).
#pragma once

#include <chrono>
#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::cluster {

/// Owns the times of one connection's login. Without a lifetime it never runs out.
class LoginSpan {
 public:
  /// It is renewed at a random point between these parts of its lifetime, in percent: connections that were opened
  /// together do not log in again together.
  static constexpr int kFirst = 85, kLast = 95;

  /// The broker has accepted a login for `lifetime`; 0: for ever.
  void begin(net::TimePoint now, net::Duration lifetime, uint64_t random) {
    used_ = renewing_ = false;
    const int part = kFirst + static_cast<int>(random % (kLast - kFirst + 1));
    due_ = lifetime <= net::Duration::zero() ? net::TimePoint::max() : now + lifetime / 100 * part;
  }
  /// A request is sent. A connection without requests is left alone: its next request comes behind a login. That also
  /// bounds what a broker with a tiny lifetime can cause: there is a request between two logins.
  void use() noexcept { used_ = true; }
  /// The connection logs in again, until begin(). Nothing else may be sent meanwhile.
  void renew() noexcept { renewing_ = true; }
  bool renewing() const noexcept { return renewing_; }
  /// It is never renewed any more.
  void let_run_out() noexcept { used_ = false; }
  /// No request may be sent before a login.
  bool due(net::TimePoint now) const noexcept { return due_ <= now; }
  /// When the login is renewed, requests or not; max if none was sent since the last one.
  net::TimePoint renewal() const noexcept { return used_ && !renewing_ ? due_ : net::TimePoint::max(); }

 private:
  net::TimePoint due_ = net::TimePoint::max();
  bool used_ = false;
  bool renewing_ = false;
};

}  // namespace kafka::cluster
