// The inside of the simulated world, shared by its two halves: time and turns (sim_reactor.cpp) and the
// network (sim_network.cpp). Nobody else includes this.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>

#include "sim_reactor.hpp"

namespace kafka::sim {

using net::Address;

class SimRandom {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {  // splitmix64
    uint64_t mixed = (state_ += 0x9e3779b97f4a7c15ull);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
  }
  uint64_t between(uint64_t least, uint64_t most) {
    return most <= least ? least : least + next() % (most - least + 1);
  }
  bool chance(uint32_t per_million) { return per_million > 0 && next() % 1'000'000 < per_million; }

 private:
  uint64_t state_;
};

enum class Kind : uint8_t {
  timer,
  deferred,
  posted,
  network,
  connected,
  accepted,
  read,
  written,
  closed,
  resolved,
  note,
  worked
};
const char* name_of(Kind kind);

struct Event {
  Kind kind;
  Function<void()> run;
};
using EventKey = std::pair<int64_t, uint64_t>;  // nanoseconds, then order of creation
using Events = std::map<EventKey, Event>;

class SimStream;

struct Listening {
  Address address;
  net::AcceptCallback on_accept;
  bool alive = true;
};

/// One host: its Reactor and its part of the world's state.
class Host final : public net::Reactor {
 public:
  Host(World& of, size_t at, std::string called, uint64_t seed)
      : world(of), index(at), name(std::move(called)), source(seed) {}

  TimePoint read_clock() const override;
  int64_t read_wall_clock() const override;
  Duration turn_time() const override { return spent - spent_before_phase; }
  net::Timer after(Duration delay, Function<void()> fn) override;
  void defer(Function<void()> fn) override { deferred.push_back(std::move(fn)); }
  void post(Function<void()> fn) override;
  net::Hold hold() override;
  std::unique_ptr<net::Stream> connect(const Address& address, net::StreamHandler& handler) override;
  std::unique_ptr<net::Listener> listen(const Address& address, net::AcceptCallback on_accept, Error& error) override;
  std::unique_ptr<net::Lookup> resolve(const std::string& host, net::ResolveCallback done) override;
  std::unique_ptr<net::HttpExchange> http_post(net::HttpPost post, net::HttpDone done) override;
  std::unique_ptr<net::Work> work(Function<void()> fn, Function<void()> done) override;
  uint64_t random() override { return source.next(); }

  World& world;
  size_t index;
  std::string name;
  std::vector<std::string> ips;
  SimRandom source;
  Events events;        // of the system
  Events timer_events;  // run after it, as on libuv
  std::vector<Function<void()>> deferred;
  std::map<uint16_t, std::shared_ptr<Listening>> listening;
  bool paused = false;
  Duration spent{};               // by the application, in this turn
  Duration spent_before_phase{};  // until what was deferred began
  int64_t busy_until = 0;         // the next turn does not begin before
  uint64_t turns = 0;
  Duration work_time{};  // of each call of work()
  size_t running_calls = 0;
  uint16_t next_port = 40'000;
  size_t streams = 0, listeners = 0, running_lookups = 0, timers = 0, hold_count = 0;
  size_t connects = 0, lookups = 0;
  SimWorld::WriteWatch on_write;
  SimWorld::HttpScript on_http;
};

struct Segment {
  enum class Kind : uint8_t { data, fin, rst } kind = Kind::data;
  std::string bytes;
  int64_t arrival = 0;
};

/// One end of a connection, with what it has sent that the other has not got yet.
struct End {
  Host* host = nullptr;
  Address address;  // its own
  SimStream* stream = nullptr;
  net::StreamHandler* handler = nullptr;
  bool connected = false;  // the program knows of the connection
  bool reading = true;
  bool ended = false;  // on_closed was called
  bool gone = false;   // the program has destroyed its stream
  bool fin_arrived = false;
  bool reset_arrived = false;
  bool read_due = false;
  bool written_due = false;
  std::deque<Bytes> unsent;
  size_t unsent_bytes = 0;
  std::deque<Segment> transit;
  size_t transit_bytes = 0;
  int64_t last_arrival = 0;
  std::string inbox;
  size_t inbox_begin = 0;
  size_t awaited = 0;  // so much wakes the program
  size_t inbox_size() const { return inbox.size() - inbox_begin; }
};

struct Connection {
  Connection(World& of, uint64_t count) : world(of), number(count) {}
  World& world;
  uint64_t number;
  End ends[2];  // who connected, who accepted
  bool established = false;
  bool cut_next = false;
};
using ConnectionRef = std::shared_ptr<Connection>;

class World {
 public:
  explicit World(uint64_t seed);
  ~World();

  // Time.
  void at(Events& events, int64_t time, Kind kind, Function<void()> run);
  void network_after(Duration delay, Function<void()> run) {
    at(network, time + delay.count(), Kind::network, std::move(run));
  }
  void host_now(Host& host, Kind kind, Function<void()> run) { at(host.events, time, kind, std::move(run)); }
  bool step(int64_t limit);  // one turn of one host; false if nothing happens until then
  void run_due(Events& events, Host* host, uint64_t newest);
  void turn(Host* host);
  void count(Kind kind, size_t host);
  void trace(Kind kind, size_t host, uint64_t size, std::string_view text = {});
  Host& host(const std::string& name);

  // The network.
  Duration latency();
  bool chance(uint32_t per_million) { return random.chance(per_million); }
  static bool matches(const End& end, const std::string& who);
  bool blocked(const End& from, const End& to) const;
  bool refused(const End& end) const;
  Host* find_ip(Host& from, const std::string& ip);
  void connect(const ConnectionRef& connection, int attempt);
  void fail_connect(const ConnectionRef& connection, const char* text);
  void accept(const ConnectionRef& connection, const std::shared_ptr<Listening>& listening);
  void told_connected(const ConnectionRef& connection);
  void write(const ConnectionRef& connection, int side, std::vector<Bytes> segments);
  void flush(const ConnectionRef& connection, int side);
  void send(const ConnectionRef& connection, int side, Segment segment);
  void arrive(const ConnectionRef& connection, int side);
  void schedule_read(const ConnectionRef& connection, int side);
  void read(const ConnectionRef& connection, int side);
  void written_later(const ConnectionRef& connection, int side);
  void end(const ConnectionRef& connection, int side, Error error);
  void reset(const ConnectionRef& connection, bool keep);
  void drop(const ConnectionRef& connection, int side);  // the program destroyed its stream
  void heal();
  template <class F>
  void each_connection(F run) {
    for (const auto& weak : std::vector(connections)) {
      if (ConnectionRef connection = weak.lock()) run(connection);
    }
  }

  static constexpr int64_t kStart = 1'000'000'000;  // not 0, which could hide a forgotten initialisation
  int64_t time = kStart;
  uint64_t sequence = 0;
  uint64_t instant_events = 0;
  uint64_t instant_limit = SimWorld::kMaxEventsAtInstant;
  uint64_t all_events = 0;
  uint64_t hash = 0xcbf29ce484222325ull;
  std::FILE* trace_file = nullptr;
  SimRandom random;
  SimRandom test_random;
  std::vector<std::unique_ptr<Host>> hosts;
  std::vector<Host*> due;  // for step() alone
  std::map<std::string, Host*> by_name;
  std::map<std::string, Host*> by_ip;
  Events network;
  std::vector<std::weak_ptr<Connection>> connections;
  uint64_t connections_made = 0;
  std::set<std::pair<std::string, std::string>> holes;
  std::set<std::string> refusing;
  std::map<std::string, std::vector<std::string>> names;
  std::set<std::string> hanging;
  SimFaults faults;
  Duration least_latency = std::chrono::microseconds(100);
  Duration most_latency = std::chrono::milliseconds(2);
  size_t least_slice = SIZE_MAX;
  size_t most_slice = SIZE_MAX;
  size_t window = SimWorld::kWindow;
};

}  // namespace kafka::sim
