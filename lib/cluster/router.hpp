// The one way by which requests leave the client: to a broker by id, or to any broker.
// Not here: what the cluster looks like (metadata), which partition goes where (producer, consumer).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/broker.hpp"
#include "cluster/contacts.hpp"
#include "cluster/retry_pause.hpp"

namespace kafka::cluster {

/// Is told of an attempt that failed and will be made again: what it was about, and why it failed.
using RetryHandler = Function<void(const std::string& subject, const Error& why)>;

/// Owns the brokers, with their links, and the contact points.
class Router {
 public:
  static constexpr int32_t kNobody = -1;
  /// Addresses remembered at once; beyond it those of no broker are forgotten.
  static constexpr size_t kMostEndpoints = 1000;
  /// A broker whose address changes again and again is connected to after pauses that grow up to this.
  static constexpr net::Duration kLongestMove = std::chrono::seconds(5);
  /// One that has kept its address for so long may move at once.
  static constexpr net::Duration kSettled = std::chrono::seconds(30);

  /// Its connections speak TLS with `tls`, and log in with `login`, if those are set.
  Router(net::Reactor& reactor, ClusterConfig config, std::vector<ContactPoint> contact_points,
         std::shared_ptr<const net::TlsContext> tls = {}, std::shared_ptr<auth::Login> login = {});
  ~Router();

  /// One attempt at broker `node`, by the connection of a purpose or of a lane. `done` runs exactly once, never from
  /// inside this call. An unknown node gives broker_not_available.
  template <class Request, class Way>
  void call(int32_t node, Way way, Request request, Patience patience, typename TypedCall<Request>::Done done,
            typename TypedCall<Request>::Prepare prepare = {}, int16_t max_version = 32767) {
    auto typed = std::make_unique<TypedCall<Request>>(std::move(request), deadline(patience.timeout), std::move(done),
                                                      std::move(prepare));
    if (patience.at_most < net::Duration::max()) typed->set_limit(deadline(patience.at_most));
    typed->set_max_version(max_version);
    send(node, way, std::move(typed));
  }
  void send(int32_t node, Purpose purpose, std::unique_ptr<Call> call) {
    send(node, link(node, purpose), std::move(call));
  }
  void send(int32_t node, Lane lane, std::unique_ptr<Call> call) { send(node, link(node, lane), std::move(call)); }

  Lane add_lane() { return static_cast<Lane>(++lanes_); }
  /// Closes its connections. Calls under way finish with `disconnected`.
  void drop_lane(Lane lane);

  /// A broker that can be asked about the cluster: connected ones first, then known ones, then the contact
  /// points; those that failed lately come last. Not `avoid`, unless there is no other.
  int32_t any_broker(int32_t avoid = kNobody);
  /// The known brokers are of no use (KIP-899, KIP-1102): any_broker() chooses contact points until learnt().
  void rebootstrap();
  /// A broker has described the cluster.
  void learnt() { contacts_.learnt(); }
  /// Why nothing can be asked of this cluster: every contact point has refused the connection for good, and no broker
  /// has accepted one so far. None otherwise.
  Error refusal() const;
  /// True if a call that ended with `error` may succeed later. A refused connection may, while other brokers are left.
  bool worth_retrying(const Error& error, const CallInfo& info) const;
  /// What its links share.
  LinkContext& links() { return context_; }

  /// Replaces the brokers by those that metadata named. Connections to brokers that moved or left are closed.
  void set_brokers(const std::vector<BrokerInfo>& brokers);
  bool knows(int32_t node) const { return brokers_.contains(node); }
  const std::map<int32_t, Broker>& brokers() const { return brokers_; }
  const std::map<int32_t, Broker>& contacts() const { return contacts_.all(); }
  std::string describe(int32_t node) const;
  /// Versions of the node, null while no connection of any purpose is ready.
  const protocol::ApiVersionSet* versions(int32_t node) const;
  /// True if any broker is known to give out producer ids (0.11 or later).
  bool gives_ids() const;
  /// The caller doubts that the broker is as old as it seems (see Link::doubt()).
  void doubt(int32_t node, Purpose purpose);
  /// True if a connection for this purpose is there.
  bool ready(int32_t node, Purpose purpose) const;
  /// Made on first use; null if the node is not known, or all is closed.
  Link* link(int32_t node, Purpose purpose);
  Link* link(int32_t node, Lane lane);

  net::Reactor& reactor() { return reactor_; }
  const ClusterConfig& config() const { return config_; }
  net::TimePoint deadline(net::Duration timeout) const { return reactor_.now() + timeout; }
  /// `retry` has failed again: it waits within the session's limits. Returns the pause.
  net::Duration delay(RetryPause& retry) {
    return retry.fail(reactor_.now(), reactor_.random(), {config_.retry_backoff, config_.retry_backoff_max});
  }
  Resolver& resolver() { return resolver_; }
  /// Connection states, as events.
  void on_event(Function<void(const Event&)> handler) { on_event_ = std::move(handler); }
  /// An endpoint serves requests (again).
  void on_proven(Function<void(const Endpoint&)> handler) { on_proven_ = std::move(handler); }

  /// Ends every connection; all calls finish with `error`. Calls made later fail with `closed`.
  void close(Error error);
  bool closed() const { return closed_; }

 private:
  Broker* find(int32_t node);
  void send(int32_t node, Link* to, std::unique_ptr<Call> call);
  void moved(const Broker& before, Broker& after);
  void let_go(std::vector<std::unique_ptr<Link>> gone, const Error& error);
  std::vector<std::shared_ptr<Endpoint>> endpoints(const std::vector<ContactPoint>& points);
  void report(Event::Type type, const Endpoint& endpoint, int32_t broker, const Error& error);
  std::shared_ptr<Endpoint> endpoint(const std::string& host, uint16_t port);

  net::Reactor& reactor_;
  ClusterConfig config_;
  Resolver resolver_;
  LinkContext context_;
  std::map<std::pair<std::string, uint16_t>, std::shared_ptr<Endpoint>> endpoints_;
  Contacts contacts_;
  std::map<int32_t, Broker> brokers_;
  std::deque<std::vector<std::unique_ptr<Link>>> gone_;  // until the end of the next turn
  uint64_t lanes_ = 0;
  Function<void(const Event&)> on_event_;
  Function<void(const Endpoint&)> on_proven_;
  size_t next_broker_ = 0;
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
