// The simulated network: connections as two ends with bytes under way in between, listeners, names, faults.
// A host's system acts even while its programs are paused; programs learn of things by events of their host.
#include <algorithm>
#include <cstring>

#include "sim_internal.hpp"

namespace kafka::sim {

class SimStream final : public net::Stream {
 public:
  SimStream(ConnectionRef connection, int side) : connection_(std::move(connection)), side_(side) {
    own().stream = this;
    ++own().host->streams;
  }
  ~SimStream() override {
    --own().host->streams;
    connection_->world.drop(connection_, side_);
  }
  void write(std::vector<Bytes> segments) override {
    connection_->world.write(connection_, side_, std::move(segments));
  }
  size_t unwritten() const override { return own().unsent_bytes; }
  void set_reading(bool on) override {
    own().reading = on;
    if (on) connection_->world.schedule_read(connection_, side_);
  }
  // A system may wait for all of them, or for a part. It is drawn each time.
  void await(size_t bytes) override {
    own().awaited = bytes > 0 ? connection_->world.random.between(0, bytes) : 0;
    connection_->world.schedule_read(connection_, side_);
  }
  Address local() const override { return own().address; }
  Address peer() const override { return connection_->ends[1 - side_].address; }

 private:
  End& own() const { return connection_->ends[side_]; }
  ConnectionRef connection_;
  int side_;
};

namespace {

constexpr int kMaxSynAttempts = 7;  // after 1 + 2 + ... + 64 s the system gives up, as Linux does

bool is_any(const std::string& ip) { return ip == "0.0.0.0" || ip == "::"; }
bool is_loopback(const std::string& ip) { return ip == "127.0.0.1" || ip == "::1"; }

class SimListener final : public net::Listener {
 public:
  SimListener(Host& host, std::shared_ptr<Listening> listening) : host_(host), listening_(std::move(listening)) {
    ++host_.listeners;
  }
  ~SimListener() override {
    --host_.listeners;
    listening_->alive = false;
    const auto found = host_.listening.find(listening_->address.port);
    if (found != host_.listening.end() && found->second == listening_) host_.listening.erase(found);
  }
  Address local() const override { return listening_->address; }

 private:
  Host& host_;
  std::shared_ptr<Listening> listening_;
};

struct LookupState {
  net::ResolveCallback done;
};

class SimLookup final : public net::Lookup {
 public:
  SimLookup(Host& host, std::shared_ptr<LookupState> state) : host_(host), state_(std::move(state)) {
    ++host_.running_lookups;
  }
  ~SimLookup() override {
    --host_.running_lookups;
    state_->done = nullptr;
  }

 private:
  Host& host_;
  std::shared_ptr<LookupState> state_;
};

}  // namespace

// --- The verbs of a host's reactor ---

std::unique_ptr<net::Stream> Host::connect(const Address& address, net::StreamHandler& handler) {
  ++connects;
  auto connection = std::make_shared<Connection>(world, ++world.connections_made);
  std::erase_if(world.connections, [](const auto& weak) { return weak.expired(); });
  world.connections.push_back(connection);
  End& own = connection->ends[0];
  own.host = this;
  own.address = {is_loopback(address.ip) ? address.ip : ips.front(), next_port};
  if (++next_port == 0) next_port = 40'000;
  own.handler = &handler;
  connection->ends[1].address = address;
  auto stream = std::make_unique<SimStream>(connection, 0);
  world.connect(connection, 0);
  return stream;
}

std::unique_ptr<net::Listener> Host::listen(const Address& address, net::AcceptCallback on_accept, Error& error) {
  const auto fail = [&](const char* text) {
    error = Error(Errc::address_error, net::to_string(address) + ": " + text);
    return nullptr;
  };
  const bool own = std::find(ips.begin(), ips.end(), address.ip) != ips.end();
  if (!net::is_numeric(address.ip)) return fail("invalid argument (EINVAL)");
  if (!own && !is_any(address.ip) && !is_loopback(address.ip)) return fail("address not available (EADDRNOTAVAIL)");
  uint16_t port = address.port;
  if (port == 0) {
    port = 30'000;
    while (listening.contains(port)) ++port;
  }
  if (listening.contains(port)) return fail("address already in use (EADDRINUSE)");
  auto state = std::make_shared<Listening>(Listening{{address.ip, port}, std::move(on_accept), true});
  listening.emplace(port, state);
  return std::make_unique<SimListener>(*this, std::move(state));
}

namespace {

struct SimExchange final : net::HttpExchange {
  net::HttpDone done;
  SimHttp answer;
  net::Timer timer;
};

}  // namespace

std::unique_ptr<net::HttpExchange> Host::http_post(net::HttpPost post, net::HttpDone done) {
  if (!on_http) return Reactor::http_post(std::move(post), std::move(done));
  auto exchange = std::make_unique<SimExchange>();
  exchange->done = std::move(done);
  exchange->answer = on_http(post);
  exchange->timer = after(exchange->answer.delay, [running = exchange.get()] {
    running->timer.cancel();
    net::HttpDone once = std::move(running->done);
    SimHttp script = std::move(running->answer);
    net::HttpAnswer answer;
    answer.status = script.status;
    answer.body = std::make_unique<WipedString>();
    answer.body->text = std::move(script.body);
    once(std::move(script.error), std::move(answer));
  });
  return exchange;
}

std::unique_ptr<net::Lookup> Host::resolve(const std::string& host, net::ResolveCallback done) {
  ++lookups;
  auto state = std::make_shared<LookupState>(LookupState{std::move(done)});
  auto lookup = std::make_unique<SimLookup>(*this, state);
  if (world.hanging.contains(host)) return lookup;
  const bool fails = world.chance(world.faults.resolve_fail);
  world.at(events, world.time + world.latency().count(), Kind::resolved, [this, host, fails, state] {
    if (!state->done) return;
    net::ResolveCallback answer = std::move(state->done);
    state->done = nullptr;
    const auto found = world.names.find(host);
    if (fails) {
      answer(Error(Errc::resolve_failed, "temporary failure (EAI_AGAIN)"), {});
    } else if (host == "localhost") {
      answer({}, {"127.0.0.1"});
    } else if (found == world.names.end() || found->second.empty()) {
      answer(Error(Errc::resolve_failed, "unknown node or service (EAI_NONAME)"), {});
    } else {
      answer({}, found->second);
    }
  });
  return lookup;
}

// --- Connecting ---

Duration World::latency() {
  auto wait = static_cast<int64_t>(
      random.between(static_cast<uint64_t>(least_latency.count()), static_cast<uint64_t>(most_latency.count())));
  if (chance(faults.slow))
    wait += static_cast<int64_t>(random.between(0, static_cast<uint64_t>(faults.slow_max.count())));
  return Duration(wait);
}

bool World::matches(const End& end, const std::string& who) {
  if (who.empty()) return true;
  if (end.host == nullptr) return who == end.address.ip;
  return who == end.host->name || who == end.address.ip ||
         who == end.host->name + ":" + std::to_string(end.address.port) || who == net::to_string(end.address);
}
bool World::blocked(const End& from, const End& to) const {
  return std::any_of(holes.begin(), holes.end(),
                     [&](const auto& hole) { return matches(from, hole.first) && matches(to, hole.second); });
}
bool World::refused(const End& end) const {
  return std::any_of(refusing.begin(), refusing.end(), [&](const std::string& who) { return matches(end, who); });
}

Host* World::find_ip(Host& from, const std::string& ip) {
  if (is_loopback(ip) || is_any(ip)) return &from;
  const auto found = by_ip.find(ip);
  return found == by_ip.end() ? nullptr : found->second;
}

void World::connect(const ConnectionRef& connection, int attempt) {
  network_after(latency(), [this, connection, attempt] {
    End& client = connection->ends[0];
    End& server = connection->ends[1];
    if (client.gone) return;
    server.host = find_ip(*client.host, server.address.ip);
    if (server.host == nullptr) return fail_connect(connection, "no route to host (EHOSTUNREACH)");
    if (blocked(client, server) || blocked(server, client) || chance(faults.lose_syn)) {
      if (attempt >= kMaxSynAttempts) return fail_connect(connection, "connection timed out (ETIMEDOUT)");
      network_after(std::chrono::seconds(int64_t{1} << attempt),
                    [this, connection, attempt] { connect(connection, attempt + 1); });
      return;
    }
    const auto found = server.host->listening.find(server.address.port);
    if (found == server.host->listening.end() || !found->second->alive || refused(server) || chance(faults.refuse) ||
        (is_loopback(found->second->address.ip) && server.host != client.host)) {
      return fail_connect(connection, "connection refused (ECONNREFUSED)");
    }
    connection->established = true;
    host_now(*server.host, Kind::accepted,
             [this, connection, listening = found->second] { accept(connection, listening); });
    at(client.host->events, time + latency().count(), Kind::connected,
       [this, connection] { told_connected(connection); });
  });
}

void World::fail_connect(const ConnectionRef& connection, const char* text) {
  Host& host = *connection->ends[0].host;
  at(host.events, time + latency().count(), Kind::closed,
     [this, connection, text] { end(connection, 0, Error(Errc::connect_failed, text)); });
}

void World::told_connected(const ConnectionRef& connection) {
  End& client = connection->ends[0];
  if (client.gone) return;
  client.handler->on_connected();
  if (client.gone) return;
  client.connected = true;
  flush(connection, 0);
  schedule_read(connection, 0);
}

void World::accept(const ConnectionRef& connection, const std::shared_ptr<Listening>& listening) {
  End& server = connection->ends[1];
  if (!listening->alive) {
    server.gone = true;
    return send(connection, 1, {Segment::Kind::rst, {}, 0});
  }
  auto stream = std::make_unique<SimStream>(connection, 1);
  net::StreamHandler* handler = nullptr;
  net::AcceptCallback callback = std::move(listening->on_accept);
  callback(std::move(stream), handler);
  listening->on_accept = std::move(callback);
  if (server.gone) return;
  if (handler == nullptr) throw SimFailure("an accepted stream was kept without a handler");
  server.handler = handler;
  server.connected = true;
  flush(connection, 1);
  schedule_read(connection, 1);
}

// --- Bytes ---

void World::write(const ConnectionRef& connection, int side, std::vector<Bytes> segments) {
  End& own = connection->ends[side];
  if (own.ended) return;
  if (own.reset_arrived) {
    host_now(*own.host, Kind::closed,
             [this, connection, side] { end(connection, side, Error(Errc::disconnected, "broken pipe (EPIPE)")); });
    return;
  }
  for (Bytes& segment : segments) {
    if (segment.empty()) continue;
    if (own.host->on_write)
      own.host->on_write(connection->number, connection->ends[1 - side].address, {segment.data(), segment.size()});
    own.unsent_bytes += segment.size();
    own.unsent.push_back(std::move(segment));
  }
  flush(connection, side);
}

void World::flush(const ConnectionRef& connection, int side) {
  End& own = connection->ends[side];
  const End& other = connection->ends[1 - side];
  if (!own.connected || own.ended || own.reset_arrived || own.unsent_bytes == 0) return;
  const size_t used = own.transit_bytes + other.inbox_size();
  if (used >= window) return;
  size_t take = std::min(window - used, own.unsent_bytes);
  Segment segment;
  segment.bytes.reserve(take);
  own.unsent_bytes -= take;
  while (take > 0) {
    Bytes& front = own.unsent.front();
    const size_t part = std::min(take, front.size());
    segment.bytes.append(front.data(), part);
    take -= part;
    if (part == front.size()) {
      own.unsent.pop_front();
    } else {
      front = front.slice(part, front.size() - part);
    }
  }
  send(connection, side, std::move(segment));
  if (own.unsent_bytes == 0) written_later(connection, side);
}

void World::written_later(const ConnectionRef& connection, int side) {
  End& own = connection->ends[side];
  if (own.written_due) return;
  own.written_due = true;
  host_now(*own.host, Kind::written, [connection, side] {
    End& mine = connection->ends[side];
    mine.written_due = false;
    if (mine.gone || mine.ended || mine.unsent_bytes > 0) return;
    mine.handler->on_written();
  });
}

void World::send(const ConnectionRef& connection, int side, Segment segment) {
  End& own = connection->ends[side];
  own.last_arrival = std::max(own.last_arrival, time + latency().count());
  segment.arrival = own.last_arrival;
  own.transit_bytes += segment.bytes.size();
  own.transit.push_back(std::move(segment));
  at(network, own.last_arrival, Kind::network, [this, connection, side] { arrive(connection, side); });
}

void World::arrive(const ConnectionRef& connection, int side) {
  End& from = connection->ends[side];
  End& to = connection->ends[1 - side];
  if (blocked(from, to)) return;  // heal() brings it on its way again
  while (!from.transit.empty() && from.transit.front().arrival <= time) {
    Segment segment = std::move(from.transit.front());
    from.transit.pop_front();
    from.transit_bytes -= segment.bytes.size();
    if (to.gone) {
      // A system without a program for these bytes answers with a reset.
      if (segment.kind == Segment::Kind::data && !from.gone) send(connection, 1 - side, {Segment::Kind::rst, {}, 0});
      continue;
    }
    if (segment.kind == Segment::Kind::data) {
      if (connection->cut_next || chance(faults.reset)) {
        connection->cut_next = false;
        to.inbox.append(segment.bytes, 0, random.between(0, segment.bytes.size() - 1));
        return reset(connection, true);
      }
      to.inbox += segment.bytes;
    } else if (segment.kind == Segment::Kind::fin) {
      to.fin_arrived = true;
    } else {
      to.reset_arrived = true;
    }
    schedule_read(connection, 1 - side);
  }
}

void World::schedule_read(const ConnectionRef& connection, int side) {
  End& own = connection->ends[side];
  if (own.read_due || own.gone || own.ended || !own.connected || !own.reading) return;
  const End& from = connection->ends[1 - side];
  const bool window_full = from.unsent_bytes > 0 && from.transit.empty();
  const bool enough = own.inbox_size() > 0 && (own.inbox_size() >= own.awaited || window_full);
  if (!enough && !own.fin_arrived && !own.reset_arrived) return;
  own.read_due = true;
  host_now(*own.host, Kind::read, [this, connection, side] { read(connection, side); });
}

void World::read(const ConnectionRef& connection, int side) {
  End& own = connection->ends[side];
  own.read_due = false;
  while (!own.gone && !own.ended && own.reading) {
    if (own.inbox_size() == 0) {
      if (own.reset_arrived) {
        end(connection, side, Error(Errc::disconnected, "connection reset by peer (ECONNRESET)"));
      } else if (own.fin_arrived) {
        end(connection, side, Error(Errc::disconnected, "end of stream"));
      }
      return;
    }
    const std::span<char> room = own.handler->read_buffer();
    if (own.gone) return;  // destroyed while it was asked
    if (room.empty()) throw SimFailure("read_buffer() of a handler on " + own.host->name + " is empty");
    const size_t slice = std::max<size_t>(1, random.between(least_slice, most_slice));
    const size_t size = std::min({room.size(), own.inbox_size(), slice});
    std::memcpy(room.data(), own.inbox.data() + own.inbox_begin, size);
    own.inbox_begin += size;
    if (own.inbox_begin == own.inbox.size()) {
      own.inbox.clear();
      own.inbox_begin = 0;
    } else if (own.inbox_begin > own.inbox.size() / 2) {
      own.inbox.erase(0, own.inbox_begin);
      own.inbox_begin = 0;
    }
    trace(Kind::read, own.host->index, size);
    if (connection->ends[1 - side].unsent_bytes > 0) {
      // The sender learns of the room in the window when the acknowledgement arrives.
      network_after(latency(), [this, connection, side] {
        if (!blocked(connection->ends[side], connection->ends[1 - side])) flush(connection, 1 - side);
      });
    }
    own.handler->on_read(size);
    // libuv reads on at once while buffers come back full. Otherwise the rest is read in the next turn.
    if (size < room.size() || random.next() % 2 == 0) break;
  }
  schedule_read(connection, side);
}

void World::end(const ConnectionRef& connection, int side, Error error) {
  End& own = connection->ends[side];
  if (own.gone || own.ended) return;
  own.ended = true;
  own.unsent.clear();
  own.unsent_bytes = 0;
  own.handler->on_closed(std::move(error));
}

void World::reset(const ConnectionRef& connection, bool keep) {
  for (int side = 0; side < 2; ++side) {
    End& own = connection->ends[side];
    own.transit.clear();
    own.transit_bytes = 0;
    own.unsent.clear();
    own.unsent_bytes = 0;
    own.reset_arrived = true;
    if (!keep && random.next() % 2 == 0) {
      own.inbox.clear();
      own.inbox_begin = 0;
    }
    schedule_read(connection, side);
  }
}

void World::drop(const ConnectionRef& connection, int side) {
  End& own = connection->ends[side];
  own.gone = true;
  own.stream = nullptr;
  own.handler = nullptr;
  own.unsent.clear();
  own.unsent_bytes = 0;
  if (!connection->established || own.reset_arrived || own.fin_arrived) return;
  // Closing with bytes unread resets; otherwise what was sent still arrives, and then the end.
  send(connection, side, {own.inbox_size() > 0 ? Segment::Kind::rst : Segment::Kind::fin, {}, 0});
}

void World::heal() {
  each_connection([&](const ConnectionRef& connection) {
    for (int side = 0; side < 2; ++side) {
      End& own = connection->ends[side];
      if (blocked(own, connection->ends[1 - side])) continue;
      own.last_arrival = std::max(own.last_arrival, time + latency().count());
      for (Segment& segment : own.transit) segment.arrival = own.last_arrival;
      at(network, own.last_arrival, Kind::network, [this, connection, side] {
        arrive(connection, side);
        flush(connection, side);
      });
    }
  });
}

// --- SimWorld: the network's part ---

void SimWorld::set_latency(Duration least, Duration most) {
  world_->least_latency = least;
  world_->most_latency = most;
}
void SimWorld::set_slicing(size_t least, size_t most) {
  world_->least_slice = least;
  world_->most_slice = most;
}
void SimWorld::set_window(size_t bytes) { world_->window = bytes; }
void SimWorld::set_faults(const SimFaults& faults) { world_->faults = faults; }

void SimWorld::reset_connections(const std::string& a, const std::string& b, bool mid_frame) {
  world_->each_connection([&](const ConnectionRef& connection) {
    End(&ends)[2] = connection->ends;
    const bool meant = (World::matches(ends[0], a) && World::matches(ends[1], b)) ||
                       (World::matches(ends[0], b) && World::matches(ends[1], a));
    if (!meant || !connection->established) return;
    if (!mid_frame) return world_->reset(connection, false);
    bool cut = false;
    for (int side = 0; side < 2; ++side) {
      std::string under_way;
      for (const Segment& segment : ends[side].transit) under_way += segment.bytes;
      if (under_way.empty() || ends[1 - side].gone) continue;
      ends[1 - side].inbox.append(under_way, 0, world_->random.between(0, under_way.size() - 1));
      cut = true;
    }
    if (cut) {
      world_->reset(connection, true);
    } else {
      connection->cut_next = true;
    }
  });
}

void SimWorld::black_hole(const std::string& from, const std::string& to, bool on, bool both) {
  const auto change = [&](const std::string& a, const std::string& b) {
    if (on) {
      world_->holes.emplace(a, b);
    } else {
      world_->holes.erase({a, b});
    }
  };
  change(from, to);
  if (both) change(to, from);
  if (!on) world_->heal();
}

void SimWorld::refuse(const std::string& host, bool on) {
  if (on) {
    world_->refusing.insert(host);
  } else {
    world_->refusing.erase(host);
  }
}

void SimWorld::kill_host(const std::string& name) {
  Host& host = world_->host(name);
  for (auto& [port, listening] : host.listening) listening->alive = false;
  host.listening.clear();
  world_->each_connection([&](const ConnectionRef& connection) {
    if (connection->established && (connection->ends[0].host == &host || connection->ends[1].host == &host)) {
      world_->reset(connection, false);
    }
  });
}

void SimWorld::set_name(const std::string& name, std::vector<std::string> ips) {
  world_->hanging.erase(name);
  world_->names[name] = std::move(ips);
}
void SimWorld::remove_name(const std::string& name) {
  world_->hanging.erase(name);
  world_->names.erase(name);
}
void SimWorld::hang_name(const std::string& name) { world_->hanging.insert(name); }

}  // namespace kafka::sim
