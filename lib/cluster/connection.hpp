// One connection to one address: the socket, the handshake (ApiVersions), the requests under way.
// It connects, tells its owner that it is ready or that it ended, and is never reused after that.
// Not here: which address, reconnecting, waiting requests (link), retries (router).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "cluster/in_flight.hpp"
#include "net/frame_reader.hpp"
#include "net/reactor.hpp"
#include "protocol/negotiation.hpp"

namespace kafka::cluster {

struct Traffic;
class Throttle;

struct ConnectionConfig {
  std::string client_id = "uvkafka";
  size_t frame_max = 104857600;
  bool legacy = false;   ///< no ApiVersions: the peer is taken for 0.8.2 or 0.9
  bool guessed = false;  ///< since it closed a few connections, and nothing else is known of it
  /// The peer has never answered ApiVersions: if it is silent, it may be 0.9.0, which ignores that request.
  bool may_be_old = false;
  Traffic* traffic = nullptr;    ///< counts what goes to and fro, if set; outlives the connection
  Throttle* throttle = nullptr;  ///< of the endpoint; outlives the connection
};

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  /// Requests may be sent from now on.
  virtual void on_ready(Connection& connection) = 0;
  /// The first request (ApiVersions aside) has been answered, or written if no answer belongs to it: whatever
  /// the peer is, it serves requests. The connection must not be destroyed here.
  virtual void on_proven(Connection& connection) = 0;
  /// The connection has ended and every call of it is finished. It may be destroyed here.
  virtual void on_ended(Connection& connection, Error error) = 0;
};

class Connection final : private net::StreamHandler, private ThrottleSink {
 public:
  /// Setting up (TCP and handshake) ends with on_ready, or with on_ended at `deadline` at the latest.
  Connection(net::Reactor& reactor, const ConnectionConfig& config, const net::Address& address,
             net::TimePoint deadline, ConnectionOwner& owner);
  /// Calls under way are finished with `closed`, later.
  ~Connection() override;

  /// Only when ready. Exactly one finish() follows, never from inside this call. Held back while the broker wants to
  /// be left alone (KIP-219).
  void send(std::unique_ptr<Call> call);
  /// Ends the connection: every call under way finishes with `error`, then on_ended. Not from inside
  /// this call.
  void close(Error error);

  /// Takes no more requests; what is under way is answered, then it ends with `error`, not from inside this call.
  void retire(Error error);

  bool ready() const noexcept { return state_ == State::ready && !retired_; }
  /// Calls without an end, those that are held back included.
  size_t in_flight() const noexcept { return in_flight_.size() + unanswered_.size() + held_.size(); }
  size_t unwritten() const { return stream_ ? stream_->unwritten() : 0; }
  const protocol::ApiVersionSet& versions() const noexcept { return versions_; }
  const net::Address& address() const noexcept { return address_; }
  net::TimePoint last_used() const noexcept { return last_used_; }
  /// True if the peer ended the connection after it had the whole ApiVersions request and before any answer:
  /// what brokers before 0.10 do.
  bool refused_api_versions() const noexcept { return refused_api_versions_; }
  /// True if the connection broke while requests were under way and none had ever been answered.
  bool ended_unproven() const noexcept { return ended_unproven_; }
  /// True if it is spoken to as 0.8.2 or 0.9, because that was asked for or because it ignored ApiVersions.
  bool legacy() const noexcept { return config_.legacy; }
  /// True if it is for no better reason than a few closed connections: cut handshakes look the same.
  bool guessed() const noexcept { return config_.legacy && config_.guessed; }
  /// For tests of the wrap (C9).
  void set_next_correlation_id(int32_t id) noexcept { in_flight_.set_next_id(id); }

 private:
  enum class State : uint8_t { connecting, handshaking, ready, ended };

  void on_connected() override;
  std::span<char> read_buffer() override { return frames_.buffer(); }
  void on_read(size_t count) override;
  void on_written() override;
  void on_closed(Error error) override;

  void on_throttle(net::Duration pause) override;

  void greet();
  void ask_versions(int16_t version);
  void take_versions(Error error, codec::Reader* body);
  void probe();
  void become_ready();
  void dispatch(std::unique_ptr<Call> call);
  void hold_until_free();
  void release();
  void expire_held(net::TimePoint now);
  Error write(Call& call, int16_t version, int32_t id);
  bool take_frame(Bytes frame);
  void write_frame(std::vector<Bytes> frame);
  void prove();
  net::TimePoint earliest_deadline() const;
  void arm();
  void on_deadline();
  void end(Error error, bool ours = false);
  void end_if_retired();
  void finish_later(std::unique_ptr<Call> call, Error error);

  net::Reactor& reactor_;
  ConnectionConfig config_;
  net::Address address_;
  ConnectionOwner& owner_;
  State state_ = State::connecting;
  net::FrameReader frames_;
  InFlight in_flight_;
  std::vector<std::unique_ptr<Call>> unanswered_;  // no answer expected: they end when written
  Ring<std::unique_ptr<Call>> held_;               // until the broker may be asked again: nothing of them is sent
  protocol::ApiVersionSet versions_;
  net::TimePoint setup_deadline_;
  net::Duration setup_throttled_{0};  // as Call::enter()
  net::TimePoint armed_for_ = net::TimePoint::max();
  net::TimePoint last_used_;
  net::Timer deadline_;
  net::Timer release_;
  int32_t handshake_id_ = -1;
  int16_t handshake_version_ = -1;
  bool handshake_written_ = false;
  bool versions_answered_ = false;
  int32_t probe_id_ = -1;
  net::TimePoint probe_at_ = net::TimePoint::max();
  bool refused_api_versions_ = false;
  bool proven_ = false;
  bool ended_unproven_ = false;
  Error retired_;  // why it takes no more requests
  Scope scope_;
  std::unique_ptr<net::Stream> stream_;  // last: nothing of it may call a half-destroyed object
};

}  // namespace kafka::cluster
