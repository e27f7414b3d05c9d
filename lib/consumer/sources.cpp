#include "consumer/sources.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::consumer {
namespace {

FetchMemory memory_for(const ConsumerOptions& options, const SessionOptions& session) {
  const auto limit = static_cast<size_t>(options.fetch_memory);
  return {limit, FetchMemory::largest_answer(limit, static_cast<size_t>(options.fetch_max_bytes),
                                             static_cast<size_t>(session.receive_message_max_bytes))};
}

}  // namespace

Sources::Sources(session::Core& core, const ConsumerOptions& options, const Assignment& assignment,
                 const LifeCycle& life_cycle, const Consumptions& consumptions, Positions& positions, Owner& owner)
    : consumptions_(consumptions),
      positions_(positions),
      owner_(owner),
      memory_(memory_for(options, core.options())),
      intake_(core, options, positions, owner),
      context_{core, options, assignment, life_cycle, memory_, intake_, *this},
      epoch_check_(context_) {}

void Sources::join() {
  context_.lane = context_.core.router().add_lane();
  listener_ = context_.core.metadata().add_listener([this] { schedule(); });
}

void Sources::rest() { arm_wake(net::TimePoint::max()); }

void Sources::close(bool leave) {
  wake_timer_.cancel();
  context_.scope.end();
  if (!leave) return;
  context_.core.metadata().remove_listener(listener_);
  context_.core.router().drop_lane(context_.lane);
}

void Sources::schedule() {
  if (scheduled_ || !consuming()) return;
  scheduled_ = true;
  context_.core.reactor().defer(context_.scope.wrap([this] {
    scheduled_ = false;
    look();
  }));
}

void Sources::arm_wake(net::TimePoint at) {
  if (at == wake_at_ && wake_timer_.active()) return;
  wake_at_ = at;
  wake_timer_.cancel();
  if (at == net::TimePoint::max()) return;
  net::Reactor& reactor = context_.core.reactor();
  wake_timer_ = reactor.after(std::max(at - reactor.now(), net::Duration::zero()), [this] {
    wake_timer_.cancel();
    look();
  });
}

void Sources::look() {
  if (!consuming()) return;
  Plan plan(context_.core.metadata(), context_.core.reactor().now());
  hear_metadata(plan);
  for (const auto& partition : context_.assignment) {
    if (!partition->position.ready() || partition->holds != 0 || partition->request.id != 0) continue;
    if (partition->read_topic.checking) continue;
    look_at(*partition, plan);
    if (!consuming()) return;
  }
  if (plan.checks) check_along(plan);
  for (const auto& [node, partitions] : plan.to_check) epoch_check_.ask(node, partitions);
  for (Entry* entry : in_order(plan)) ask(*entry, plan);
  arm_wake(plan.wake);
}

// Topics that metadata has lost, or knows again, are in doubt, also while a request for their partitions is under way.
void Sources::hear_metadata(Plan& plan) {
  const uint64_t generation = context_.core.metadata().generation();
  if (std::exchange(heard_, generation) == generation) return;
  for (const auto& partition : context_.assignment) {
    const cluster::TopicState* const topic = plan.topics.of(*partition);
    if (topic != nullptr) partition->read_topic.listed(!topic->gone);
  }
}

// A topic is asked about. Partitions that rest after a failure, and are in doubt too, are asked about along with it:
// otherwise each of thousands would have a request of its own when its pause is over.
void Sources::check_along(Plan& plan) {
  for (const auto& partition : context_.assignment) {
    if (!partition->position.ready() || partition->holds != 0 || partition->request.id != 0) continue;
    if (partition->read_topic.checking || partition->fetch.retry.due(plan.now)) continue;
    const auto leader = context_.core.metadata().leader(plan.topics.of(*partition), partition->number);
    if (leader && in_doubt(*partition, *leader, plan)) positions_.check_topic(*partition);
  }
}

// Nothing says that the topic is the one that was read.
bool Sources::in_doubt(const Partition& partition, int32_t leader, const Plan& plan) {
  const ReadTopic& read = partition.read_topic;
  return read.away(plan.now, context_.options.fetch_max_wait) && !read.vouched(source(leader).by_id());
}

// Puts the partition into the share of the broker that it is to be read from, unless something has to come first.
void Sources::look_at(Partition& partition, Plan& plan) {
  const cluster::TopicState* const topic = plan.topics.of(partition);
  if (positions_.notice(partition, topic)) return;
  const std::optional<int32_t> leader = this->leader(partition, topic, plan);
  cluster::LeaderSearch& retry = partition.fetch.retry;
  if (leader) {
    retry.found();
    partition.read_topic.led_by(*leader);
  }
  if (missing(partition, topic, plan)) return;
  if (!retry.leader(leader, context_.core.metadata(), plan.now)) return plan.wake_at(retry.until());
  if (in_doubt(partition, *leader, plan)) {
    plan.checks = true;
    return positions_.check_topic(partition);
  }
  if (partition.fetch.drain_first) {
    if (!partition.buffer.empty()) return;
    partition.fetch.drain_first = false;
  }
  Replica& replica = partition.replica;
  replica.refresh(*leader, plan.now);
  // Neither followers nor old leaders compare what was read with the leader's log.
  if ((replica.followed() || !source(*leader).compares()) &&
      partition.epochs.unchecked(cluster::Metadata::leader_epoch(topic, partition.number))) {
    plan.to_check[*leader].push_back(&partition);
    return;
  }
  Share& share = plan.shares[replica.followed() ? replica.node : *leader];
  if (!hungry(partition)) {
    share.others_full = true;
    return;
  }
  share.hungry.push_back(&partition);
  share.at_end &= partition.position.at_end() && partition.buffer.empty();
  share.starving |= partition.starving();
  share.advised &= replica.takes_advice(plan.now);
}

// The leader that metadata names, unless a newer one has to be waited for.
std::optional<int32_t> Sources::leader(Partition& partition, const cluster::TopicState* topic, Plan& plan) {
  const std::optional<int32_t> leader = context_.core.metadata().leader(topic, partition.number);
  if (!leader) return leader;
  const int32_t epoch = cluster::Metadata::leader_epoch(topic, partition.number);
  if (!partition.epochs.outdated(*leader, epoch)) return leader;
  const auto until = partition.epochs.wait_for_newer(epoch, plan.now);
  if (!until) {  // it may be another topic's leader
    partition.read_topic.doubt();
    return leader;
  }
  plan.wake_at(*until);
  return {};
}

// True if metadata says that the partition cannot be consumed, or has not known it for too long: it is stopped.
bool Sources::missing(Partition& partition, const cluster::TopicState* topic, Plan& plan) {
  cluster::Metadata& metadata = context_.core.metadata();
  if (topic != nullptr && topic->error && traits(topic->error.code()).retry == Retry::no) {
    metadata.refresh();  // the next consumption shall see something newer
    positions_.stop(partition, topic->error, false);
    return true;
  }
  const bool absent = topic == nullptr || !topic->known || topic->error == Errc::unknown_topic_or_partition ||
                      static_cast<size_t>(partition.number) >= topic->partitions.size();
  net::TimePoint& since = partition.fetch.missing_since;
  if (!absent) since = {};
  if (!absent || metadata.last_error()) return false;  // an outage is waited out, however long
  if (since == net::TimePoint()) since = plan.now;
  const net::TimePoint given_up = since + context_.options.default_api_timeout;
  if (plan.now < given_up) {
    plan.wake_at(given_up);
    return false;
  }
  metadata.refresh();  // the next consumption shall see something newer
  positions_.stop(partition, Error(Errc::unknown_topic_or_partition, partition.where()), false);
  return true;
}

// Memory goes first to brokers of partitions that have nothing, then to those asked longest ago.
std::vector<Sources::Entry*> Sources::in_order(Plan& plan) {
  std::vector<Entry*> order;
  for (Entry& entry : plan.shares) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [this](const Entry* a, const Entry* b) {
    if (a->second.starving != b->second.starving) return a->second.starving;
    return source(a->first).last_request() < source(b->first).last_request();
  });
  return order;
}

void Sources::ask(Entry& entry, Plan& plan) {
  Share& share = entry.second;
  Source& source = this->source(entry.first);
  if (share.hungry.empty() || source.busy()) return;
  if (const net::TimePoint due = source.due(share); due > plan.now) return plan.wake_at(due);
  const auto alone = std::find_if(share.hungry.begin(), share.hungry.end(), [](auto* p) { return p->fetch.alone; });
  if (alone != share.hungry.end()) share.hungry = {*alone};
  size_t room = memory_.room(wanted(share), plan.shares.size());
  if (room == 0) {
    // Comes back when a request has ended, or something was dispatched.
    if (memory_.reserved() > 0 || owner_.will_free_memory()) return;
    // What fills the memory will not be read soon: one small step beyond the limit for each of the others.
    std::erase_if(share.hungry, [](const Partition* partition) { return !partition->starving(); });
    if (share.hungry.empty()) return;
    room = FetchMemory::kLeastFetch;
  }
  // The broker fills its answer in the order of the question: a partition that got something last comes last.
  std::stable_sort(share.hungry.begin(), share.hungry.end(),
                   [](const auto* a, const auto* b) { return a->request.served < b->request.served; });
  source.ask(share, room);
}

size_t Sources::wanted(const Share& share) const {
  const auto plain = static_cast<size_t>(context_.options.max_partition_fetch_bytes);
  size_t bytes = 0;
  for (const Partition* partition : share.hungry) bytes += std::max(partition->fetch.max_bytes, plain);
  return bytes;
}

}  // namespace kafka::consumer
