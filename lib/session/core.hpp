// The inside of a Session: the reactor, the cluster room, the callback queue, and the producers and consumers that are
// closed with it.
// Not here: the public class (session.cpp), the option tables (config.cpp), what stats() gathers (stats.cpp).
#pragma once

#include <kafka/session.hpp>

#include <memory>
#include <vector>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "cluster/coordinator.hpp"
#include "cluster/metadata.hpp"
#include "cluster/router.hpp"
#include "session/callbacks.hpp"
#include "session/closing.hpp"
#include "session/events.hpp"
#include "session/mailbox.hpp"
#include "session/security.hpp"

namespace kafka::session {

/// A producer, consumer or fetcher of the session.
class Client {
 public:
  virtual ~Client() = default;
  /// Stops intake and finishes what can be finished, then calls `done`, directly or later. Called once at most.
  virtual void begin_close(net::TimePoint deadline, Function<void()> done) = 0;
  /// The deadline has passed: everything that is left fails with `closed`, through callbacks().
  virtual void fail_rest() = 0;
  /// The session was destroyed without close(): drops everything and calls nothing. Of the core only later() may be
  /// used from now on.
  virtual void abort() = 0;
  /// Adds its part of Session::stats().
  virtual void add_stats(Stats&) const {}
};

/// Owns everything that the objects of one session share.
class Core : public std::enable_shared_from_this<Core> {
 public:
  /// On a libuv loop.
  static std::shared_ptr<Core> make(uv_loop_t* loop, std::vector<ContactPoint> contact_points, SessionOptions options);
  /// On somebody else's reactor, which must outlive the core.
  static std::shared_ptr<Core> make(net::Reactor& reactor, SessionOptions options);
  /// What an object that was moved from keeps: a core on the same loop that refuses everything with `closed`.
  std::shared_ptr<Core> moved_from() const;
  ~Core();

  /// False once closed or aborted, and with bad options. Only error(), options() and later() may be used then.
  bool live() const { return cluster_ != nullptr; }
  /// True from the beginning of close() on: no new work is taken.
  bool closing() const { return life_ != Life::open; }
  /// Why no operation can begin: bad options, or closed. None if one can.
  Error refusal() const;
  const Error& error() const { return error_; }
  /// Secrets in it are hidden.
  const SessionOptions& options() const { return options_; }
  const std::vector<ContactPoint>& contact_points() const { return contact_points_; }

  net::Reactor& reactor() { return *reactor_; }
  cluster::Router& router() { return cluster_->router; }
  cluster::Metadata& metadata() { return cluster_->metadata; }
  cluster::Coordinators& coordinators() { return cluster_->coordinators; }
  /// Null unless the session logs in by OAUTHBEARER.
  Tokens* tokens() { return cluster_->tokens.get(); }
  Callbacks& callbacks() { return *callbacks_; }
  Log& log() { return log_; }

  /// Queues one call of the application; works in every state, also when closed.
  void later(const Lane& lane, Function<void()> callback);
  /// The same for what was asked of the session itself.
  void later(Function<void()> callback) { later(answers_, std::move(callback)); }

  void add(Client& client) { clients_.push_back(&client); }
  void remove(Client& client);

  /// `then` runs behind the application's handler, in the same callback. Without a handler it is dropped.
  void event(const Event& event, Function<void()> then = {}) { events_.tell(event, callbacks_.get(), std::move(then)); }
  bool has_event_handler() const { return events_.has_handler(); }
  /// As Session::on_log() and Session::on_turn().
  void on_log(LogLevel level, LogSink sink);
  void on_turn(Function<void()> handler);
  void on_event(Events::Handler handler) { events_.set_handler(std::move(handler)); }
  /// As Session::set_resolver().
  void set_resolver(Function<void(const std::string& host, cluster::ResolverDone)> resolver);
  bool post(Function<void()> fn);
  void close(net::Duration deadline, Function<void()> done);
  bool closed() const { return life_ == Life::closed; }
  Stats stats() const;
  void abort();
  void set_referenced(bool on);

 private:
  /// open -> closing (close()) -> closed (the close callbacks run). abort() ends it at any time: aborted. With bad
  /// options it is refused for ever.
  enum class Life : uint8_t { refused, open, closing, closed, aborted };
  struct Cluster {
    Cluster(net::Reactor& reactor, const cluster::ClusterConfig& config, const std::vector<ContactPoint>& points,
            Security security)
        : tokens(std::move(security.tokens)),
          tickets(std::move(security.tickets)),
          router(reactor, config, points, std::move(security.tls), std::move(security.login)),
          metadata(router),
          coordinators(router, metadata) {}
    std::unique_ptr<Tokens> tokens;  // this and the next outlive the connections
    std::unique_ptr<Tickets> tickets;
    cluster::Router router;
    cluster::Metadata metadata;
    cluster::Coordinators coordinators;
  };

  Core(SessionOptions options) : options_(std::move(options)) {}
  void start(std::vector<ContactPoint> contact_points, Security security);
  void close_deadline();
  void all_clients_closed();
  void finish_close_when_idle();
  void finish_close();
  void drop_everything(Life end);

  SessionOptions options_;
  Error error_;
  std::vector<ContactPoint> contact_points_;
  uv_loop_t* loop_ = nullptr;  // null on somebody else's reactor
  std::unique_ptr<net::Reactor> owned_reactor_;
  net::Reactor* reactor_ = nullptr;
  Log log_;
  Events events_{log_};
  Lane answers_, posts_, lookups_, lines_;
  std::unique_ptr<Callbacks> callbacks_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<Client*> clients_;
  net::Hold hold_;  // keeps the loop alive while the session is open and referenced
  Mailbox mailbox_;
  Life life_ = Life::refused;
  Closing closing_;
  Scope scope_;
};

/// The options as the cluster room wants them.
cluster::ClusterConfig cluster_config(const SessionOptions& options);
/// "host:port,[::1]:9092"; invalid_option says which entry is wrong and why.
Error parse_contact_points(std::string_view text, std::vector<ContactPoint>& points);

}  // namespace kafka::session
