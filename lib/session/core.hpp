// The inside of a Session: the reactor, the cluster room, the callback queue, and the objects that have to
// be closed with it.
// Not here: the public face (session.cpp), the options (config.cpp).
#pragma once

#include <kafka/session.hpp>

#include <memory>
#include <mutex>
#include <vector>

#include "base/log.hpp"
#include "base/scope.hpp"
#include "cluster/coordinator.hpp"
#include "cluster/metadata.hpp"
#include "cluster/router.hpp"
#include "session/callbacks.hpp"

namespace kafka::session {

/// A producer, consumer or fetcher of the session.
class Client {
 public:
  virtual ~Client() = default;
  /// Stop intake, flush or finish what can be finished; call `done` (directly or later) when nothing is left
  /// under way. Called once at most.
  virtual void begin_close(net::TimePoint deadline, Function<void()> done) = 0;
  /// The deadline is there: fail everything that is left with `closed`, through callbacks().
  virtual void fail_rest() = 0;
  /// The session is gone without close(): drop everything, call nothing, touch the core no more except
  /// through Core::later().
  virtual void abort() = 0;
  /// Adds what it has done, and holds.
  virtual void add_stats(Stats&) const {}
};

class Core : public std::enable_shared_from_this<Core> {
 public:
  /// On a libuv loop.
  static std::shared_ptr<Core> make(uv_loop_t* loop, std::vector<ContactPoint> contact_points, SessionOptions options);
  /// On somebody else's reactor, which must outlive the core.
  static std::shared_ptr<Core> make(net::Reactor& reactor, SessionOptions options);
  ~Core();

  /// False once closed, aborted or made with bad options: nothing below but error(), options() and later()
  /// may be used then.
  bool live() const { return cluster_ != nullptr; }
  /// True from the beginning of close() on: no new work.
  bool closing() const { return closing_ || !live(); }
  /// Why an operation cannot begin: bad options, or closed; none otherwise.
  Error refusal() const;
  const Error& error() const { return error_; }
  const SessionOptions& options() const { return options_; }
  const std::vector<ContactPoint>& contact_points() const { return contact_points_; }

  net::Reactor& reactor() { return *reactor_; }
  cluster::Router& router() { return cluster_->router; }
  cluster::Metadata& metadata() { return cluster_->metadata; }
  cluster::Coordinators& coordinators() { return cluster_->coordinators; }
  Callbacks& callbacks() { return *callbacks_; }
  Log& log() { return log_; }

  /// Queues one call of the application; works in every state, also when closed.
  void later(Function<void()> callback);

  void add(Client& client) { clients_.push_back(&client); }
  void remove(Client& client);

  void event(const Event& event);
  bool has_event_handler() const { return static_cast<bool>(on_event_) || event_running_; }
  void on_event(Function<void(const Event&)> handler) {
    on_event_ = std::move(handler);
    ++event_settings_;
  }
  /// As Session::set_resolver().
  void set_resolver(Function<void(const std::string& host, cluster::ResolverDone)> resolver);
  bool post(Function<void()> fn);
  void close(net::Duration deadline, Function<void()> done);
  bool closed() const { return closed_; }
  Stats stats() const;
  void abort();
  void set_referenced(bool on);

 private:
  struct Cluster {
    Cluster(net::Reactor& reactor, const cluster::ClusterConfig& config, const std::vector<ContactPoint>& points)
        : router(reactor, config, points), metadata(router), coordinators(router, metadata) {}
    cluster::Router router;
    cluster::Metadata metadata;
    cluster::Coordinators coordinators;
  };

  Core(SessionOptions options) : options_(std::move(options)) {}
  void start(std::vector<ContactPoint> contact_points);
  void close_deadline();
  void client_closed();
  void finish_close_when_idle();
  void finish_close();
  void drop_everything();

  SessionOptions options_;
  Error error_;
  std::vector<ContactPoint> contact_points_;
  uv_loop_t* loop_ = nullptr;  // null on somebody else's reactor
  std::unique_ptr<net::Reactor> owned_reactor_;
  net::Reactor* reactor_ = nullptr;
  Log log_;
  std::unique_ptr<Callbacks> callbacks_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<Client*> clients_;
  Function<void(const Event&)> on_event_;
  bool event_running_ = false;
  uint64_t event_settings_ = 0;  // counts on_event(), which the handler may call
  net::Hold hold_;
  bool referenced_ = true;
  std::mutex post_mutex_;
  size_t posted_ = 0;
  bool post_refused_ = false;
  bool closing_ = false;
  bool closed_ = false;
  size_t clients_closing_ = 0;
  std::vector<Function<void()>> close_callbacks_;
  net::Timer close_timer_;
  net::TimePoint close_at_{};
  Scope scope_;
};

/// The options as the cluster room wants them.
cluster::ClusterConfig cluster_config(const SessionOptions& options);
/// "host:port,[::1]:9092"; invalid_option says which entry is wrong and why.
Error parse_contact_points(std::string_view text, std::vector<ContactPoint>& points);

}  // namespace kafka::session
