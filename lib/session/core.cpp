// How a core begins, takes posted work, closes and ends.
#include "session/core.hpp"

#include <algorithm>

#include "base/error_table.hpp"
#include "net/uv_reactor.hpp"

namespace kafka::session {
namespace {

constexpr net::Duration kForever = std::chrono::hours(24 * 365);

LogLevel level_of(const Event& event) {
  const bool broken = event.error && event.error != Errc::disconnected && event.error != Errc::closed;
  switch (event.type) {
    case Event::Type::broker_disconnected:
      return broken ? LogLevel::warning : LogLevel::info;
    case Event::Type::connect_failed:
    case Event::Type::partition_stopped:
    case Event::Type::rebootstrap:
      return LogLevel::warning;
    default:
      return LogLevel::info;
  }
}

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
  if (core->error_) return core;
  core->owned_reactor_ = net::make_uv_reactor(
      loop, {.ignore_sigpipe = core->options_.ignore_sigpipe,
             .sockets = {core->options_.socket_keepalive_enable, core->options_.receive_buffer_bytes.value_or(0),
                         core->options_.send_buffer_bytes.value_or(0)}});
  core->reactor_ = core->owned_reactor_.get();
  core->start(std::move(points));
  return core;
}

std::shared_ptr<Core> Core::make(net::Reactor& reactor, SessionOptions options) {
  std::shared_ptr<Core> core(new Core(std::move(options)));
  core->reactor_ = &reactor;
  std::vector<ContactPoint> points;
  core->error_ = core->options_.validate();
  if (!core->error_) core->error_ = parse_contact_points(core->options_.bootstrap_servers, points);
  if (!core->error_) core->start(std::move(points));
  return core;
}

void Core::start(std::vector<ContactPoint> points) {
  contact_points_ = std::move(points);
  callbacks_ = std::make_unique<Callbacks>(*reactor_, options_.max_dispatch);
  cluster_ = std::make_unique<Cluster>(*reactor_, cluster_config(options_), contact_points_);
  auto forward = [this](const Event& event) { this->event(event); };
  cluster_->router.on_event(forward);
  cluster_->router.on_proven([this](const cluster::Endpoint& endpoint) { log_.forget(escaped(endpoint.name())); });
  cluster_->metadata.on_event(forward);
  hold_ = reactor_->hold();
}

Core::~Core() { abort(); }

Error Core::refusal() const {
  if (error_) return error_;
  if (closing()) return Error(Errc::closed, "the session is closed");
  return {};
}

void Core::later(Function<void()> callback) {
  if (callbacks_ != nullptr) return callbacks_->run(std::move(callback));
  if (loop_ == nullptr) {
    if (reactor_ != nullptr) reactor_->defer(std::move(callback));
    return;
  }
  // Closed: a reactor for this one call, which it takes down with it.
  auto passing =
      std::make_shared<std::unique_ptr<net::Reactor>>(net::make_uv_reactor(loop_, {.ignore_sigpipe = false}));
  (*passing)->defer([passing, callback = std::move(callback)]() mutable {
    const auto ended = std::move(*passing);
    callback();
  });
}

void Core::remove(Client& client) { std::erase(clients_, &client); }

void Core::event(const Event& event) {
  const LogLevel level = level_of(event);
  if (log_.enabled(level)) {
    // "subject: what happened"; the log puts the subject in front itself.
    const std::string line = event.message();
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) {
      log_.line(level, line);
    } else {
      log_.state(level, std::string_view(line).substr(0, colon), std::string_view(line).substr(colon + 2));
    }
  }
  if (!has_event_handler() || !live()) return;
  callbacks_->run([this, guard = scope_.guard(), event] {
    if (!guard.alive() || !on_event_) return;
    // Pinned while it runs; it may set another handler or none, or end the session.
    Function<void(const Event&)> handler = std::move(on_event_);
    event_running_ = true;
    const uint64_t settings = event_settings_;
    handler(event);
    if (!guard.alive()) return;
    event_running_ = false;
    if (settings == event_settings_) on_event_ = std::move(handler);
  });
}

void Core::set_resolver(Function<void(const std::string&, cluster::ResolverDone)> resolver) {
  if (!live()) return;
  if (!resolver) return router().resolver().set_hook({});
  // Like every callback of the application: from the queue, and pinned while it runs.
  auto pinned = std::make_shared<Function<void(const std::string&, cluster::ResolverDone)>>(std::move(resolver));
  router().resolver().set_hook([this, pinned](const std::string& host, cluster::ResolverDone done) {
    callbacks_->run([pinned, host, done = std::move(done)]() mutable { (*pinned)(host, std::move(done)); });
  });
}

bool Core::post(Function<void()> fn) {
  const std::lock_guard lock(post_mutex_);
  if (post_refused_ || !live()) return false;
  ++posted_;
  reactor_->post([this, guard = scope_.guard(), fn = std::move(fn)]() mutable {
    if (!guard.alive()) return;
    {
      const std::lock_guard inner(post_mutex_);
      --posted_;
    }
    callbacks_->run(std::move(fn));
    if (closing_) finish_close_when_idle();
  });
  return true;
}

void Core::set_referenced(bool on) {
  referenced_ = on;
  if (!live() || closing_) return;
  if (on && !hold_) hold_ = reactor_->hold();
  if (!on) hold_.release();
}

// --- close ------------------------------------------------------------------

void Core::close(net::Duration deadline, Function<void()> done) {
  if (!live()) {
    if (done) later(std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  const net::TimePoint at = reactor_->now() + std::clamp(deadline, net::Duration::zero(), kForever);
  if (!closing_ || at < close_at_) {
    close_at_ = at;
    close_timer_ = reactor_->after(at - reactor_->now(), [this] { close_deadline(); });
  }
  if (closing_) return;
  closing_ = true;
  if (!hold_) hold_ = reactor_->hold();  // the callback must come, also on an unreferenced session
  {
    const std::lock_guard lock(post_mutex_);
    post_refused_ = true;
  }
  clients_closing_ = 1;  // this loop itself
  const std::vector<Client*> clients = clients_;
  for (Client* client : clients) {
    ++clients_closing_;
    client->begin_close(close_at_, scope_.wrap([this] { client_closed(); }));
  }
  client_closed();
}

void Core::client_closed() {
  if (clients_closing_ == 0) return;  // the deadline did not wait for this one
  if (--clients_closing_ > 0) return;
  close_timer_.cancel();
  // Requests of the session itself (metadata, offsets) have nobody left to be answered for but their callers.
  cluster_->coordinators.close(Error(Errc::closed));
  cluster_->metadata.close();
  cluster_->router.close(Error(Errc::closed));
  finish_close_when_idle();
}

void Core::close_deadline() {
  close_timer_.cancel();
  const std::vector<Client*> clients = clients_;
  for (Client* client : clients) {
    if (std::find(clients_.begin(), clients_.end(), client) != clients_.end()) client->fail_rest();
  }
  if (clients_closing_ > 0) {
    clients_closing_ = 1;
    client_closed();
  }
}

void Core::finish_close_when_idle() {
  if (!live() || clients_closing_ > 0) return;
  bool posted = false;
  {
    const std::lock_guard lock(post_mutex_);
    posted = posted_ > 0;
  }
  if (posted) return;  // comes back from there
  // Behind everything that is queued or deferred by now: failed calls finish one turn later and may queue callbacks.
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
  auto callbacks = std::move(close_callbacks_);
  close_callbacks_.clear();
  closed_ = true;
  drop_everything();
  for (Function<void()>& done : callbacks) done();
}

void Core::abort() {
  if (!live()) return;
  close_callbacks_.clear();
  drop_everything();
}

void Core::drop_everything() {
  closing_ = true;
  scope_.end();
  {
    const std::lock_guard lock(post_mutex_);
    post_refused_ = true;
  }
  const std::vector<Client*> clients = std::move(clients_);
  clients_.clear();
  for (Client* client : clients) client->abort();
  close_timer_.cancel();
  hold_.release();
  on_event_ = nullptr;
  // Sockets and timers go before the queue, the reactor last.
  cluster_.reset();
  callbacks_.reset();
  if (owned_reactor_ != nullptr) {
    reactor_ = nullptr;
    owned_reactor_.reset();
  }
}

}  // namespace kafka::session
