#include "group_random/nemesis.hpp"

#include <utility>

namespace kafka::sim {

GroupNemesis::GroupNemesis(const GroupPlan& plan, SimWorld& world, SimCluster& brokers, std::string group)
    : plan_(plan), world_(world), brokers_(brokers), group_(std::move(group)), random_(plan.seed, 3) {
  const std::pair<bool, Act> all[] = {{plan.kill, &GroupNemesis::kill},     {plan.pause, &GroupNemesis::pause},
                                      {plan.holes, &GroupNemesis::hole},    {plan.reset, &GroupNemesis::reset},
                                      {plan.move, &GroupNemesis::move},     {plan.lead, &GroupNemesis::lead},
                                      {plan.replies, &GroupNemesis::reply}, {plan.breaks, &GroupNemesis::break_answer},
                                      {plan.grows, &GroupNemesis::grow},    {plan.recreates, &GroupNemesis::recreate}};
  for (const auto& [on, act] : all) {
    if (on) kinds_.push_back(act);
  }
  world.set_faults(plan.faults);
}

void GroupNemesis::act(const std::vector<std::string>& hosts) {
  if (kinds_.empty()) return;
  hosts_ = hosts;
  ++acts_;
  (this->*random_.pick(kinds_))();
}

void GroupNemesis::kill() {
  const int id = broker();
  bool& dead = dead_[static_cast<size_t>(id)];
  world_.note((dead ? "restart " : "kill ") + std::to_string(id));
  dead ? brokers_.restart(id) : brokers_.kill(id);
  dead = !dead;
}

void GroupNemesis::pause() {
  const int id = broker();
  bool& paused = paused_[static_cast<size_t>(id)];
  world_.note((paused ? "resume " : "pause ") + std::to_string(id));
  paused ? brokers_.resume(id) : brokers_.pause(id);
  paused = !paused;
}

void GroupNemesis::hole() {
  if (!holes_.empty() && random_.percent(60)) {
    const auto old = *holes_.begin();
    holes_.erase(holes_.begin());
    world_.note("no hole from " + old.first + " to " + old.second);
    return world_.black_hole(old.first, old.second, false, false);
  }
  if (hosts_.empty()) return;
  std::pair<std::string, std::string> between{random_.pick(hosts_), SimCluster::host(broker())};
  if (random_.percent(50)) std::swap(between.first, between.second);
  if (!holes_.insert(between).second) return;
  world_.note("a hole from " + between.first + " to " + between.second);
  world_.black_hole(between.first, between.second, true, false);
}

void GroupNemesis::reset() {
  const int id = broker();
  world_.note("reset " + std::to_string(id));
  if (random_.percent(30) || hosts_.empty()) return brokers_->brokers().disconnect(id);
  world_.reset_connections(random_.pick(hosts_), SimCluster::host(id), random_.percent(50));
}

void GroupNemesis::move() {
  const int to = broker();
  world_.note("move the group to " + std::to_string(to));
  static_cast<void>(brokers_->coordinators().move(group_, to));
}

void GroupNemesis::lead() {
  const GroupTopic& topic = random_.pick(plan_.topics);
  const int to = broker();
  world_.note("move " + topic.name + " to " + std::to_string(to));
  static_cast<void>(brokers_->leaders().move(topic.name, random_.integer(0, topic.partitions - 1), to));
}

void GroupNemesis::reply() {
  using enum Errc;
  static const std::vector<Errc> everywhere{coordinator_not_available, coordinator_load_in_progress, not_coordinator,
                                            unknown_server_error, request_timed_out};
  static const std::vector<std::pair<ApiKey, std::vector<Errc>>> answers{
      {ApiKey::join_group, {unknown_member_id, group_max_size_reached, rebalance_in_progress}},
      {ApiKey::sync_group, {unknown_member_id, rebalance_in_progress, illegal_generation}},
      {ApiKey::heartbeat, {unknown_member_id, rebalance_in_progress, illegal_generation}},
      {ApiKey::leave_group, {unknown_member_id}},
      {ApiKey::offset_commit, {rebalance_in_progress, illegal_generation, unknown_member_id}},
      {ApiKey::offset_fetch, {}},
      {ApiKey::find_coordinator, {coordinator_not_available}},
      {ApiKey::fetch, {not_leader_or_follower, unknown_topic_or_partition}},
      {ApiKey::metadata, {leader_not_available}}};
  const auto& [api, own] = random_.pick(answers);
  const bool of_coordinator = api != ApiKey::fetch && api != ApiKey::metadata && api != ApiKey::find_coordinator;
  const Errc error =
      own.empty() || (of_coordinator && random_.percent(50)) ? random_.pick(everywhere) : random_.pick(own);
  world_.note("reply " + std::string(to_string(api)) + " " + Error(error).name());
  Fault& fault = brokers_->faults().add(api);
  fault.times(random_.integer(1, 3)).skip(random_.integer(0, 5));
  // What was executed and told otherwise. A refused identity was not executed.
  const bool unclear = error == request_timed_out || error == unknown_server_error;
  unclear&& random_.percent(50) ? fault.reply_after(error) : fault.reply(error);
}

void GroupNemesis::break_answer() {
  static const std::vector<ApiKey> apis{
      ApiKey::join_group,    ApiKey::sync_group,    ApiKey::heartbeat, ApiKey::leave_group,      ApiKey::offset_fetch,
      ApiKey::offset_commit, ApiKey::offset_commit, ApiKey::fetch,     ApiKey::find_coordinator, ApiKey::metadata};
  const ApiKey api = random_.pick(apis);
  world_.note("break " + std::string(to_string(api)));
  Fault& fault = brokers_->faults().add(api);
  fault.times(random_.integer(1, 2)).skip(random_.integer(0, 5));
  switch (random_.integer(0, 5)) {
    case 0:
      fault.swallow();
      break;
    case 1:
      fault.drop_response();
      break;
    case 2:
      fault.delay(random_.ms(1, 8000));
      break;
    case 3:
      fault.close_before();
      break;
    case 4:
      fault.cut_at(static_cast<size_t>(random_.integer(0, 40)));
      break;
    default:
      fault.close_after();
      break;
  }
}

void GroupNemesis::grow() {
  const GroupTopic& topic = random_.pick(plan_.topics);
  const auto* const found = brokers_->topics().find(topic.name);
  const int has = found == nullptr ? 0 : static_cast<int>(found->partitions.size());
  if (has >= kMostPartitions || !random_.percent(30)) return;
  const int most = random_.integer(has + 1, kMostPartitions);
  world_.note("grow " + topic.name + " to " + std::to_string(most));
  static_cast<void>(found == nullptr ? brokers_->topics().create(topic.name, most)
                                     : brokers_->topics().grow(topic.name, most));
  after_growth(topic.name);
}

void GroupNemesis::recreate() {
  const GroupTopic& topic = random_.pick(plan_.topics);
  const auto* const found = brokers_->topics().find(topic.name);
  if (found == nullptr || !random_.percent(25)) return;
  const int partitions = static_cast<int>(found->partitions.size());
  world_.note("make anew " + topic.name);
  static_cast<void>(brokers_->topics().erase(topic.name));
  static_cast<void>(brokers_->topics().create(topic.name, partitions));
  after_recreation(topic.name);
}

void GroupNemesis::heal() {
  world_.note("heal");
  world_.set_faults({});
  for (const auto& [from, to] : holes_) world_.black_hole(from, to, false, false);
  holes_.clear();
  for (int id = 1; id <= plan_.brokers; ++id) {
    const auto at = static_cast<size_t>(id);
    if (paused_[at]) brokers_.resume(id);
    if (dead_[at]) brokers_.restart(id);
    paused_[at] = dead_[at] = false;
  }
  brokers_->faults().clear();
}

}  // namespace kafka::sim
