// The Kerberos tickets of a session that logs in by GSSAPI: when they are got, how long they are used, and the logins
// that begin with them. Not here: Kerberos itself (auth/kerberos.hpp), its messages (auth/gssapi.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "auth/kerberos.hpp"
#include "base/scope.hpp"
#include "net/reactor.hpp"

namespace kafka::session {

/// Where the calls of Kerberos wait: one per process is on its way, for all sessions on all loops. They may block for
/// long, and the pool that they run on has four threads, which look names up as well.
net::WorkLine& kerberos_line();

/// Owns the questions of a session's connections. One is under way at a time, the others wait.
class Tickets final : public auth::TicketSource {
 public:
  /// Tickets are replaced after this part of their life, by the next login that needs one; no timer does it.
  static constexpr double kUsed = 0.8;

  /// `line` outlives it. Tickets are replaced at most every `least_pause`.
  Tickets(net::Reactor& reactor, net::WorkLine& line, std::shared_ptr<auth::Kerberos> kerberos,
          net::Duration least_pause)
      : reactor_(reactor), line_(line), kerberos_(std::move(kerberos)), least_pause_(least_pause) {}

  std::unique_ptr<Request> get(const std::string& host, Done done) override;

 private:
  class Question;
  struct Waiting {
    uint64_t id = 0;
    std::string host;
    Done done;
  };
  struct Call;

  void next();
  void drop(uint64_t id);
  void take(Call& call);

  net::Reactor& reactor_;
  net::WorkLine& line_;
  std::shared_ptr<auth::Kerberos> kerberos_;
  net::Duration least_pause_;
  bool have_ = false;  // tickets
  net::TimePoint came_{}, replace_at_{}, good_until_{};
  uint64_t last_id_ = 0;
  std::deque<Waiting> waiting_;
  Waiting asking_;
  std::unique_ptr<net::Work> running_;  // for `asking_`
  Scope scope_;
};

}  // namespace kafka::session
