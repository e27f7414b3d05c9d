#include "random/nemesis.hpp"

namespace kafka::sim {
namespace {

std::string text(const TopicPartition& partition) {
  return partition.topic + "/" + std::to_string(partition.partition);
}

}  // namespace

Nemesis::Nemesis(const Plan& plan, SimWorld& world, SimCluster& brokers, const char* client)
    : plan_(plan), world_(world), brokers_(brokers), client_(client), random_(plan.seed, 3) {
  const std::pair<bool, Act> all[] = {
      {plan.kill, &Nemesis::kill},        {plan.pause, &Nemesis::pause},        {plan.holes, &Nemesis::hole},
      {plan.refuse, &Nemesis::refuse},    {plan.reset, &Nemesis::reset},        {plan.move, &Nemesis::move},
      {plan.names, &Nemesis::names},      {plan.replies, &Nemesis::reply},      {plan.breaks, &Nemesis::break_answer},
      {plan.upgrades, &Nemesis::upgrade}, {plan.truncate, &Nemesis::truncate},  {plan.cuts, &Nemesis::cut},
      {plan.lag, &Nemesis::lag},          {plan.recreates, &Nemesis::recreate}, {plan.grows, &Nemesis::grow}};
  for (const auto& [on, act] : all) {
    if (on) kinds_.push_back(act);
  }
  for (int id = 1; id <= kBrokers; ++id)
    releases_[static_cast<size_t>(id)] = plan.releases[static_cast<size_t>(id - 1)];
  world.set_faults(plan.faults);
}

void Nemesis::act() {
  if (kinds_.empty()) return;
  ++acts_;
  (this->*random_.pick(kinds_))();
}

void Nemesis::kill() {
  const int id = broker();
  bool& dead = dead_[static_cast<size_t>(id)];
  world_.note((dead ? "restart " : "kill ") + std::to_string(id));
  if (dead) {
    brokers_.restart(id);
  } else {
    brokers_.kill(id);
  }
  dead = !dead;
}

void Nemesis::pause() {
  const int id = broker();
  bool& paused = paused_[static_cast<size_t>(id)];
  world_.note((paused ? "resume " : "pause ") + std::to_string(id));
  if (paused) {
    brokers_.resume(id);
  } else {
    brokers_.pause(id);
  }
  paused = !paused;
}

void Nemesis::hole() {
  const int id = broker();
  const std::string name = SimCluster::host(id);
  int& hole = holes_[static_cast<size_t>(id)];
  const bool on = hole == 0;
  if (on) hole = random_.integer(1, 3);
  world_.note((on ? "black hole " : "no black hole ") + name + " " + std::to_string(hole));
  if ((hole & 1) != 0) world_.black_hole(client_, name, on, false);
  if ((hole & 2) != 0) world_.black_hole(name, client_, on, false);
  if (!on) hole = 0;
}

void Nemesis::refuse() {
  const int id = broker();
  bool& refused = refused_[static_cast<size_t>(id)];
  refused = !refused;
  world_.note("refuse " + std::to_string(id));
  world_.refuse(SimCluster::host(id), refused);
}

void Nemesis::reset() {
  const int id = broker();
  const bool middle = random_.percent(50);
  world_.note("reset " + std::to_string(id));
  if (random_.percent(20)) {
    brokers_->brokers().disconnect(id);
  } else {
    world_.reset_connections(client_, SimCluster::host(id), middle);
  }
}

TopicPartition Nemesis::partition() {
  const TopicPlan& topic = random_.pick(plan_.topics);
  return {topic.name, random_.integer(0, topic.partitions - 1)};
}

void Nemesis::move() {
  const bool group = random_.percent(30);
  const int number = random_.integer(0, 1);
  if (group) {
    world_.note("move a group");
    brokers_->coordinators().move("group-" + std::to_string(number), broker());
  } else {
    const TopicPartition which = partition();
    const int to = broker();
    world_.note("move " + text(which) + " to " + std::to_string(to));
    brokers_->leaders().move(which.topic, which.partition, to);
    if (after_move) after_move(which);
  }
}

void Nemesis::names() {
  const int id = broker();
  bool& nameless = nameless_[static_cast<size_t>(id)];
  nameless = !nameless;
  world_.note("name " + std::to_string(id));
  if (nameless && random_.percent(50)) {
    world_.remove_name(SimCluster::host(id));
  } else if (nameless) {  // a dead address first
    world_.set_name(SimCluster::host(id), {"10.9.9.9", SimCluster::ip(id)});
  } else {
    world_.set_name(SimCluster::host(id), {SimCluster::ip(id)});
  }
}

void Nemesis::reply() {
  using enum Errc;
  static const std::vector<std::pair<ApiKey, std::vector<Errc>>> answers{
      {ApiKey::produce,
       {not_leader_or_follower, unknown_topic_or_partition, leader_not_available, not_enough_replicas,
        request_timed_out, corrupt_message, kafka_storage_error, network_exception, unknown_server_error,
        topic_authorization_failed, message_too_large, record_list_too_large, invalid_record, static_cast<Errc>(999)}},
      {ApiKey::fetch,
       {not_leader_or_follower, unknown_topic_or_partition, leader_not_available, offset_out_of_range,
        kafka_storage_error, unknown_server_error, fenced_leader_epoch, unknown_leader_epoch, offset_not_available,
        topic_authorization_failed, corrupt_message, static_cast<Errc>(999)}},
      {ApiKey::list_offsets,
       {not_leader_or_follower, unknown_topic_or_partition, leader_not_available, offset_not_available,
        unknown_server_error, topic_authorization_failed}},
      {ApiKey::metadata,
       {leader_not_available, unknown_topic_or_partition, topic_authorization_failed, unknown_server_error}},
      {ApiKey::offset_commit,
       {not_coordinator, coordinator_load_in_progress, coordinator_not_available, request_timed_out,
        group_authorization_failed, unknown_server_error, unknown_topic_or_partition}},
      {ApiKey::offset_fetch,
       {not_coordinator, coordinator_load_in_progress, coordinator_not_available, group_authorization_failed,
        unknown_server_error}},
      {ApiKey::find_coordinator,
       {coordinator_not_available, coordinator_load_in_progress, group_authorization_failed, unknown_server_error}}};
  // Where the request was executed all the same, only errors that allow for that.
  static const std::vector<Errc> unclear{not_leader_or_follower, request_timed_out,   not_enough_replicas_after_append,
                                         network_exception,      kafka_storage_error, unknown_server_error};
  const auto& [api, errors] = random_.pick(answers);
  world_.note("reply");
  Fault& fault = brokers_->faults().add(api);
  fault.times(random_.integer(1, 4)).skip(random_.integer(0, 3));
  if (random_.percent(30)) fault.broker(broker());
  if (api != ApiKey::find_coordinator && random_.percent(40)) {
    const TopicPartition which = partition();
    if (api != ApiKey::metadata && random_.percent(50)) {
      fault.partition(which.topic, which.partition);
    } else {
      fault.topic(which.topic);
    }
  }
  if (api == ApiKey::produce && random_.percent(20)) {
    fault.refuse_records({random_.integer(0, 3), random_.integer(0, 9)});
  } else if (api == ApiKey::produce && random_.percent(40)) {
    fault.reply_after(random_.pick(unclear));
  } else if (api == ApiKey::offset_commit && random_.percent(30)) {
    fault.reply_after(random_.pick(errors));
  } else {
    fault.reply(random_.pick(errors));
  }
}

void Nemesis::break_answer() {
  static const std::vector<ApiKey> apis{ApiKey::produce,      ApiKey::produce,       ApiKey::fetch,
                                        ApiKey::fetch,        ApiKey::list_offsets,  ApiKey::metadata,
                                        ApiKey::offset_fetch, ApiKey::offset_commit, ApiKey::find_coordinator,
                                        ApiKey::api_versions};
  world_.note("break");
  Fault& fault = brokers_->faults().add(random_.pick(apis));
  fault.times(random_.integer(1, 3)).skip(random_.integer(0, 3));
  if (random_.percent(30)) fault.broker(broker());
  switch (random_.integer(0, 7)) {
    case 7:
      fault.throttle(std::chrono::milliseconds(random_.integer(1, 12000)));
      break;
    case 0:
      fault.swallow();
      break;
    case 1:
      fault.drop_response();
      break;
    case 2:
      fault.cut_at(static_cast<size_t>(random_.integer(0, 100)));
      break;
    case 3:
      fault.delay(random_.ms(1, 12000));
      break;
    case 4:
      fault.wrong_correlation_id();
      break;
    case 5:
      fault.close_before();
      break;
    default:
      fault.close_after();
      break;
  }
}

void Nemesis::upgrade() {
  static const std::vector<std::string> releases{"0.8.2", "0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3", ""};
  const int id = broker();
  const std::string& release = random_.pick(releases);
  std::string& current = releases_[static_cast<size_t>(id)];
  // A broker that ever answered ApiVersions is not taken for an old one again in the same session, and sequences
  // that a broker has learnt to store do not get lost again.
  if ((!is_legacy(current) && is_legacy(release)) || (has_headers(current) && !has_headers(release))) return;
  current = release;
  world_.note("release " + std::to_string(id) + " " + release);
  static_cast<void>(brokers_->releases().as_version(release, id));
  if (random_.percent(50)) brokers_->brokers().disconnect(id);
}

void Nemesis::truncate() {
  const TopicPartition which = partition();
  const auto found = brokers_->topics().partition(which.topic, which.partition);
  if (found == nullptr || found->log.end_offset() == 0) return;
  before_truncation();
  const int64_t to = random_.between(found->log.start_offset(), found->log.end_offset());
  world_.note("truncate " + text(which) + " to " + std::to_string(to));
  static_cast<void>(brokers_->contents().truncate_before(which.topic, which.partition, to));
}

// An unclean election: the new leader has less than was acknowledged.
void Nemesis::cut() {
  const TopicPartition which = partition();
  const auto found = brokers_->topics().partition(which.topic, which.partition);
  if (found == nullptr || found->log.end_offset() == found->log.start_offset()) return;
  before_truncation();
  const int64_t end = found->log.end_offset();
  const int64_t least = random_.percent(20) ? found->log.start_offset() : std::max(end - 20, found->log.start_offset());
  static_cast<void>(brokers_->leaders().truncate_to(which.topic, which.partition, random_.between(least, end)));
  world_.note("cut " + text(which) + " from " + std::to_string(end) + " to " + std::to_string(found->log.end_offset()));
  after_cut(which, found->log.end_offset());
  if (random_.percent(50)) brokers_->leaders().move(which.topic, which.partition, broker());
}

// It is not there for a moment only, as when somebody empties it in the quickest way.
void Nemesis::recreate() {
  const TopicPlan& topic = random_.pick(plan_.topics);
  if (brokers_->topics().find(topic.name) == nullptr || !random_.percent(30)) return;
  before_truncation();
  world_.note("make anew " + topic.name);
  static_cast<void>(brokers_->topics().erase(topic.name));
  static_cast<void>(brokers_->topics().create(topic.name, topic.partitions));
  after_recreation(topic);
}

void Nemesis::grow() {
  const TopicPlan& topic = random_.pick(plan_.topics);
  const auto* const found = brokers_->topics().find(topic.name);
  const int32_t least = found == nullptr ? 0 : static_cast<int32_t>(found->partitions.size());
  if (found == nullptr || least >= kMostPartitions || !random_.percent(30)) return;
  const int32_t most = random_.integer(least + 1, kMostPartitions);
  world_.note("grow " + topic.name + " to " + std::to_string(most));
  static_cast<void>(brokers_->topics().grow(topic.name, most));
  after_growth(topic, least);
}

void Nemesis::lag() {
  const TopicPartition which = partition();
  const auto found = brokers_->topics().partition(which.topic, which.partition);
  if (found == nullptr) return;
  if (random_.percent(30)) {
    std::optional<int32_t> preferred;
    if (random_.percent(60)) preferred = random_.integer(1, kBrokers + 1);  // one more than there are
    world_.note("prefer " + text(which) + " at " + std::to_string(preferred.value_or(-1)));
    static_cast<void>(brokers_->leaders().prefer_replica(which.topic, which.partition, preferred));
    return;
  }
  const int id = broker();
  if (id == found->leader) return;
  // From now on it gets nothing more, or it has caught up. Its log never gets shorter.
  const int64_t end = random_.percent(30) ? -1 : found->end_of(id);
  world_.note("lag " + text(which) + " at " + std::to_string(id) + " from " + std::to_string(end));
  static_cast<void>(brokers_->leaders().set_replica_end(which.topic, which.partition, id, end));
}

void Nemesis::heal() {
  world_.note("heal");
  world_.set_faults({});
  for (int id = 1; id <= kBrokers; ++id) {
    const auto at = static_cast<size_t>(id);
    if (paused_[at]) brokers_.resume(id);
    if (refused_[at]) world_.refuse(SimCluster::host(id), false);
    if (holes_[at] != 0) {
      const int hole = std::exchange(holes_[at], 0);
      if ((hole & 1) != 0) world_.black_hole(client_, SimCluster::host(id), false, false);
      if ((hole & 2) != 0) world_.black_hole(SimCluster::host(id), client_, false, false);
    }
    if (nameless_[at]) world_.set_name(SimCluster::host(id), {SimCluster::ip(id)});
    if (dead_[at]) brokers_.restart(id);
    paused_[at] = refused_[at] = nameless_[at] = dead_[at] = false;
  }
  brokers_->faults().clear();
  if (!plan_.lag) return;
  for (const TopicPlan& topic : plan_.topics) {
    for (int32_t number = 0; number < topic.partitions; ++number) {
      static_cast<void>(brokers_->leaders().prefer_replica(topic.name, number, std::nullopt));
      for (int id = 1; id <= kBrokers; ++id)
        static_cast<void>(brokers_->leaders().set_replica_end(topic.name, number, id, -1));
    }
  }
}

}  // namespace kafka::sim
