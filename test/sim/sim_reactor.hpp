// A simulated world: a virtual clock, hosts with a Reactor each, and a TCP-like network between them that
// misbehaves on request or by rates. Everything is drawn from one seed: the same seed gives the same run,
// which trace_hash() tells. Nothing here sleeps, opens a socket or reads a real clock.
// Not here: what runs on the hosts. Used by the simulated tests only.
//
// Where a host is named, "name", "name:port" (the end of a connection with that local port) or an IP will do.
// The world outlives everything that was made with its reactors.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "net/reactor.hpp"

namespace kafka::sim {

using net::Duration;
using net::TimePoint;

/// Rates, each per million chances. All zero: a network without faults.
struct SimFaults {
  uint32_t reset = 0;         ///< a delivery is cut somewhere and the connection reset
  uint32_t refuse = 0;        ///< a connection is refused though somebody listens
  uint32_t lose_syn = 0;      ///< a connection attempt is lost; the system tries again after 1, 2, 4 ... s
  uint32_t slow = 0;          ///< a delivery takes up to slow_max longer
  uint32_t resolve_fail = 0;  ///< a look-up fails
  Duration slow_max = std::chrono::seconds(2);

  /// Each kind is on or off, and if on of random strength: runs that differ in kind find more than runs
  /// that all have a little of everything.
  static SimFaults draw(uint64_t seed);
};

/// Thrown by run_*() when the run itself is broken, such as an endless loop at one instant.
class SimFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How a scripted peer answers an HTTP request.
struct SimHttp {
  int status = 200;
  std::string body = {};
  Duration delay = std::chrono::milliseconds(1);
  Error error = {};  ///< in place of an answer
};

class World;

class SimWorld {
 public:
  /// More events than this at one virtual instant are a loop that never waits.
  static constexpr uint64_t kMaxEventsAtInstant = 500'000;
  /// Bytes sent and not yet read by the peer, before unwritten() begins to grow.
  static constexpr size_t kWindow = 256 * 1024;

  explicit SimWorld(uint64_t seed);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;

  /// The host of that name; made at the first call. The name resolves to its address.
  net::Reactor& node(const std::string& name, const std::string& ip = {});
  /// One more address of a host.
  void add_ip(const std::string& name, const std::string& ip);

  // Time. A turn is a batch of due events of one host and then what was deferred.
  TimePoint now() const;
  Duration elapsed() const;
  /// Runs until `done` (asked after each turn) or for at most `limit`; says whether it is done.
  bool run_until(Function<bool()> done, Duration limit);
  void run_for(Duration duration);
  /// Runs until nothing is left to happen; false if that takes longer than `limit`.
  bool run_idle(Duration limit = std::chrono::hours(1));
  void set_instant_limit(uint64_t events);
  /// The program on this host works for so long, in the callback from which this is called: its turn takes longer, and
  /// the next one does not begin before.
  void spend(const std::string& name, Duration time);
  /// How much of what was spent lies behind now(): the host is busy for so long.
  Duration owed(const std::string& name) const;
  /// How many turns the host has begun.
  uint64_t turns(const std::string& name) const;

  // The network.
  void set_latency(Duration least, Duration most);
  /// Each read gets between `least` and `most` bytes.
  void set_slicing(size_t least, size_t most);
  void set_window(size_t bytes);
  void set_faults(const SimFaults& faults);
  /// Ends every connection between the two at once; "" stands for anybody. With `mid_frame` a part of what is
  /// under way is still delivered; where nothing is, the next delivery is cut instead.
  void reset_connections(const std::string& a, const std::string& b, bool mid_frame);
  /// What `from` sends does not arrive until switched off again; `both` ways by default.
  void black_hole(const std::string& from, const std::string& to, bool on, bool both = true);
  /// New connections to `host` are refused.
  void refuse(const std::string& host, bool on);
  /// A paused host's programs stand still, its system goes on: connections are made, windows fill.
  void pause(const std::string& name);
  void resume(const std::string& name);
  /// Its process dies: connections are reset, listeners are gone. The objects on it remain to be destroyed.
  void kill_host(const std::string& name);

  /// `watch` sees what the programs on this host send, when they send it: which connection, to whom, the next bytes.
  using WriteWatch = Function<void(uint64_t connection, const net::Address& to, std::string_view bytes)>;
  void watch_writes(const std::string& name, WriteWatch watch);

  /// Requests of this host (Reactor::http_post()) are answered by `script`; without one they are refused.
  using HttpScript = Function<SimHttp(const net::HttpPost&)>;
  void answer_http(const std::string& name, HttpScript script);

  /// How long each call of this host's Reactor::work() takes. A call whose Work was destroyed runs all the same.
  void set_work_time(const std::string& name, Duration time);
  /// Calls that have not run yet.
  size_t running_calls(const std::string& name) const;

  // Names.
  void set_name(const std::string& name, std::vector<std::string> ips);
  void remove_name(const std::string& name);
  /// Look-ups of it never end.
  void hang_name(const std::string& name);

  // What is left, to be nothing at the end of a test.
  size_t open_streams(const std::string& name) const;
  size_t open_listeners(const std::string& name) const;
  size_t open_lookups(const std::string& name) const;
  size_t open_timers(const std::string& name) const;
  size_t deferred(const std::string& name) const;
  size_t holds(const std::string& name) const;
  /// "" or what is open on the host, as a text.
  std::string leftovers(const std::string& name) const;

  // What happened.
  size_t connects(const std::string& name) const;  ///< connection attempts that the host made
  size_t lookups(const std::string& name) const;   ///< look-ups that the host made
  uint64_t events() const;
  uint64_t trace_hash() const;
  /// One line per event; null for none.
  void trace_to(std::FILE* file);
  /// Something a test wants in the trace.
  void note(std::string_view text);
  /// For what a test itself draws.
  uint64_t random();

 private:
  std::unique_ptr<World> world_;
};

}  // namespace kafka::sim
