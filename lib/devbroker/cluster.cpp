// The shared state of a cluster (see cluster.hpp).
#include "devbroker/cluster.hpp"

#include <algorithm>

#include "base/topic_name.hpp"
#include "protocol/produce.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"

namespace kafka::devbroker {

namespace {

Error no_such_partition(std::string_view topic, int32_t partition) {
  return Error(Errc::unknown_topic_or_partition, std::string(topic) + "-" + std::to_string(partition));
}

/// The group's place among the 50 partitions of the offsets topic: Java's String.hashCode modulo 50.
uint32_t offsets_partition(std::string_view group) {
  uint32_t hash = 0;
  for (char c : group) hash = hash * 31 + static_cast<unsigned char>(c);
  return (hash & 0x7FFFFFFFu) % 50;
}

}  // namespace

void Partition::wake_waiters() {
  for (Waiter* waiter : waiters) waiter->wake();  // wake() only schedules; nobody leaves the list in it
}

const std::shared_ptr<Partition>& Topic::partition(int32_t number) const {
  static const std::shared_ptr<Partition> none;
  return number < 0 || static_cast<size_t>(number) >= partitions.size() ? none
                                                                        : partitions[static_cast<size_t>(number)];
}

int64_t Partition::end_of(int32_t replica) const {
  auto at = replica == leader ? lagging.end() : lagging.find(replica);
  return at == lagging.end() ? log.end_offset() : std::min(at->second, log.end_offset());
}

Cluster::Cluster(ClusterOptions options) : options_(options), profile_(find_profile("")) {}

void Cluster::add_broker(int32_t id, BrokerHandle& broker) {
  brokers_[id].handle = &broker;
  brokers_[id].alive = brokers_[id].listed = true;
}

void Cluster::remove_broker(int32_t id) { brokers_.erase(id); }

void Cluster::set_rack(int32_t id, std::string rack) {
  if (auto at = brokers_.find(id); at != brokers_.end()) at->second.rack = std::move(rack);
}

const std::string& Cluster::rack(int32_t id) const {
  static const std::string unknown;
  auto at = brokers_.find(id);
  return at == brokers_.end() ? unknown : at->second.rack;
}

int64_t Cluster::fetch_session_count(int32_t id) const {
  size_t sum = 0;
  for (const auto& [other, sessions] : fetch_sessions_) sum += id == 0 || id == other ? sessions.count() : 0;
  return static_cast<int64_t>(sum);
}

void Cluster::evict_fetch_sessions(int32_t id) {
  for (auto& [other, sessions] : fetch_sessions_) {
    if (id == 0 || id == other) sessions.clear();
  }
}

std::vector<int32_t> Cluster::listed_brokers() const {
  std::vector<int32_t> ids;
  for (const auto& [id, state] : brokers_) {
    if (state.listed) ids.push_back(id);
  }
  return ids;
}

BrokerHandle* Cluster::broker(int32_t id) const {
  auto at = brokers_.find(id);
  return at == brokers_.end() ? nullptr : at->second.handle;
}

bool Cluster::alive(int32_t id) const {
  auto at = brokers_.find(id);
  return at != brokers_.end() && at->second.alive;
}

bool Cluster::listed(int32_t id) const {
  auto at = brokers_.find(id);
  return at != brokers_.end() && at->second.listed;
}

int32_t Cluster::controller() const {
  for (const auto& [id, state] : brokers_) {
    if (state.alive) return id;
  }
  return -1;
}

std::string Cluster::bootstrap_servers() const {
  std::string list;
  for (const auto& [id, state] : brokers_) {
    if (!list.empty()) list += ',';
    const std::string host = state.handle->host();
    list += host.find(':') == std::string::npos ? host : "[" + host + "]";
    list += ':' + std::to_string(state.handle->port());
  }
  return list;
}

void Cluster::kill(int32_t id) {
  auto at = brokers_.find(id);
  if (at == brokers_.end() || !at->second.alive) return;
  BrokerState& state = at->second;
  state.alive = false;
  fetch_sessions_.erase(id);
  state.handle->stop();
  if (options_.failover_time.count() <= 0) {
    state.listed = false;
    elect_leaders();
  } else {
    // On a living broker's clock where there is one: in a simulation a dead host's may stand still.
    BrokerHandle* witness = broker(controller());
    net::Reactor& clock = (witness == nullptr ? state.handle : witness)->reactor();
    state.failover = clock.after(options_.failover_time, [this, id] {
      auto found = brokers_.find(id);
      if (found == brokers_.end()) return;
      found->second.failover.cancel();
      found->second.listed = false;
      elect_leaders();
    });
  }
}

void Cluster::restart(int32_t id) {
  auto at = brokers_.find(id);
  if (at == brokers_.end() || at->second.alive) return;
  at->second.failover.cancel();
  if (at->second.handle->start()) return;
  at->second.alive = at->second.listed = true;
  elect_leaders();
}

void Cluster::pause(int32_t id) {
  if (BrokerHandle* handle = broker(id)) handle->set_paused(true);
}

void Cluster::resume(int32_t id) {
  if (BrokerHandle* handle = broker(id)) handle->set_paused(false);
}

void Cluster::disconnect(int32_t id) {
  for (auto& [other, state] : brokers_) {
    if (id == 0 || id == other) state.handle->disconnect_all();
  }
}

int64_t Cluster::accepted_connections(int32_t id) const {
  int64_t sum = 0;
  for (const auto& [other, state] : brokers_) sum += id == 0 || id == other ? state.handle->accepted() : 0;
  return sum;
}

int64_t Cluster::open_connections(int32_t id) const {
  int64_t sum = 0;
  for (const auto& [other, state] : brokers_) sum += id == 0 || id == other ? state.handle->open() : 0;
  return sum;
}

/// In-sync replicas are the living ones; a partition whose leader is dead gets the first of them.
void Cluster::elect_leaders() {
  for (auto& [name, topic] : topics_) {
    for (auto& partition : topic.partitions) {
      std::vector<int32_t> living;
      for (int32_t id : partition->replicas) {
        if (alive(id)) living.push_back(id);
      }
      if (partition->leader < 0 || !listed(partition->leader)) {
        const int32_t next = living.empty() ? -1 : living.front();
        if (next != partition->leader) set_leader(*partition, next);
      }
      if (!living.empty()) partition->in_sync = std::move(living);  // the last one to die stays the only one in sync
    }
  }
}

void Cluster::set_leader(Partition& partition, int32_t broker) {
  partition.leader = broker;
  partition.lagging.erase(broker);  // it has the whole log, and keeps it as a follower
  ++partition.epoch;
  partition.log.begin_epoch(partition.epoch);
  partition.wake_waiters();
}

bool Cluster::valid_topic_name(std::string_view name) { return !check_topic_name(name); }

Error Cluster::create_topic(std::string_view name, int32_t partitions) {
  if (Error error = check_topic_name(name)) return error;
  if (topics_.find(name) != topics_.end()) return Error(Errc::topic_already_exists, std::string(name));
  if (partitions < 1 || partitions > kMaxPartitions) {
    return Error(Errc::invalid_partitions, "a topic has 1 to " + std::to_string(kMaxPartitions) + " partitions");
  }
  if (topics_.size() >= kMaxTopics) return Error(Errc::policy_violation, "too many topics");
  Topic topic;
  topic.name = std::string(name);
  const int64_t number = topics_made_++;
  // Any value but zero will do; a topic made again under its old name gets another one.
  topic.id = {0x75, 0x76, 0x6B, 0x64, 0x65, 0x76, 0x40, 0x00, 0x80, 0x00};
  for (size_t i = 0; i < 6; ++i) topic.id[10 + i] = static_cast<uint8_t>((number + 1) >> (8 * (5 - i)));
  std::vector<int32_t> ids;
  for (const auto& [id, state] : brokers_) ids.push_back(id);
  const auto brokers = static_cast<int64_t>(ids.size());
  const int64_t copies = std::clamp<int64_t>(options_.replication_factor, 1, std::max<int64_t>(brokers, 1));
  for (int32_t p = 0; p < partitions; ++p) {
    auto partition = std::make_shared<Partition>();
    partition->log.begin_epoch(partition->epoch);
    for (int64_t copy = 0; copy < copies && copy < brokers; ++copy) {
      partition->replicas.push_back(ids[static_cast<size_t>((number + p + copy) % brokers)]);
    }
    for (int32_t id : partition->replicas) {
      if (!alive(id)) continue;
      if (partition->leader < 0) partition->leader = id;
      partition->in_sync.push_back(id);
    }
    topic.partitions.push_back(std::move(partition));
  }
  names_by_id_[topic.id] = topic.name;
  topics_.emplace(topic.name, std::move(topic));
  return {};
}

Error Cluster::delete_topic(std::string_view name) {
  auto at = topics_.find(name);
  if (at == topics_.end()) return Error(Errc::unknown_topic_or_partition, std::string(name));
  for (auto& partition : at->second.partitions) {
    partition->deleted = true;
    partition->leader = -1;
    partition->wake_waiters();
  }
  names_by_id_.erase(at->second.id);
  groups_.forget_topic(name);
  old_groups_.forget_topic(name);
  topics_.erase(at);
  return {};
}

Error Cluster::configure_topic(std::string_view name, DevTopicConfig config) {
  Topic* topic = find_topic(name);
  if (topic == nullptr) return Error(Errc::unknown_topic_or_partition, std::string(name));
  if (config.message_max_bytes < 0) return Error(Errc::invalid_argument, "message_max_bytes must be 0 or more");
  for (auto& partition : topic->partitions) partition->config = config;
  return {};
}

Topic* Cluster::find_topic(std::string_view name) {
  auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

const Topic* Cluster::find_topic(std::string_view name) const {
  auto at = topics_.find(name);
  return at == topics_.end() ? nullptr : &at->second;
}

Topic* Cluster::find_topic(const TopicId& id) {
  auto at = names_by_id_.find(id);
  return at == names_by_id_.end() ? nullptr : find_topic(at->second);
}

std::shared_ptr<Partition> Cluster::find_partition(std::string_view topic, int32_t partition) const {
  const Topic* found = find_topic(topic);
  return found == nullptr ? nullptr : found->partition(partition);
}

Appended Cluster::append(Partition& partition, const Bytes& records, int16_t produce_version, int64_t now_ms) {
  const int32_t limit =
      partition.config.message_max_bytes > 0 ? partition.config.message_max_bytes : options_.message_max_bytes;
  const AppendRules rules{.produce_version = produce_version,
                          .max_message_bytes = static_cast<size_t>(limit),
                          .leader_epoch = partition.epoch,
                          .producers = profile_->producers,
                          .needs_keys = partition.config.compacted,
                          .log_append_time_ms = partition.config.log_append_time ? now_ms : -1};
  Appended done = partition.log.append(records, rules);
  if (done.error == Errc::none && !done.duplicate) {
    partition.last_append_ms = now_ms;
    partition.wake_waiters();
  }
  return done;
}

int64_t Cluster::append(std::string_view topic, int32_t partition, const Message& message) {
  auto found = find_partition(topic, partition);
  if (found == nullptr || brokers_.empty()) return -1;
  const int64_t now = brokers_.begin()->second.handle->reactor().wall_clock_ms();
  records::BatchBuilder builder(1024);
  const int64_t time = message.timestamp == kNoTimestamp ? now : message.timestamp;
  if (builder.append(time, message.key, message.value, message.headers) != Errc::none) return -1;
  Bytes sealed;
  if (builder.seal({}, sealed)) return -1;
  return append(*found, sealed,
                std::min(profile_->find(ApiKey::produce)->served.max, protocol::ProduceRequest::kZstdFrom), now)
      .base_offset;
}

int64_t Cluster::append_transactional(std::string_view topic, int32_t partition, int64_t producer_id,
                                      const std::vector<Message>& messages, Compression codec) {
  auto found = find_partition(topic, partition);
  if (found == nullptr || brokers_.empty() || producer_id < 0 || messages.empty()) return -1;
  const int64_t now = brokers_.begin()->second.handle->reactor().wall_clock_ms();
  records::BatchBuilder builder(1024);
  for (const Message& message : messages) {
    const int64_t time = message.timestamp == kNoTimestamp ? now : message.timestamp;
    if (builder.append(time, message.key, message.value, message.headers) != Errc::none) return -1;
  }
  records::SealOptions options{
      .codec = codec, .producer_id = producer_id, .producer_epoch = 0, .base_sequence = 0, .transactional = true};
  const auto& states = found->log.producers().states();
  if (auto known = states.find(producer_id); known != states.end()) {
    const Producers::State& state = known->second;
    options.producer_epoch = state.epoch;
    if (!state.batches.empty()) options.base_sequence = add_to_sequence(state.batches.back().last_sequence, 1);
  }
  Bytes sealed;
  if (builder.seal(options, sealed)) return -1;
  return append(*found, sealed, protocol::ProduceRequest::kZstdFrom, now).base_offset;
}

int64_t Cluster::end_transaction(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end) {
  auto found = find_partition(topic, partition);
  if (found == nullptr || brokers_.empty() || producer_id < 0) return -1;
  const int64_t now = brokers_.begin()->second.handle->reactor().wall_clock_ms();
  const int64_t offset = found->log.append_marker(producer_id, end == TransactionEnd::commit, found->epoch, now);
  found->last_append_ms = now;
  found->wake_waiters();
  return offset;
}

std::vector<OwnedMessage> Cluster::read(std::string_view topic, int32_t partition) const {
  std::vector<OwnedMessage> messages;
  auto found = find_partition(topic, partition);
  if (found == nullptr) return messages;
  records::BatchIterator batches(found->log.all());
  auto owned = [](std::string_view view) {
    return view.data() == nullptr ? std::nullopt : std::optional<std::string>(view);
  };
  while (batches.next()) {
    records::RecordReader reader;
    if (batches.batch().is_control || batches.open(reader)) continue;
    records::RecordView record;
    while (reader.next(record)) {
      if (record.offset < found->log.start_offset()) continue;
      OwnedMessage message{.topic = std::string(topic),
                           .partition = partition,
                           .offset = record.offset,
                           .timestamp = record.timestamp,
                           .timestamp_type = record.timestamp_type,
                           .key = owned(record.key),
                           .value = owned(record.value)};
      records::HeaderIterator headers(record);
      Header header;
      while (headers.next(header)) message.headers.emplace_back(std::string(header.key), owned(header.value));
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

Error Cluster::truncate_before(std::string_view topic, int32_t partition, int64_t offset) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (Errc code = found->log.truncate_before(offset); code != Errc::none) return Error(code, std::to_string(offset));
  if (profile_->producers != ProducerRules::lasting) found->log.producers().forget_below(found->log.start_offset());
  found->wake_waiters();
  return {};
}

Error Cluster::forget_producers(std::string_view topic, int32_t partition) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->log.producers().forget();
  return {};
}

Error Cluster::set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (producer.id < 0 || producer.epoch < 0 || producer.last_sequence < -1) return Errc::invalid_argument;
  found->log.producers().set(producer.id, producer.epoch, producer.last_sequence, found->log.end_offset() - 1);
  return {};
}

std::vector<KnownProducer> Cluster::producers(std::string_view topic, int32_t partition) const {
  std::vector<KnownProducer> all;
  auto found = find_partition(topic, partition);
  if (found == nullptr) return all;
  for (const auto& [id, state] : found->log.producers().states()) {
    all.push_back({id, state.epoch, state.batches.empty() ? -1 : state.batches.back().last_sequence, state.open_since});
  }
  return all;
}

Error Cluster::truncate_to(std::string_view topic, int32_t partition, int64_t offset) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->log.truncate_to(offset);
  set_leader(*found, found->leader);
  return {};
}

Error Cluster::move_leader(std::string_view topic, int32_t partition, int32_t broker) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (broker != -1 && !alive(broker)) return Error(Errc::broker_not_available, "broker " + std::to_string(broker));
  if (broker != -1 && std::find(found->replicas.begin(), found->replicas.end(), broker) == found->replicas.end()) {
    found->replicas.push_back(broker);
    found->in_sync.push_back(broker);
  }
  set_leader(*found, broker);
  return {};
}

Error Cluster::set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  const auto& replicas = found->replicas;
  if (std::find(replicas.begin(), replicas.end(), broker) == replicas.end())
    return Error(Errc::replica_not_available, "broker " + std::to_string(broker));
  if (offset < 0) {
    found->lagging.erase(broker);
  } else {
    found->lagging[broker] = offset;
  }
  found->wake_waiters();
  return {};
}

Error Cluster::prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker) {
  auto found = find_partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->preferred = broker;
  found->wake_waiters();
  return {};
}

int32_t Cluster::preferred_replica(const Partition& partition, std::string_view rack_id, int64_t offset) const {
  if (partition.preferred) return *partition.preferred == partition.leader ? -1 : *partition.preferred;
  if (rack_id.empty() || rack(partition.leader) == rack_id) return -1;
  int32_t best = -1;
  for (int32_t id : partition.in_sync) {
    if (!alive(id) || rack(id) != rack_id || partition.end_of(id) < offset) continue;
    if (best < 0 || partition.end_of(id) > partition.end_of(best)) best = id;
  }
  return best;
}

Error Cluster::move_coordinator(std::string_view group, int32_t broker) {
  if (!alive(broker)) return Error(Errc::broker_not_available, "broker " + std::to_string(broker));
  coordinators_[std::string(group)] = broker;
  return {};
}

int32_t Cluster::coordinator(std::string_view group) const {
  if (auto at = coordinators_.find(group); at != coordinators_.end() && listed(at->second)) return at->second;
  const std::vector<int32_t> ids = [&] {
    std::vector<int32_t> all;
    for (const auto& [id, state] : brokers_) all.push_back(id);
    return all;
  }();
  // The next broker there is after the one that the group's place names.
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t id = ids[(offsets_partition(group) + i) % ids.size()];
    if (listed(id)) return id;
  }
  return -1;
}

void Cluster::note_request(SeenRequest request) {
  ++request_counts_[{request.broker, static_cast<int16_t>(request.api)}];
  if (seen_.size() >= 2 * DevBroker::kMaxSeenRequests) {
    seen_.erase(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(DevBroker::kMaxSeenRequests));
  }
  seen_.push_back(std::move(request));
}

int64_t Cluster::requests(ApiKey api, int32_t broker) const {
  int64_t sum = 0;
  for (const auto& [key, count] : request_counts_) {
    if (key.second == static_cast<int16_t>(api) && (broker == 0 || key.first == broker)) sum += count;
  }
  return sum;
}

Error Cluster::as_version(std::string_view release, int32_t broker) {
  const Profile* profile = find_profile(release);
  if (profile == nullptr) {
    return Error(Errc::invalid_argument, "version \"" + std::string(release) + "\" is none of " + release_names());
  }
  if (broker != 0) {
    profiles_[broker] = profile;
    return {};
  }
  profiles_.clear();
  profile_ = profile;
  return {};
}

}  // namespace kafka::devbroker
