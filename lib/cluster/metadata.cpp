#include "cluster/metadata.hpp"

#include <algorithm>

#include "base/error_table.hpp"

namespace kafka::cluster {
namespace {

constexpr int32_t kHighestPort = 65535;

// More brokers in one answer are not believed.
constexpr size_t kMostBrokers = 10000;

bool usable(const std::string& host, int32_t port) { return !host.empty() && port > 0 && port <= kHighestPort; }

// Brokers that could be connected to; anything else a server may have written is left out.
template <class Response>
std::vector<BrokerInfo> usable_brokers(const Response& response) {
  std::vector<BrokerInfo> brokers;
  for (const auto& broker : response.brokers) {
    if (broker.node_id < 0 || !usable(broker.host, broker.port) || brokers.size() >= kMostBrokers) continue;
    brokers.push_back({broker.node_id, broker.host, broker.port, broker.rack.value_or("")});
  }
  std::stable_sort(brokers.begin(), brokers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return brokers;
}

// Before version 4 asking for a topic may create it; who does not want that has to ask for all of them.
constexpr int16_t kAsksWithoutCreating = 4;

constexpr auto adapt = [](protocol::MetadataRequest& request, int16_t version) {
  if (version < kAsksWithoutCreating && !request.allow_auto_topic_creation) {
    request.allow_auto_topic_creation = true;
    if (request.topics && !request.topics->empty()) request.topics.reset();
  }
  if (version == 0 && !request.topics) request.topics.emplace();  // version 0 has no null: empty means all
  return Error();
};

// Leaves the topics asked for; one that is not among all there are is unknown.
void keep_asked(const std::set<std::string>& asked, protocol::MetadataResponse& response) {
  std::erase_if(response.topics, [&](const auto& topic) { return topic.name && !asked.contains(*topic.name); });
  for (const std::string& name : asked) {
    const bool there = std::any_of(response.topics.begin(), response.topics.end(),
                                   [&](const auto& topic) { return topic.name == name; });
    if (there) continue;
    response.topics.emplace_back().name = name;
    response.topics.back().error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition);
  }
}

}  // namespace

struct Metadata::Explicit {
  std::optional<std::set<std::string>> topics;
  bool create = false;
  net::TimePoint deadline{};
  Done done;
  RetryPause retry;
  net::Timer timer;
};

Metadata::Metadata(Router& router) : router_(router), reactor_(router.reactor()) {}

Metadata::~Metadata() = default;

void Metadata::close() {
  closed_ = true;
  retry_timer_.cancel();
  age_timer_.cancel();
  listeners_.clear();
  const auto waiting = explicit_;
  for (const auto& asked : waiting) {
    if (!asked->timer.active()) continue;  // its request ends with the router
    asked->timer.cancel();
    std::erase(explicit_, asked);
    Done done = std::move(asked->done);
    protocol::MetadataResponse none;
    done(Error(Errc::closed), none);
  }
}

// --- who wants what ---------------------------------------------------------

void Metadata::want(const std::string& topic, bool create) {
  Wanted& wanted = wanted_[topic];
  ++wanted.count;
  wanted.create |= create;
  const TopicState* state = this->topic(topic);
  if (state == nullptr || !state->known) refresh();
}

void Metadata::unwant(const std::string& topic) {
  const auto found = wanted_.find(topic);
  if (found == wanted_.end()) return;
  if (--found->second.count <= 0) {
    found->second.count = 0;
    found->second.idle_since = reactor_.now();
  }
}

const TopicState* Metadata::topic(std::string_view name) const {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

const TopicState* Metadata::topic_by_id(const Uuid& id) const {
  const auto found = names_by_id_.find(id.bytes);
  return found == names_by_id_.end() ? nullptr : topic(found->second);
}

std::optional<int32_t> Metadata::leader(std::string_view topic, int32_t partition) const {
  return leader(this->topic(topic), partition);
}

std::optional<int32_t> Metadata::leader(const TopicState* state, int32_t partition) const {
  if (state == nullptr || partition < 0 || static_cast<size_t>(partition) >= state->partitions.size()) return {};
  const int32_t leader = state->partitions[static_cast<size_t>(partition)].leader;
  if (leader < 0 || !router_.knows(leader)) return {};
  return leader;
}

int32_t Metadata::leader_epoch(std::string_view topic, int32_t partition) const {
  return leader_epoch(this->topic(topic), partition);
}

int32_t Metadata::leader_epoch(const TopicState* state, int32_t partition) {
  if (state == nullptr || partition < 0 || static_cast<size_t>(partition) >= state->partitions.size()) return -1;
  const PartitionState& found = state->partitions[static_cast<size_t>(partition)];
  return found.undated ? -1 : found.epoch;
}

uint64_t Metadata::add_listener(Function<void()> listener) {
  listeners_[++next_listener_] = std::move(listener);
  return next_listener_;
}

void Metadata::remove_listener(uint64_t id) { listeners_.erase(id); }

void Metadata::notify() {
  if (notifying_ || closed_) return;
  notifying_ = true;
  reactor_.defer(scope_.wrap([this] {
    notifying_ = false;
    std::vector<uint64_t> ids;
    for (const auto& [id, listener] : listeners_) ids.push_back(id);
    for (uint64_t id : ids) {
      const auto found = listeners_.find(id);
      if (found != listeners_.end()) found->second();
    }
  }));
}

// --- asking -----------------------------------------------------------------

void Metadata::refresh() {
  if (closed_) return;
  if (asking_) {
    again_ = true;
    return;
  }
  if (retry_timer_.active()) return;
  const net::TimePoint now = reactor_.now();
  // Through the timer also without a wait: what is wanted in one turn goes out in one request.
  const net::Duration wait = std::max(retry_.until() - now, net::Duration::zero());
  retry_timer_ = reactor_.after(wait, [this] {
    retry_timer_.cancel();
    request();
  });
}

void Metadata::request() {
  if (closed_ || asking_) return;
  const net::TimePoint now = reactor_.now();
  ++generation_;
  std::erase_if(wanted_, [&](const auto& entry) {
    const bool idle = entry.second.count == 0 && now - entry.second.idle_since >= router_.config().metadata_max_idle;
    if (!idle) return false;
    if (const auto state = topics_.find(entry.first); state != topics_.end()) {
      names_by_id_.erase(state->second.id.bytes);
      topics_.erase(state);
    }
    return true;
  });
  protocol::MetadataRequest request;
  request.topics.emplace();
  request.allow_auto_topic_creation = false;
  for (const auto& [name, wanted] : wanted_) {
    request.topics->emplace_back().name = name;
    if (wanted.create && wanted.count > 0) request.allow_auto_topic_creation = true;
  }
  asking_ = true;
  again_ = false;
  const int32_t node = router_.any_broker(last_node_);
  router_.call<protocol::MetadataRequest>(
      node, Purpose::general, std::move(request), router_.config().request_timeout,
      scope_.wrap([this, node](Error error, protocol::MetadataResponse& response, const CallInfo&) {
        answered(std::move(error), response, node);
      }),
      adapt);
}

void Metadata::answered(Error error, protocol::MetadataResponse& response, int32_t node) {
  asking_ = false;
  ++generation_;
  if (closed_) return;
  if (!error && response.error_code != 0) error = broker_error(response.error_code, "Metadata");
  if (!error && usable_brokers(response).empty()) {
    error = Error(Errc::broker_not_available, router_.describe(node) + " names no broker");
  }
  if (error) {
    failed(error);
  } else {
    take(response);
  }
  last_error_ = error;
  bool incomplete = static_cast<bool>(error);
  for (const auto& [name, wanted] : wanted_) {
    if (wanted.count == 0) continue;
    TopicState& state = topics_[name];
    state.name = name;
    if (!error && !state.known && !state.error) state.error = Error(Errc::unknown_topic_or_partition, name);
    if (state.error && traits(state.error.code()).retry == Retry::no) continue;  // asking again is no use
    if (!state.known || state.error) incomplete = true;
    for (const PartitionState& partition : state.partitions) incomplete |= partition.leader < 0 || partition.error;
  }
  // A broker that is cut off from the rest may say the same old things for ever.
  last_node_ = incomplete ? node : Router::kNobody;
  if (incomplete) {
    router_.delay(retry_);
    again_ = true;
  } else {
    retry_.succeed();
    // At most one request per backoff, however many callers ask for it.
    retry_.hold(reactor_.now() + router_.config().retry_backoff);
  }
  arm_age();
  notify();
  if (again_) refresh();
}

void Metadata::arm_age() {
  age_timer_ = reactor_.after(router_.config().metadata_max_age, [this] {
    age_timer_.cancel();
    refresh();
  });
}

// --- learning ---------------------------------------------------------------

void Metadata::failed(const Error& error) {
  const net::TimePoint now = reactor_.now();
  failing_since_ = std::min(failing_since_, now);
  const bool too_long = now - failing_since_ >= router_.config().rebootstrap_trigger;
  if (!too_long && traits(error.code()).refresh != Refresh::bootstrap) return;
  router_.rebootstrap();
  failing_since_ = now;
}

void Metadata::take(protocol::MetadataResponse& response) {
  ++generation_;
  failing_since_ = net::TimePoint::max();
  router_.learnt();
  if (response.cluster_id) cluster_id_ = *response.cluster_id;
  router_.set_brokers(usable_brokers(response));
  std::set<std::string_view> taken;  // repeated: the first counts
  for (const auto& topic : response.topics) {
    if (topic.name && taken.insert(*topic.name).second) take_topic(topic);
  }
}

void Metadata::take_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic) {
  const auto wanted = wanted_.find(*topic.name);
  if (wanted == wanted_.end()) return;
  TopicState& state = topics_[*topic.name];
  state.name = *topic.name;
  state.error = broker_error(topic.error_code, *topic.name);
  if (state.error) return;  // what was known stays: a restarting broker may not know the topic for a moment (D4)
  if (topic.partitions.empty()) {
    state.error = Error(Errc::leader_not_available, *topic.name + " has no partitions");
    return;
  }
  const bool recreated =
      state.known && !(topic.topic_id == state.id) && !topic.topic_id.is_zero() && !state.id.is_zero();
  if (recreated) {
    state.partitions.clear();
    names_by_id_.erase(state.id.bytes);
  }
  if (!topic.topic_id.is_zero()) {
    state.id = topic.topic_id;
    names_by_id_[state.id.bytes] = state.name;
  }
  size_t count = state.partitions.size();
  for (const auto& partition : topic.partitions) {
    constexpr int32_t kMostPartitions = 1000000;
    if (partition.partition_index < 0 || partition.partition_index >= kMostPartitions) continue;
    count = std::max(count, static_cast<size_t>(partition.partition_index) + 1);
  }
  count = std::min(count, std::max(state.partitions.size(), topic.partitions.size()));  // numbers are dense
  state.partitions.resize(count);
  std::vector<bool> seen(count);
  for (const auto& partition : topic.partitions) {
    if (partition.partition_index < 0 || static_cast<size_t>(partition.partition_index) >= count) continue;
    if (seen[static_cast<size_t>(partition.partition_index)]) continue;
    seen[static_cast<size_t>(partition.partition_index)] = true;
    PartitionState& known = state.partitions[static_cast<size_t>(partition.partition_index)];
    if (partition.leader_epoch >= 0 && partition.leader_epoch < known.epoch) continue;  // older than what we know (D2)
    known.error = broker_error(partition.error_code, *topic.name);
    known.undated = partition.leader_epoch < 0;
    if (!known.undated) known.epoch = partition.leader_epoch;
    if (partition.leader_id < 0 || !router_.knows(partition.leader_id)) {
      // Between leaders: the old one is the best guess, and whoever asks it in vain refreshes (A15).
      if (!known.error) known.error = Error(Errc::leader_not_available, *topic.name);
      continue;
    }
    if (known.error == Errc::replica_not_available) known.error = {};
    const int32_t before = known.leader;
    known.leader = partition.leader_id;
    if (before >= 0 && before != known.leader && on_event_) {
      Event event;
      event.type = Event::Type::leader_changed;
      event.topic = state.name;
      event.partition = partition.partition_index;
      event.broker_id = known.leader;
      event.broker = router_.describe(known.leader);
      on_event_(event);
    }
  }
  state.known = true;
}

bool Metadata::apply_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch) {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || partition < 0 || leader < 0 || !router_.knows(leader)) return false;
  if (static_cast<size_t>(partition) >= found->second.partitions.size()) return false;
  PartitionState& known = found->second.partitions[static_cast<size_t>(partition)];
  if (epoch < known.epoch || (epoch == known.epoch && leader == known.leader)) return false;
  ++generation_;
  known.epoch = epoch;
  known.undated = false;
  known.leader = leader;
  known.error = {};
  notify();
  return true;
}

void Metadata::add_brokers(const std::vector<BrokerInfo>& brokers) {
  std::vector<BrokerInfo> all;
  for (const BrokerInfo& broker : brokers) {
    if (broker.id >= 0 && usable(broker.host, broker.port)) all.push_back(broker);
  }
  if (all.empty()) return;
  for (const auto& [id, broker] : router_.brokers()) {
    all.push_back({id, broker.endpoint->host, broker.endpoint->port, ""});  // after the new ones: those count
  }
  router_.set_brokers(all);
}

// --- explicit requests ------------------------------------------------------

void Metadata::fetch(std::optional<std::set<std::string>> topics, bool create, net::Duration timeout, Done done) {
  auto asked = std::make_shared<Explicit>(
      Explicit{std::move(topics), create, reactor_.now() + timeout, std::move(done), RetryPause(), net::Timer()});
  explicit_.push_back(asked);
  ask(std::move(asked));
}

void Metadata::ask(std::shared_ptr<Explicit> asked) {
  protocol::MetadataRequest request;
  request.allow_auto_topic_creation = asked->create;
  if (!asked->topics) request.topics.reset();  // null: all
  if (asked->topics) {
    for (const std::string& name : *asked->topics) request.topics->emplace_back().name = name;
  }
  const net::Duration left = asked->deadline - reactor_.now();
  router_.call<protocol::MetadataRequest>(
      router_.any_broker(), Purpose::general, std::move(request), {router_.config().request_timeout, left},
      scope_.wrap([this, asked](Error error, protocol::MetadataResponse& response, const CallInfo&) {
        if (!error && response.error_code != 0) error = broker_error(response.error_code, "Metadata");
        if (!error && usable_brokers(response).empty()) {
          error = Error(Errc::broker_not_available, "the answer names no broker");
        }
        if (error) {
          failed(error);
        } else {
          if (asked->topics) keep_asked(*asked->topics, response);
          take(response);
          notify();
        }
        bool incomplete = false;  // topics that are being created have no leaders for a moment
        for (const auto& topic : response.topics) {
          incomplete |= topic.error_code == static_cast<int16_t>(Errc::leader_not_available);
        }
        const net::Duration wait = router_.delay(asked->retry);
        const bool again = (error ? traits(error.code()).retry == Retry::yes : incomplete) && !closed_ &&
                           asked->retry.until() < asked->deadline;
        if (!again) {
          if (error == Errc::connect_failed || error == Errc::disconnected) {
            error = Error(closed_ ? Errc::closed : Errc::timed_out, error.message());
          }
          std::erase(explicit_, asked);
          Done finished = std::move(asked->done);
          return finished(std::move(error), response);
        }
        asked->timer = reactor_.after(wait, [this, weak = std::weak_ptr<Explicit>(asked)] {
          if (auto due = weak.lock()) {
            due->timer.cancel();
            ask(std::move(due));
          }
        });
      }),
      adapt);
}

ClusterMetadata to_public(const protocol::MetadataResponse& response) {
  ClusterMetadata cluster;
  cluster.cluster_id = response.cluster_id.value_or("");
  cluster.controller = response.controller_id;
  cluster.brokers = usable_brokers(response);
  for (const auto& topic : response.topics) {
    if (!topic.name) continue;
    TopicInfo& info = cluster.topics[*topic.name];
    info.name = *topic.name;
    info.error = broker_error(topic.error_code, *topic.name);
    info.internal = topic.is_internal;
    for (const auto& partition : topic.partitions) {
      info.partitions.push_back({partition.partition_index, broker_error(partition.error_code), partition.leader_id,
                                 partition.leader_epoch, partition.replica_nodes, partition.isr_nodes});
    }
    std::stable_sort(info.partitions.begin(), info.partitions.end(),
                     [](const auto& a, const auto& b) { return a.partition < b.partition; });
  }
  return cluster;
}

}  // namespace kafka::cluster
