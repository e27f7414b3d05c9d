// How a core starts, takes posted functions, closes and ends.
#include "session/core.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "base/teardown.hpp"
#include "net/uv_reactor.hpp"
#include "session/sasl_options.hpp"
#include "session/ticket_options.hpp"
#include "session/tls_options.hpp"
#include "session/token_options.hpp"

namespace kafka::session {
namespace {

constexpr net::Duration kForever = std::chrono::hours(24 * 365);

}  // namespace

std::shared_ptr<Core> Core::make(uv_loop_t* loop, std::vector<ContactPoint> points, SessionOptions options) {
  std::shared_ptr<Core> core(new Core(std::move(options)));
  core->loop_ = loop;
  core->error_ = core->options_.validate();
  if (!core->error_ && points.empty()) {
    core->error_ = parse_contact_points(core->options_.bootstrap_servers, points);
  }
  for (const ContactPoint& point : points) {
    if (!core->error_ && (point.host.empty() || point.port == 0)) {
      core->error_ = Error(Errc::invalid_option, "contact points: a host and a port of 1 to 65535 are needed, not \"" +
                                                     point.host + ":" + std::to_string(point.port) + "\"");
    }
  }
  Security security = make_security(core->options_, core->error_);
  if (core->error_) return core;
  core->owned_reactor_ = net::make_uv_reactor(
      loop, {.ignore_sigpipe = core->options_.ignore_sigpipe,
             .sockets = {core->options_.socket_keepalive_enable, core->options_.receive_buffer_bytes.value_or(0),
                         core->options_.send_buffer_bytes.value_or(0)}});
  core->reactor_ = core->owned_reactor_.get();
  core->start(std::move(points), std::move(security));
  return core;
}

std::shared_ptr<Core> Core::make(net::Reactor& reactor, SessionOptions options) {
  std::shared_ptr<Core> core(new Core(std::move(options)));
  core->reactor_ = &reactor;
  std::vector<ContactPoint> points;
  core->error_ = core->options_.validate();
  if (!core->error_) core->error_ = parse_contact_points(core->options_.bootstrap_servers, points);
  Security security = make_security(core->options_, core->error_);
  if (!core->error_) core->start(std::move(points), std::move(security));
  return core;
}

std::shared_ptr<Core> Core::moved_from() const {
  std::shared_ptr<Core> core(new Core(options_));
  core->error_ = Error(Errc::closed, "the object was moved from");
  core->life_ = Life::closed;
  core->loop_ = loop_;
  if (loop_ == nullptr) core->reactor_ = reactor_;
  return core;
}

void Core::start(std::vector<ContactPoint> points, Security security) {
  life_ = Life::open;
  contact_points_ = std::move(points);
  callbacks_ = std::make_unique<Callbacks>(*reactor_, options_.max_dispatch);
  if (security.login != nullptr && security.login->kind == auth::Kind::oauthbearer) {
    security.tokens = make_tokens(*reactor_, options_);
  }
  if (security.login != nullptr && security.login->kind == auth::Kind::gssapi) {
    security.tickets = make_tickets(*reactor_, options_);
    security.login->tickets = security.tickets.get();
  }
  std::optional<OidcSettings> oidc = std::move(security.oidc);
  cluster_ = std::make_unique<Cluster>(*reactor_, cluster_config(options_), contact_points_, std::move(security));
  if (tokens() != nullptr) start_tokens(*this, std::move(oidc));
  auto forward = [this](const Event& event) { this->event(event); };
  cluster_->router.on_event(forward);
  cluster_->router.on_proven([this](const cluster::Endpoint& endpoint) { log_.forget(escaped(endpoint.name())); });
  cluster_->metadata.on_event(forward);
  auto tell_retry = [this](const std::string& subject, const Error& why) {
    log_.failure(LogLevel::debug, subject, why);
  };
  cluster_->metadata.on_retry(tell_retry);
  cluster_->coordinators.on_retry(tell_retry);
  hold_ = reactor_->hold();
  mailbox_.open();
  for (const std::string_view warning : tls_warnings(options_)) {
    // Behind the call that makes the session, so that the application's own log gets it.
    reactor_->defer(scope_.wrap([this, warning] { log_.line(LogLevel::warning, warning); }));
  }
  if (!options_.ignored_options.empty()) {
    reactor_->defer(scope_.wrap([this] { log_.line(LogLevel::info, ignored_text(options_)); }));
  }
}

Core::~Core() { abort(); }

Error Core::refusal() const {
  if (error_) return error_;
  if (closing()) return Error(Errc::closed, "the session is closed");
  return {};
}

void Core::later(const Lane& lane, Function<void()> callback) {
  if (callbacks_ != nullptr) return callbacks_->run(lane, std::move(callback));
  if (loop_ == nullptr) {
    if (reactor_ != nullptr) reactor_->defer(std::move(callback));
    return;
  }
  // The session is closed and has no reactor any more. This one call gets a reactor of its own, and ends it.
  auto passing =
      std::make_shared<std::unique_ptr<net::Reactor>>(net::make_uv_reactor(loop_, {.ignore_sigpipe = false}));
  (*passing)->defer([passing, callback = std::move(callback)]() mutable {
    const auto ended = std::move(*passing);
    callback();
  });
}

void Core::remove(Client& client) { std::erase(clients_, &client); }

void Core::set_resolver(Function<void(const std::string&, cluster::ResolverDone)> resolver) {
  if (!live()) return;
  if (!resolver) return router().resolver().set_hook({});
  // The resolver is a callback of the application: it runs from the queue, and lives while it runs.
  auto pinned = std::make_shared<Function<void(const std::string&, cluster::ResolverDone)>>(std::move(resolver));
  router().resolver().set_hook([this, pinned](const std::string& host, cluster::ResolverDone done) {
    callbacks_->run(lookups_, [pinned, host, done = std::move(done)]() mutable { (*pinned)(host, std::move(done)); });
  });
}

// The sink is a callback of the application: it runs from the queue. A line that the sink itself causes is dropped.
// Otherwise a sink that sends its lines to Kafka, where each send may cause a line, would never come to an end.
void Core::on_log(LogLevel level, LogSink sink) {
  if (!sink) return log_.set(level, {});
  struct Sink {
    LogSink write;
    bool writes = false;
  };
  auto to = std::make_shared<Sink>(Sink{std::move(sink)});
  log_.set(level, [this, to](LogLevel of, std::string_view text) {
    if (callbacks_ == nullptr || to->writes) return;
    callbacks_->run(lines_, [to, of, line = std::string(text)] {
      to->writes = true;
      to->write(of, line);
      to->writes = false;
    });
  });
}

void Core::on_turn(Function<void()> handler) {
  if (live()) callbacks_->on_turn(std::move(handler));
}

bool Core::post(Function<void()> fn) {
  return mailbox_.post([&] {
    reactor_->post([this, guard = scope_.guard(), fn = std::move(fn)]() mutable {
      if (!guard.alive()) return;
      mailbox_.arrived();
      callbacks_->run(posts_, std::move(fn));
      if (life_ == Life::closing) finish_close_when_idle();
    });
  });
}

void Core::set_referenced(bool on) {
  if (closing()) return;
  if (on && !hold_) hold_ = reactor_->hold();
  if (!on) hold_.release();
}

// --- close ------------------------------------------------------------------

void Core::close(net::Duration deadline, Function<void()> done) {
  if (!live()) {
    if (done) later(std::move(done));
    return;
  }
  closing_.tell_when_closed(std::move(done));
  const net::TimePoint at = reactor_->now() + std::clamp(deadline, net::Duration::zero(), kForever);
  closing_.set_deadline(*reactor_, at, [this] { close_deadline(); });
  if (life_ == Life::closing) return;
  life_ = Life::closing;
  if (!hold_) hold_ = reactor_->hold();  // the callback must come, also on an unreferenced session
  mailbox_.close();
  closing_.wait_for_one_more();  // this loop itself: the first clients may be closed before the last is asked
  const auto one_less = [this] {
    if (closing_.one_less()) all_clients_closed();
  };
  const std::vector<Client*> clients = clients_;
  for (Client* client : clients) {
    closing_.wait_for_one_more();
    client->begin_close(closing_.deadline(), scope_.wrap(one_less));
  }
  one_less();
}

void Core::all_clients_closed() {
  closing_.cancel_deadline();
  // What the session itself has asked (metadata, offsets) ends with `closed`.
  cluster_->coordinators.close(Error(Errc::closed));
  cluster_->metadata.close();
  cluster_->router.close(Error(Errc::closed));
  finish_close_when_idle();
}

void Core::close_deadline() {
  const std::vector<Client*> clients = clients_;
  for (Client* client : clients) {
    // One client's failure may destroy another one.
    if (std::find(clients_.begin(), clients_.end(), client) != clients_.end()) client->fail_rest();
  }
  if (closing_.wait_no_longer()) all_clients_closed();
}

void Core::finish_close_when_idle() {
  if (!live() || closing_.waits()) return;
  if (!mailbox_.empty()) return;  // post() comes back here
  // Calls that fail now finish one turn later, and may queue callbacks then. So this looks again two turns later,
  // behind everything that is queued or deferred by now.
  reactor_->defer(scope_.wrap([this] {
    reactor_->defer(scope_.wrap([this] {
      if (callbacks_->empty()) {
        finish_close();
      } else {
        finish_close_when_idle();
      }
    }));
  }));
}

void Core::finish_close() {
  const std::shared_ptr<Core> self = shared_from_this();
  auto callbacks = closing_.take_callbacks();
  {
    const Teardown teardown;
    drop_everything(Life::closed);
  }
  for (Function<void()>& done : callbacks) done();
}

void Core::abort() {
  if (!live()) return;
  const Teardown teardown;
  closing_.take_callbacks();
  drop_everything(Life::aborted);
}

void Core::drop_everything(Life end) {
  life_ = end;
  scope_.end();
  mailbox_.close();
  const std::vector<Client*> clients = std::move(clients_);
  clients_.clear();
  for (Client* client : clients) client->abort();
  closing_.cancel_deadline();
  hold_.release();
  events_.end();
  // Sockets and timers go before the queue, the reactor last.
  cluster_.reset();
  callbacks_.reset();
  if (owned_reactor_ != nullptr) {
    reactor_ = nullptr;
    owned_reactor_.reset();
  }
}

}  // namespace kafka::session
