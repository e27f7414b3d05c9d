// The brokers of the cluster: which are alive, which of them clients are told of, and what each has for itself (rack,
// fetch sessions).
// Not here: sockets (node), elections (leaders).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "devbroker/fetch_sessions.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

/// A broker as the cluster sees it.
class BrokerHandle {
 public:
  virtual ~BrokerHandle() = default;
  virtual net::Reactor& reactor() = 0;
  virtual std::string host() const = 0;
  virtual uint16_t port() const = 0;
  virtual void stop() = 0;  ///< resets its connections and closes its port
  virtual Error start() = 0;
  virtual void set_paused(bool paused) = 0;
  virtual void disconnect_all() = 0;
  virtual int64_t accepted() const = 0;
  virtual int64_t open() const = 0;
};

/// Owns the state of every broker. Ids are 1 to N; where a call takes 0, it means all of them.
class Brokers {
 public:
  /// `failover_time` passes from the death of a broker until clients are no longer told of it. `on_death` is called
  /// when a broker has died, `on_change` when one has left or joined those that may lead.
  Brokers(net::Duration failover_time, std::function<void(int32_t id)> on_death, std::function<void()> on_change);

  /// All brokers are added before the first topic is created.
  void add(int32_t id, BrokerHandle& broker);
  void remove(int32_t id) { brokers_.erase(id); }

  /// Null if there is no such broker.
  BrokerHandle* find(int32_t id) const;
  std::vector<int32_t> ids() const;
  bool alive(int32_t id) const;
  /// How often it was started anew.
  int64_t starts(int32_t id) const;
  /// True for the living, and for the dead until their failover time has passed.
  bool listed(int32_t id) const;
  /// Those that clients are told of.
  std::vector<int32_t> listed_ids() const;
  /// The living broker with the smallest id; -1 if none is alive.
  int32_t controller() const;
  std::string bootstrap_servers() const;
  /// On the clock of the first broker; 0 if there is none.
  int64_t wall_clock_ms() const;

  void kill(int32_t id);
  void restart(int32_t id);
  void pause(int32_t id);
  void resume(int32_t id);
  void disconnect(int32_t id);
  int64_t accepted_connections(int32_t id) const;
  int64_t open_connections(int32_t id) const;
  int64_t next_connection_number() { return ++connections_; }

  void set_rack(int32_t id, std::string rack);
  /// "": not known.
  const std::string& rack(int32_t id) const;

  /// Of a broker that exists.
  FetchSessions& fetch_sessions(int32_t id) { return brokers_.at(id).fetch_sessions; }
  int64_t fetch_session_count(int32_t id) const;
  void evict_fetch_sessions(int32_t id);

 private:
  struct State {
    BrokerHandle* handle = nullptr;
    bool alive = true;
    bool listed = true;
    int64_t starts = 0;
    std::string rack = {};
    FetchSessions fetch_sessions = {};
    net::Timer failover = {};
  };

  const net::Duration failover_time_;
  std::function<void(int32_t id)> on_death_;
  std::function<void()> on_change_;
  std::map<int32_t, State> brokers_;
  int64_t connections_ = 0;
};

}  // namespace kafka::devbroker
