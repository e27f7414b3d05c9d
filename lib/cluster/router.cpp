#include "cluster/router.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::cluster {

Router::Router(net::Reactor& reactor, ClusterConfig config, std::vector<ContactPoint> contact_points,
               std::shared_ptr<const net::TlsContext> tls, std::shared_ptr<auth::Login> login)
    : reactor_(reactor),
      config_(std::move(config)),
      resolver_(reactor, config_.address_family, config_.address_ttl),
      context_{reactor_,
               config_,
               resolver_,
               [this](Event::Type type, const Endpoint& endpoint, int32_t broker, const Error& error) {
                 report(type, endpoint, broker, error);
               },
               [this](const Endpoint& endpoint) {
                 if (on_proven_) on_proven_(endpoint);
               },
               {},
               std::move(tls),
               std::move(login)},
      contacts_(endpoints(contact_points), reactor_.random()) {}

Router::~Router() = default;

std::vector<std::shared_ptr<Endpoint>> Router::endpoints(const std::vector<ContactPoint>& points) {
  std::vector<std::shared_ptr<Endpoint>> all;
  for (const ContactPoint& point : points) all.push_back(endpoint(point.host, point.port));
  return all;
}

std::shared_ptr<Endpoint> Router::endpoint(const std::string& host, uint16_t port) {
  auto& known = endpoints_[{host, port}];
  if (known == nullptr) {
    known = std::make_shared<Endpoint>(host, port);
  }
  return known;
}

Broker* Router::find(int32_t node) {
  auto& list = Contacts::has(node) ? contacts_.all() : brokers_;
  const auto found = list.find(node);
  return found == list.end() ? nullptr : &found->second;
}

Link* Router::link(int32_t node, Purpose purpose) {
  Broker* broker = find(node);
  if (broker == nullptr || closed_) return nullptr;
  auto& link = broker->links[static_cast<size_t>(purpose)];
  if (link == nullptr) link = std::make_unique<Link>(context_, broker->endpoint, node, broker->moves.until());
  return link.get();
}

Link* Router::link(int32_t node, Lane lane) {
  Broker* broker = find(node);
  if (broker == nullptr || closed_) return nullptr;
  auto& link = broker->lanes[lane];
  if (link == nullptr) link = std::make_unique<Link>(context_, broker->endpoint, node, broker->moves.until());
  return link.get();
}

void Router::send(int32_t node, Link* to, std::unique_ptr<Call> call) {
  if (to != nullptr) return to->send(std::move(call));
  Error error = closed_
                    ? Error(Errc::closed)
                    : Error(Errc::broker_not_available, "broker " + std::to_string(node) + " is not in the metadata");
  reactor_.defer([call = std::move(call), error = std::move(error)]() mutable { call->finish(error, nullptr); });
}

int32_t Router::any_broker(int32_t avoid) {
  const net::TimePoint now = reactor_.now();
  const auto healthy = [&](const Broker& broker) {
    return broker.id != avoid && !broker.endpoint->failing && broker.endpoint->earliest() <= now;
  };
  const bool contacts_too = brokers_.empty() || config_.rebootstrap;
  if (!contacts_.starting_again()) {
    // A connected one with the least to do.
    int32_t best = -1;
    size_t least = SIZE_MAX;
    int32_t throttled = -1;
    for (const auto& [id, broker] : brokers_) {
      const auto& general = broker.links[static_cast<size_t>(Purpose::general)];
      if (id == avoid || general == nullptr || !general->ready()) continue;
      if (broker.endpoint->throttle.holds(now)) {
        throttled = id;
      } else if (general->in_flight() < least) {
        least = general->in_flight();
        best = id;
      }
    }
    if (best >= 0) return best;
    // Then, in turn, those that have not failed lately.
    std::vector<int32_t> known;
    for (const auto& [id, broker] : brokers_) {
      if (healthy(broker)) known.push_back(id);
    }
    if (!known.empty()) return known[next_broker_++ % known.size()];
    // A broker over quota will answer. A contact point may be the same broker under another name, so it is no better.
    if (throttled >= 0) return throttled;
    if (brokers_.contains(avoid)) return any_broker(kNobody);  // it is the only one
  }
  if (contacts_too) {
    if (const Broker* const chosen = contacts_.next(healthy)) {
      if (!brokers_.empty() && contacts_.tell()) report(Event::Type::rebootstrap, *chosen->endpoint, chosen->id, {});
      return chosen->id;
    }
  }
  // All have failed: the one whose time comes first, contact points and brokers alike.
  const Broker* first = nullptr;
  for (const auto* list : {&std::as_const(brokers_), &std::as_const(contacts_).all()}) {
    if (list == &brokers_ ? contacts_.starting_again() : !contacts_too) continue;
    for (const auto& [id, broker] : *list) {
      if (first == nullptr || broker.endpoint->earliest() < first->endpoint->earliest()) first = &broker;
    }
  }
  return first->id;
}

void Router::rebootstrap() {
  if (config_.rebootstrap) contacts_.start_again(resolver_);
}

Error Router::refusal() const { return brokers_.empty() ? contacts_.refusal() : Error(); }

bool Router::worth_retrying(const Error& error, const CallInfo& info) const {
  return traits(error.code()).retry == Retry::yes || (info.refused && !refusal());
}

void Router::set_brokers(const std::vector<BrokerInfo>& brokers) {
  std::map<int32_t, Broker> next;
  for (const BrokerInfo& info : brokers) {
    if (next.contains(info.id)) continue;  // repeated: the first counts
    auto where = endpoint(info.host, static_cast<uint16_t>(info.port));
    const auto old = brokers_.find(info.id);
    if (old != brokers_.end() && old->second.endpoint == where) {
      next[info.id] = std::move(old->second);
      brokers_.erase(old);
    } else {
      Broker& broker = next[info.id];
      broker.id = info.id;
      broker.endpoint = std::move(where);
      if (old != brokers_.end()) moved(old->second, broker);
    }
  }
  std::vector<std::unique_ptr<Link>> gone;
  for (auto& [id, broker] : brokers_) {
    for (auto& link : broker.links) {
      if (link) gone.push_back(std::move(link));
    }
    for (auto& [lane, link] : broker.lanes) gone.push_back(std::move(link));
  }
  brokers_ = std::move(next);
  if (endpoints_.size() > kMostEndpoints) {
    std::erase_if(endpoints_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  let_go(std::move(gone), Error(Errc::disconnected, "the broker has left or moved"));
}

// Two brokers that disagree about the address of a third, or one that names another port each time, must not make the
// client connect with each answer. The first move is followed at once.
void Router::moved(const Broker& before, Broker& after) {
  const net::TimePoint now = reactor_.now();
  after.moves = before.moves;
  after.moved_at = now;
  if (now - before.moved_at > kSettled) {
    after.moves.reset();
    after.moves.count();
  } else if (after.moves.due(now)) {
    after.moves.fail(now, reactor_.random(), {config_.reconnect.smallest, kLongestMove});
  }
}

void Router::drop_lane(Lane lane) {
  std::vector<std::unique_ptr<Link>> gone;
  for (auto& [id, broker] : brokers_) {
    const auto found = broker.lanes.find(lane);
    if (found == broker.lanes.end()) continue;
    gone.push_back(std::move(found->second));
    broker.lanes.erase(found);
  }
  let_go(std::move(gone), Error(Errc::disconnected, "its consumer has ended"));
}

// The links are destroyed later: one of their callbacks may be on the stack now.
void Router::let_go(std::vector<std::unique_ptr<Link>> gone, const Error& error) {
  if (gone.empty()) return;
  for (const auto& link : gone) link->close(error);
  gone_.push_back(std::move(gone));
  reactor_.defer(scope_.wrap([this] {
    // One more turn: close() itself is deferred. Only these: others may have gone since.
    reactor_.defer(scope_.wrap([this] { gone_.pop_front(); }));
  }));
}

std::string Router::describe(int32_t node) const {
  const auto& list = Contacts::has(node) ? contacts_.all() : brokers_;
  const auto found = list.find(node);
  if (found == list.end()) return "broker " + std::to_string(node);
  if (Contacts::has(node)) return found->second.endpoint->name();
  return found->second.endpoint->name() + " (broker " + std::to_string(node) + ")";
}

const protocol::ApiVersionSet* Router::versions(int32_t node) const {
  const auto found = brokers_.find(node);
  if (found == brokers_.end()) return nullptr;
  // A connection that takes the broker for an old one counts only while there is no other.
  const protocol::ApiVersionSet* versions = nullptr;
  bool old = true;
  found->second.each_link([&](const Link& link) {
    if (!link.ready() || !old) return;
    versions = link.versions();
    old = link.speaks_old();
  });
  return versions;
}

bool Router::gives_ids() const {
  return std::any_of(brokers_.begin(), brokers_.end(),
                     [](const auto& entry) { return entry.second.endpoint->age.gives_ids(); });
}

void Router::doubt(int32_t node, Purpose purpose) {
  if (Link* const to = link(node, purpose)) to->doubt();
}

bool Router::ready(int32_t node, Purpose purpose) const {
  const auto found = brokers_.find(node);
  if (found == brokers_.end()) return false;
  const auto& link = found->second.links[static_cast<size_t>(purpose)];
  return link != nullptr && link->ready();
}

void Router::report(Event::Type type, const Endpoint& endpoint, int32_t broker, const Error& error) {
  if (!on_event_) return;
  Event event;
  event.type = type;
  event.error = error;
  event.broker = endpoint.name();
  event.broker_id = Contacts::has(broker) ? -1 : broker;
  const bool outage = error == Errc::disconnected || error == Errc::connect_failed;
  event.ordinary = outage && endpoint.ordinary_outage(reactor_.now());
  on_event_(event);
}

void Router::close(Error error) {
  if (closed_) return;
  closed_ = true;
  for (auto* list : {&brokers_, &contacts_.all()}) {
    for (auto& [id, broker] : *list) broker.each_link([&](Link& link) { link.close(error); });
  }
}

}  // namespace kafka::cluster
