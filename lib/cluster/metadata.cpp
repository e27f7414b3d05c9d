#include "cluster/metadata.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "cluster/metadata_answer.hpp"

namespace kafka::cluster {
Metadata::Metadata(Router& router)
    : router_(router),
      reactor_(router.reactor()),
      topics_(router),
      queries_(router, *this),
      listeners_(router.reactor()) {
  topics_.on_leader_changed([this](const TopicState& topic, int32_t partition) { tell_leader(topic, partition); });
}

Metadata::~Metadata() = default;

void Metadata::close() {
  closed_ = true;
  retry_timer_.cancel();
  age_timer_.cancel();
  listeners_.clear();
  queries_.close();
}

// --- wanted topics ----------------------------------------------------------

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

void Metadata::forget_refusal() {
  bool any = false;
  for (auto& [name, wanted] : wanted_) {
    if (!std::exchange(wanted.refused, false)) continue;
    topics_.at(name).error = {};
    any = true;
  }
  if (!any) return;
  ++generation_;
  refresh();
}

void Metadata::forget_idle() {
  const net::TimePoint now = reactor_.now();
  std::erase_if(wanted_, [&](const auto& entry) {
    const bool idle = entry.second.count == 0 && now - entry.second.idle_since >= router_.config().metadata_max_idle;
    if (idle) topics_.forget(entry.first);
    return idle;
  });
}

void Metadata::request() {
  if (closed_ || asking_) return;
  ++generation_;
  forget_idle();
  protocol::MetadataRequest request;
  request.topics.emplace();
  request.allow_auto_topic_creation = false;
  for (const auto& [name, wanted] : wanted_) {
    request.topics->emplace_back().name = name;
    if (wanted.create && wanted.count > 0) request.allow_auto_topic_creation = true;
  }
  asking_ = true;
  again_ = false;
  const int32_t node = source_.choose(router_);
  router_.call<protocol::MetadataRequest>(
      node, Purpose::general, std::move(request), router_.config().request_timeout,
      scope_.wrap([this, node](Error error, protocol::MetadataResponse& response, const CallInfo&) {
        answered(std::move(error), response, node);
      }),
      adapt_metadata_request);
}

void Metadata::answered(Error error, protocol::MetadataResponse& response, int32_t node) {
  asking_ = false;
  ++generation_;
  if (closed_) return;
  if (!error) error = metadata_error(response, router_.describe(node));
  if (error) {
    source_.failed(node);
    failed(error);
  } else {
    source_.answered(node, response, topics_);
    take(response);
  }
  last_error_ = error;
  const bool incomplete = update_wanted(error);
  // A broker that is cut off from the rest may say the same old things for ever.
  source_.avoid(incomplete ? node : Router::kNobody);
  if (incomplete) {
    router_.delay(retry_);
    again_ = true;
  } else {
    retry_.succeed();
    // At most one request per backoff, however many callers ask for it.
    retry_.hold(reactor_.now() + std::max(router_.config().retry_backoff, RetryPause::kLeast));
  }
  arm_age();
  listeners_.notify();
  if (again_) refresh();
}

// Gives wanted topics the error that follows from an attempt that ended with `error`. True if something of them is
// missing that another attempt may find.
bool Metadata::update_wanted(const Error& error) {
  const Error refusal = router_.refusal();
  bool incomplete = static_cast<bool>(error);
  for (auto& [name, wanted] : wanted_) {
    if (wanted.count == 0) continue;
    TopicState& state = topics_.at(name);
    wanted.refused = !state.known && refusal;
    if (wanted.refused) state.error = refusal;
    if (!error && !state.known && !state.error) state.error = Error(Errc::unknown_topic_or_partition, name);
    if (state.error && traits(state.error.code()).retry == Retry::no) continue;  // asking again is no use
    if (!state.known || state.error) incomplete = true;
    if (state.error) tell_retry("topic " + name, state.error);
    incomplete |= lacks_leaders(state);
  }
  return incomplete;
}

// One of them is told: a broker that is down has led many.
bool Metadata::lacks_leaders(const TopicState& topic) {
  const PartitionState* first = nullptr;
  size_t count = 0;
  for (const PartitionState& partition : topic.partitions) {
    if (partition.leader >= 0 && !partition.error) continue;
    if (count++ == 0) first = &partition;
  }
  if (first == nullptr) return false;
  std::string where = topic.name + "/" + std::to_string(first - topic.partitions.data());
  if (count > 1) where += " and " + std::to_string(count - 1) + " more partitions";
  tell_retry(where, first->error ? first->error : Error(Errc::leader_not_available));
  return true;
}

void Metadata::tell_retry(const std::string& subject, const Error& why) {
  if (on_retry_) on_retry_(subject, why);
}

void Metadata::arm_age() {
  age_timer_ = reactor_.after(router_.config().metadata_max_age, [this] {
    age_timer_.cancel();
    refresh();
  });
}

// --- learning ---------------------------------------------------------------

void Metadata::failed(const Error& error) {
  tell_retry("metadata", error);
  const net::TimePoint now = reactor_.now();
  failing_since_ = std::min(failing_since_, now);
  const bool too_long = now - failing_since_ >= router_.config().rebootstrap_trigger;
  if (!too_long && traits(error.code()).refresh != Refresh::bootstrap) return;
  router_.rebootstrap();
  failing_since_ = now;
}

void Metadata::learn(protocol::MetadataResponse& response) {
  take(response);
  listeners_.notify();
}

void Metadata::take(protocol::MetadataResponse& response) {
  ++generation_;
  failing_since_ = net::TimePoint::max();
  router_.learnt();
  if (response.cluster_id) cluster_id_ = *response.cluster_id;
  router_.set_brokers(usable_brokers(response));
  std::set<std::string_view> taken;  // repeated: the first counts
  for (const auto& topic : response.topics) {
    if (topic.name && wanted_.contains(*topic.name) && taken.insert(*topic.name).second) topics_.take(topic);
  }
}

void Metadata::tell_leader(const TopicState& topic, int32_t partition) {
  if (!on_event_) return;
  Event event;
  event.type = Event::Type::leader_changed;
  event.topic = topic.name;
  event.partition = partition;
  event.broker_id = topic.partitions[static_cast<size_t>(partition)].leader;
  event.broker = router_.describe(event.broker_id);
  on_event_(event);
}

bool Metadata::apply_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch) {
  if (!topics_.take_leader(topic, partition, leader, epoch)) return false;
  ++generation_;
  listeners_.notify();
  return true;
}

void Metadata::add_brokers(const std::vector<BrokerInfo>& brokers) {
  std::vector<BrokerInfo> all;
  for (const BrokerInfo& broker : brokers) {
    const bool room = all.size() + router_.brokers().size() < kMostBrokers;
    if (broker.id >= 0 && usable(broker.host, broker.port) && (room || router_.knows(broker.id))) all.push_back(broker);
  }
  if (all.empty()) return;
  for (const auto& [id, broker] : router_.brokers()) {
    all.push_back({id, broker.endpoint->host, broker.endpoint->port, ""});  // after the new ones: those count
  }
  router_.set_brokers(all);
}

}  // namespace kafka::cluster
