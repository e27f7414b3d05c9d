// The clock and the turns of the simulated world, and the verbs of a host's Reactor that need no network.
#include "sim_reactor.hpp"

#include <algorithm>

#include "sim_internal.hpp"

namespace kafka::sim {
namespace {

constexpr size_t kNetwork = SIZE_MAX;            // instead of a host's index in the trace
constexpr int64_t kEpochMs = 1'700'000'000'000;  // the wall clock when the world begins
constexpr int64_t kFarAway = int64_t{1} << 61;   // a longest delay that cannot overflow
constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

struct SimTimer final : net::Timer::Handle {
  SimTimer(Host& of, EventKey at) : host(of), key(at) {}
  ~SimTimer() override { host.timers -= host.timer_events.erase(key); }
  Host& host;
  EventKey key;
};

struct SimWork final : net::Work {
  std::shared_ptr<Function<void()>> done;
};

struct SimHold final : net::Hold::Handle {
  explicit SimHold(Host& of) : host(of) { ++host.hold_count; }
  ~SimHold() override { --host.hold_count; }
  Host& host;
};

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::timer:
      return "timer";
    case Kind::deferred:
      return "deferred";
    case Kind::posted:
      return "posted";
    case Kind::network:
      return "network";
    case Kind::connected:
      return "connected";
    case Kind::accepted:
      return "accepted";
    case Kind::read:
      return "read";
    case Kind::written:
      return "written";
    case Kind::closed:
      return "closed";
    case Kind::resolved:
      return "resolved";
    case Kind::note:
      return "note";
    case Kind::worked:
      return "worked";
  }
  return "?";
}

SimFaults SimFaults::draw(uint64_t seed) {
  SimRandom random(seed ^ 0x5eed'fa17'5eed'fa17ull);
  const auto rate = [&](uint32_t most) {
    const bool on = random.next() % 2 == 0;
    const auto strength = static_cast<uint32_t>(random.between(most / 100, most));
    return on ? strength : 0;
  };
  SimFaults faults;
  faults.reset = rate(20'000);
  faults.refuse = rate(300'000);
  faults.lose_syn = rate(200'000);
  faults.slow = rate(50'000);
  faults.resolve_fail = rate(200'000);
  faults.slow_max = std::chrono::milliseconds(random.between(10, 5'000));
  return faults;
}

// --- A host's reactor ---

TimePoint Host::read_clock() const { return TimePoint(Duration(world.time)); }
int64_t Host::read_wall_clock() const { return kEpochMs + (world.time - World::kStart) / kNanosecondsPerMillisecond; }

net::Timer Host::after(Duration delay, Function<void()> fn) {
  const int64_t wait = std::clamp<int64_t>(delay.count(), 0, kFarAway);
  const EventKey key{world.time + wait, world.sequence + 1};
  world.at(timer_events, key.first, Kind::timer, std::move(fn));
  ++timers;
  return net::Timer(std::make_unique<SimTimer>(*this, key));
}

void Host::post(Function<void()> fn) { world.host_now(*this, Kind::posted, std::move(fn)); }

std::unique_ptr<net::Work> Host::work(Function<void()> fn, Function<void()> done) {
  auto work = std::make_unique<SimWork>();
  work->done = std::make_shared<Function<void()>>(std::move(done));
  ++running_calls;
  world.at(events, world.time + work_time.count(), Kind::worked,
           [this, fn = std::move(fn), weak = std::weak_ptr(work->done)]() mutable {
             --running_calls;
             fn();
             const auto pinned = weak.lock();
             if (pinned == nullptr) return;
             Function<void()> once = std::move(*pinned);
             once();
           });
  return work;
}

net::Hold Host::hold() { return net::Hold(std::make_unique<SimHold>(*this)); }

// --- Time ---

World::World(uint64_t seed) : random(seed), test_random(seed ^ 0x7e57'7e57'7e57'7e57ull) {}

World::~World() {
  // Callables may own streams and timers, whose destructors come back here.
  for (int round = 0; round < 100; ++round) {
    Events doomed = std::exchange(network, {});
    bool any = !doomed.empty();
    for (auto& host : hosts) {
      Events events = std::exchange(host->events, {});
      Events timer_events = std::exchange(host->timer_events, {});
      std::vector<Function<void()>> deferred = std::exchange(host->deferred, {});
      auto listening = std::exchange(host->listening, {});
      any = any || !events.empty() || !timer_events.empty() || !deferred.empty();
    }
    doomed.clear();
    if (!any) break;
  }
}

void World::at(Events& events, int64_t when, Kind kind, Function<void()> run) {
  events.emplace(EventKey{when, ++sequence}, Event{kind, std::move(run)});
}

Host& World::host(const std::string& name) {
  const auto found = by_name.find(name);
  if (found == by_name.end()) throw SimFailure("no host \"" + name + "\" in the simulated world");
  return *found->second;
}

void World::trace(Kind kind, size_t host, uint64_t size, std::string_view text) {
  const auto mix = [&](uint64_t value) { hash = (hash ^ value) * 0x100000001b3ull ^ (hash >> 29); };
  mix(static_cast<uint64_t>(kind));
  mix(static_cast<uint64_t>(time));
  mix(host);
  mix(size);
  for (const char c : text) mix(static_cast<unsigned char>(c));
  if (trace_file != nullptr) {
    std::fprintf(trace_file, "%14.6f %-12s %-9s %llu %.*s\n", static_cast<double>(time - kStart) / 1e9,
                 host == kNetwork ? "-" : hosts[host]->name.c_str(), name_of(kind),
                 static_cast<unsigned long long>(size), static_cast<int>(text.size()), text.data());
  }
}

void World::count(Kind kind, size_t host) {
  ++all_events;
  if (++instant_events > instant_limit) {
    throw SimFailure("more than " + std::to_string(instant_limit) + " events at the instant " + std::to_string(time) +
                     " ns, the last of kind " + name_of(kind) + " on " +
                     (host == kNetwork ? std::string("the network") : hosts[host]->name) + ": a loop that never waits");
  }
  // Network events are internal; what they lead to is in the trace. Reads add their size themselves.
  if (kind != Kind::network) trace(kind, host, 0);
}

void World::run_due(Events& events, Host* host, uint64_t newest) {
  while (!events.empty() && (host == nullptr || !host->paused)) {
    const auto first = events.begin();
    if (first->first.first > time || first->first.second > newest) break;
    Event event = std::move(first->second);
    events.erase(first);
    if (event.kind == Kind::timer) --host->timers;
    count(event.kind, host == nullptr ? kNetwork : host->index);
    event.run();
  }
}

void World::turn(Host* host) {
  const uint64_t newest = sequence;  // what is started here waits for the next turn
  ++host->turns;
  run_due(host->events, host, newest);
  run_due(host->timer_events, host, newest);
  host->spent_before_phase = host->spent;
  std::vector<Function<void()>> batch = std::exchange(host->deferred, {});
  for (Function<void()>& run : batch) {
    count(Kind::deferred, host->index);
    Function<void()> once = std::move(run);
    once();
  }
  host->busy_until = time + host->spent.count();
  host->spent = host->spent_before_phase = {};
}

bool World::step(int64_t limit) {
  // When the host's next turn is; INT64_MAX for never.
  const auto due_at = [this](const Host& host) {
    int64_t next = INT64_MAX;
    if (host.paused) return next;
    if (!host.deferred.empty()) next = time;
    if (!host.events.empty()) next = std::min(next, host.events.begin()->first.first);
    if (!host.timer_events.empty()) next = std::min(next, host.timer_events.begin()->first.first);
    return std::max(next, host.busy_until);
  };
  int64_t next = network.empty() ? INT64_MAX : network.begin()->first.first;
  for (const auto& host : hosts) next = std::min(next, due_at(*host));
  if (next > limit || next == INT64_MAX) return false;
  if (next > time) {
    time = next;
    instant_events = 0;
  }
  if (!network.empty() && network.begin()->first.first <= time) {
    run_due(network, nullptr, sequence);
    return true;
  }
  // Which of the hosts that have something to do goes first is one more thing that the seed decides.
  due.clear();
  for (const auto& host : hosts) {
    if (due_at(*host) <= time) due.push_back(host.get());
  }
  turn(due.size() == 1 ? due.front() : due[random.next() % due.size()]);
  return true;
}

// --- SimWorld ---

SimWorld::SimWorld(uint64_t seed) : world_(std::make_unique<World>(seed)) {}
SimWorld::~SimWorld() = default;

net::Reactor& SimWorld::node(const std::string& name, const std::string& ip) {
  const auto found = world_->by_name.find(name);
  if (found != world_->by_name.end()) return *found->second;
  const size_t index = world_->hosts.size();
  world_->hosts.push_back(std::make_unique<Host>(*world_, index, name, world_->random.next()));
  world_->by_name[name] = world_->hosts.back().get();
  add_ip(name, ip.empty() ? "10.0.0." + std::to_string(index + 1) : ip);
  set_name(name, world_->hosts.back()->ips);
  return *world_->hosts.back();
}

void SimWorld::add_ip(const std::string& name, const std::string& ip) {
  Host& host = world_->host(name);
  host.ips.push_back(ip);
  if (!world_->by_ip.emplace(ip, &host).second) throw SimFailure("two hosts with the address " + ip);
}

TimePoint SimWorld::now() const { return TimePoint(Duration(world_->time)); }
Duration SimWorld::elapsed() const { return Duration(world_->time - World::kStart); }

bool SimWorld::run_until(Function<bool()> done, Duration limit) {
  const int64_t until = world_->time + std::min(limit.count(), kFarAway);
  while (!done()) {
    if (!world_->step(until)) {
      world_->time = until;
      world_->instant_events = 0;
      return done();
    }
  }
  return true;
}
void SimWorld::run_for(Duration duration) {
  run_until([] { return false; }, duration);
}
bool SimWorld::run_idle(Duration limit) {
  const int64_t until = world_->time + std::min(limit.count(), kFarAway);
  while (world_->step(until)) {
  }
  bool idle = world_->network.empty();
  for (const auto& host : world_->hosts)
    idle = idle && host->events.empty() && host->timer_events.empty() && host->deferred.empty();
  return idle;
}
void SimWorld::set_instant_limit(uint64_t events) { world_->instant_limit = events; }

void SimWorld::spend(const std::string& name, Duration time) { world_->host(name).spent += time; }
Duration SimWorld::owed(const std::string& name) const {
  const Host& host = world_->host(name);
  return host.spent + Duration(std::max<int64_t>(host.busy_until - world_->time, 0));
}
void SimWorld::answer_http(const std::string& name, HttpScript script) {
  world_->host(name).on_http = std::move(script);
}
void SimWorld::set_work_time(const std::string& name, Duration time) { world_->host(name).work_time = time; }
size_t SimWorld::running_calls(const std::string& name) const { return world_->host(name).running_calls; }
void SimWorld::watch_writes(const std::string& name, WriteWatch watch) {
  world_->host(name).on_write = std::move(watch);
}
uint64_t SimWorld::turns(const std::string& name) const { return world_->host(name).turns; }

void SimWorld::pause(const std::string& name) { world_->host(name).paused = true; }
void SimWorld::resume(const std::string& name) { world_->host(name).paused = false; }

size_t SimWorld::open_streams(const std::string& name) const { return world_->host(name).streams; }
size_t SimWorld::open_listeners(const std::string& name) const { return world_->host(name).listeners; }
size_t SimWorld::open_lookups(const std::string& name) const { return world_->host(name).running_lookups; }
size_t SimWorld::open_timers(const std::string& name) const { return world_->host(name).timers; }
size_t SimWorld::deferred(const std::string& name) const { return world_->host(name).deferred.size(); }
size_t SimWorld::holds(const std::string& name) const { return world_->host(name).hold_count; }
std::string SimWorld::leftovers(const std::string& name) const {
  const Host& host = world_->host(name);
  std::string text;
  const auto add = [&](size_t count, const char* what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  add(host.streams, "streams");
  add(host.listeners, "listeners");
  add(host.running_lookups, "look-ups");
  add(host.timers, "timers");
  add(host.deferred.size(), "deferred");
  add(host.hold_count, "holds");
  return text;
}

size_t SimWorld::connects(const std::string& name) const { return world_->host(name).connects; }
size_t SimWorld::lookups(const std::string& name) const { return world_->host(name).lookups; }
uint64_t SimWorld::events() const { return world_->all_events; }
uint64_t SimWorld::trace_hash() const { return world_->hash; }
void SimWorld::trace_to(std::FILE* file) { world_->trace_file = file; }
void SimWorld::note(std::string_view text) { world_->trace(Kind::note, kNetwork, text.size(), text); }
uint64_t SimWorld::random() { return world_->test_random.next(); }

}  // namespace kafka::sim
