#include "session/tickets.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kafka::session {
namespace {

constexpr net::Duration kLongestTicketLife = std::chrono::hours(24 * 365);

}  // namespace

// Never destroyed: when the process ends, a call may be under way still.
net::WorkLine& kerberos_line() {
  static auto* const line = new net::WorkLine();
  return *line;
}

// What one call does, and what has come of it. It belongs to the pool while the call runs, and outlives the session
// then.
struct Tickets::Call {
  std::shared_ptr<auth::Kerberos> kerberos;
  std::string host;
  bool logs_in = false, has_tickets = false;  // before the call
  bool logged_in = false, login_failed = false;
  net::Duration life{};
  std::unique_ptr<auth::SecurityContext> context;
  Error error;

  void run() {
    if (logs_in) {
      error = kerberos->log_in(life);
      logged_in = !error;
      // Older tickets may do as long as they hold.
      login_failed = error && !has_tickets;
      if (login_failed) return;
    }
    error = kerberos->begin(host, context);
  }
};

class Tickets::Question final : public auth::TicketSource::Request {
 public:
  Question(Tickets& tickets, uint64_t id) : tickets_(tickets), guard_(tickets.scope_.guard()), id_(id) {}
  ~Question() override {
    if (guard_.alive()) tickets_.drop(id_);
  }

 private:
  Tickets& tickets_;
  Scope::Guard guard_;
  uint64_t id_;
};

std::unique_ptr<auth::TicketSource::Request> Tickets::get(const std::string& host, Done done) {
  const uint64_t id = ++last_id_;
  waiting_.push_back({id, host, std::move(done)});
  next();
  return std::make_unique<Question>(*this, id);
}

void Tickets::next() {
  while (running_ == nullptr && !waiting_.empty()) {
    const net::TimePoint now = reactor_.now();
    const bool good = have_ && now < good_until_;
    const bool may_replace = !have_ || now >= came_ + least_pause_;
    Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    if (!good && !may_replace) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(least_pause_).count();
      Error error(Errc::connect_failed, "the Kerberos tickets have run out, and new ones are asked for " +
                                            std::to_string(ms) +
                                            " ms after the last ones (sasl.kerberos.min.time.before.relogin)");
      // Later: who asks is on the stack.
      reactor_.defer(scope_.wrap(
          [done = std::move(first.done), error = std::move(error)]() mutable { done(nullptr, std::move(error)); }));
      continue;
    }
    auto call = std::make_shared<Call>();
    call->kerberos = kerberos_;
    call->host = std::move(first.host);
    call->has_tickets = good;
    call->logs_in = may_replace && (!good || now >= replace_at_);
    asking_ = std::move(first);
    running_ = line_.run(
        reactor_, [call] { call->run(); }, [this, call] { take(*call); });
  }
}

// A call that waits in the line leaves it. One that is on its way is not waited for: what it gets is thrown away.
void Tickets::drop(uint64_t id) {
  std::erase_if(waiting_, [id](const Waiting& each) { return each.id == id; });
  if (running_ == nullptr || asking_.id != id) return;
  asking_ = {};
  running_.reset();
  next();
}

void Tickets::take(Call& call) {
  const auto ended = std::move(running_);
  const net::TimePoint now = reactor_.now();
  if (call.logged_in) {
    have_ = true;
    came_ = now;
    const net::Duration life = std::clamp(call.life, net::Duration::zero(), kLongestTicketLife);
    replace_at_ = now + std::chrono::duration_cast<net::Duration>(life * kUsed);
    good_until_ = now + life;
  }
  std::deque<Waiting> told;
  told.push_back(std::move(asking_));
  asking_ = {};
  // It would be the same for all who wait for the tickets.
  if (call.login_failed) {
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(told));
    waiting_.clear();
  }
  next();
  std::unique_ptr<auth::SecurityContext> context = std::move(call.context);
  for (Waiting& each : told) each.done(std::move(context), call.error);
}

}  // namespace kafka::session
