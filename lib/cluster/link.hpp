// One broker's connection for one purpose: opened when first used, reopened when used again, with the
// calls that wait for it meanwhile. One round of connecting looks the name up and tries all its addresses.
// Not here: the socket (connection), what is remembered of the address (endpoint), which broker (router).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "cluster/connection.hpp"
#include "cluster/endpoint.hpp"

namespace kafka::cluster {

struct ClusterConfig {
  AddressFamily address_family = AddressFamily::any;
  net::Duration address_ttl = std::chrono::seconds(1);
  std::string client_id = "uvkafka";
  size_t frame_max = 104857600;
  net::Duration reconnect_backoff = std::chrono::milliseconds(50);
  net::Duration reconnect_backoff_max = std::chrono::seconds(1);
  net::Duration setup_timeout = std::chrono::seconds(10);
  net::Duration setup_timeout_max = std::chrono::seconds(30);
  net::Duration connections_max_idle = std::chrono::minutes(9);
  net::Duration retry_backoff = std::chrono::milliseconds(100);
  net::Duration retry_backoff_max = std::chrono::seconds(1);
  net::Duration request_timeout = std::chrono::seconds(30);
  net::Duration default_api_timeout = std::chrono::seconds(60);
  net::Duration metadata_max_age = std::chrono::minutes(5);
  net::Duration metadata_max_idle = std::chrono::minutes(5);
  bool rebootstrap = true;
  net::Duration rebootstrap_trigger = std::chrono::minutes(5);
};

/// What every link of a session shares.
struct LinkContext {
  net::Reactor& reactor;
  const ClusterConfig& config;
  Resolver& resolver;
  /// connected, disconnected or failed, with the endpoint.
  Function<void(Event::Type, const Endpoint&, int32_t broker, const Error&)> on_state;
  /// The endpoint serves requests (again).
  Function<void(const Endpoint&)> on_proven;
};

class Link final : public ConnectionOwner {
 public:
  /// Calls that may wait for a connection; more are refused.
  static constexpr size_t kMaxWaiting = 10000;
  static constexpr net::Duration kLegacyMemory = std::chrono::seconds(60);
  /// One handshake that is cut proves nothing: so many in a row before the peer is spoken to as an old broker,
  static constexpr uint32_t kRefusalsToTry = 2;
  /// so many before other connections to it believe that without asking.
  static constexpr uint32_t kRefusalsToBelieve = 3;
  /// so many before even those who know better believe it (see doubt()).
  static constexpr uint32_t kRefusalsToTrust = 6;
  /// The pause before asking again: what cut the first handshake may be over.
  static constexpr net::Duration kAskAgain = std::chrono::milliseconds(50);

  Link(LinkContext& context, std::shared_ptr<Endpoint> endpoint, int32_t broker);
  ~Link() override;

  /// finish() follows exactly once, never from inside this call.
  void send(std::unique_ptr<Call> call);
  /// Ends connection and calls with `error`; stays usable.
  void close(Error error);

  bool ready() const noexcept { return connection_ != nullptr && connection_->ready(); }
  bool busy() const noexcept { return in_flight() > 0 || !waiting_.empty(); }
  size_t in_flight() const noexcept { return connection_ ? connection_->in_flight() : 0; }
  size_t waiting() const noexcept { return waiting_.size(); }
  /// Null unless ready.
  const protocol::ApiVersionSet* versions() const noexcept { return ready() ? &connection_->versions() : nullptr; }
  Connection* connection() noexcept { return connection_.get(); }
  /// True if it is connected, and speaks to the peer as to a broker before 0.10.
  bool legacy() const noexcept { return ready() && connection_->legacy(); }
  /// Somebody may know better: if the age of the peer was a guess, or it has become a newer one since, it is asked for
  /// its versions again, on another connection.
  void doubt();

 private:
  void on_ready(Connection& connection) override;
  void on_proven(Connection& connection) override;
  void on_ended(Connection& connection, Error error) override;

  void start();
  void begin_round();
  void try_address();
  void connect(bool legacy, net::TimePoint deadline);
  net::TimePoint setup_deadline() const;
  bool speak_legacy() const;
  bool outdated() const;
  void round_failed(Error error);
  void delay_reconnect();
  void fail_waiting(const Error& error);
  void arm_expiry();
  void expire();
  void arm_idle();

  LinkContext& context_;
  std::shared_ptr<Endpoint> endpoint_;
  int32_t broker_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> dying_;  // kept until its callback has returned
  Ring<std::unique_ptr<Call>> waiting_;
  std::vector<std::string> addresses_;
  size_t tried_ = 0;
  uint64_t round_ = 0;       // which one is under way: an answer to an earlier one's look-up is none
  bool connecting_ = false;  // a round is under way or waits for its time
  bool legacy_ = false;
  Error last_error_;
  net::Timer start_timer_;
  net::Timer expiry_timer_;
  net::TimePoint expiry_at_ = net::TimePoint::max();
  net::Timer idle_timer_;
  Scope scope_;
};

}  // namespace kafka::cluster
