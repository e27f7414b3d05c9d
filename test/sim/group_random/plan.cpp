#include "group_random/plan.hpp"

#include <algorithm>

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<std::string> kReleases{"0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3", ""};

bool takes_static_members(const std::string& release) {
  return release.empty() || (release >= "2.4" && release != "0.10" && release != "0.11");
}

void draw_releases(Random& random, GroupPlan& plan) {
  if (random.percent(35)) {
    plan.releases.assign(static_cast<size_t>(plan.brokers), "");
  } else if (random.percent(80)) {
    plan.releases.assign(static_cast<size_t>(plan.brokers), random.pick(kReleases));
  } else {
    for (int i = 0; i < plan.brokers; ++i) {
      plan.releases.push_back(random.pick(std::vector<std::string>{"2.4", "2.8", "3.9", "4.3"}));
    }
  }
}

void draw_faults(Random& random, GroupPlan& plan) {
  const auto on = [&] { return random.percent(45); };
  plan.die = on(), plan.stand_still = on(), plan.leave = on();
  plan.kill = plan.brokers > 1 && random.percent(25);
  plan.pause = random.percent(20), plan.holes = random.percent(30), plan.reset = random.percent(35);
  plan.move = plan.brokers > 1 && on();
  plan.lead = plan.brokers > 1 && random.percent(30);
  plan.replies = random.percent(30), plan.breaks = random.percent(20);
  plan.grows = random.percent(20), plan.storms = random.percent(25);
  plan.recreates = plan.by_id() && random.percent(15);
  if (random.percent(40)) plan.faults = SimFaults::draw(plan.seed);
}

/// A list with the assignor that all members of the group offer.
std::string draw_strategies(Random& random, const std::string& common) {
  std::vector<std::string> all{"range", "roundrobin", "sticky", "cooperative-sticky"};
  std::string list;
  const size_t at = static_cast<size_t>(random.integer(0, 2));
  for (size_t i = 0; i <= at; ++i) {
    const std::string name = i == at ? common : random.pick(all);
    if (("," + list + ",").find("," + name + ",") != std::string::npos) continue;
    list += (list.empty() ? "" : ",") + name;
  }
  return ("," + list + ",").find("," + common + ",") == std::string::npos ? list + "," + common : list;
}

void draw_times(Random& random, ConsumerOptions& options) {
  options.heartbeat_interval = random.ms(100, 1500);
  options.session_timeout = random.ms(4000, 12000);
  options.rebalance_timeout = random.ms(2000, 20000);
  if (random.percent(40)) {
    options.revoke_timeout = random.percent(20)
                                 ? milliseconds(0)
                                 : milliseconds(random.between(0, options.rebalance_timeout.count() * 8 / 10));
  }
  if (random.percent(30)) options.max_poll_interval = random.ms(1000, 20000);
  options.fetch_max_wait = random.ms(10, 500);
}

SlotPlan draw_slot(Random& random, const GroupPlan& plan, int index, const std::string& common) {
  SlotPlan slot;
  slot.name = "member-" + std::to_string(index);
  slot.options.partition_assignment_strategy = draw_strategies(random, common);
  draw_times(random, slot.options);
  slot.options.allow_auto_create_topics = false;
  slot.options.commit_mode = random.percent(50) ? CommitMode::confirmed : CommitMode::pipelined;
  slot.options.ordering =
      random.pick(std::vector<Ordering>{Ordering::consumer, Ordering::partition, Ordering::unordered});
  if (slot.options.ordering == Ordering::unordered) slot.options.max_open = random.integer(1, 50);
  if (random.percent(30)) slot.batch_max = random.integer(1, 20);
  const bool statics = std::all_of(plan.releases.begin(), plan.releases.end(), takes_static_members);
  if (statics && random.percent(25)) slot.options.group_instance_id = "instance-" + std::to_string(index);
  slot.session.metadata_max_age = random.ms(1000, 10000);
  slot.session.request_timeout = random.ms(2000, 10000);
  slot.session.socket_connection_setup_timeout = random.ms(1000, 4000);
  slot.session.socket_connection_setup_timeout_max = seconds(5);
  slot.session.close_timeout = random.ms(5000, 30000);
  for (const GroupTopic& topic : plan.topics) {
    if (index == 0 || random.percent(70)) slot.topics.push_back(topic.name);
  }
  if (slot.topics.empty()) slot.topics.push_back(plan.topics[0].name);
  slot.commit_percent = random.pick(std::vector<int>{0, 50, 100, 100, 100});
  slot.late_percent = random.pick(std::vector<int>{0, 20, 100});
  slot.latest_ms = random.pick(std::vector<int64_t>{5, 50, 1000, 8000});
  if (random.percent(30)) slot.hold_percent = random.integer(1, 100);
  if (random.percent(20)) slot.stop_percent = random.integer(1, 10);
  if (random.percent(30)) slot.change_percent = random.integer(1, 10);
  if (random.percent(15)) {
    slot.slow_longest = std::chrono::microseconds(10);
    for (int64_t more = random.integer(0, 5); more > 0; --more) slot.slow_longest *= 10;
    slot.slow_percent = random.integer(1, 30);
  }
  return slot;
}

/// Members by the protocol of KIP-848: all of them, or some.
void draw_protocols(GroupPlan& plan) {
  Random random(plan.seed, 4);
  if (!plan.by_id() || random.percent(45)) return;
  const int chance = random.percent(60) ? 100 : 50;
  // In a group of both protocols the coordinator gives a topic that is made anew away by its id, while a classic member
  // goes on with the name.
  if (chance < 100) plan.recreates = false;
  for (SlotPlan& slot : plan.slots) {
    if (!random.percent(chance)) continue;
    slot.options.group_protocol = GroupProtocol::consumer;
    slot.options.group_remote_assignor = random.pick(std::vector<std::string>{"", "uniform", "range"});
    slot.options.heartbeat_interval.reset();
    slot.options.partition_assignment_strategy.reset();
    slot.options.session_timeout.reset();
  }
}

}  // namespace

GroupPlan::GroupPlan(uint64_t seed) : seed(seed) {
  Random random(seed, 1);
  brokers = random.percent(30) ? 1 : 3;
  draw_releases(random, *this);
  const int topic_count = random.integer(1, 3);
  for (int i = 0; i < topic_count; ++i) {
    topics.push_back({.name = "topic-" + std::to_string(i),
                      .partitions = random.integer(1, 6),
                      .created = i == 0 || random.percent(80)});
  }
  initial_delay_ms = random.percent(70) ? 0 : random.between(0, 3000);
  append_percent = random.integer(5, 100);
  least_latency = std::chrono::microseconds(random.between(50, 2000));
  most_latency = least_latency + std::chrono::microseconds(random.between(0, 30'000));
  duration = random.ms(5000, 60000);
  step_ms = random.between(50, 3000);
  if (!random.percent(10)) draw_faults(random, *this);
  const std::string common = random.pick(
      std::vector<std::string>{"range", "roundrobin", "sticky", "cooperative-sticky", "cooperative-sticky"});
  const int slot_count = random.integer(1, 6);
  for (int i = 0; i < slot_count; ++i) slots.push_back(draw_slot(random, *this, i, common));
  double_up = random.percent(10);
  draw_protocols(*this);
}

bool GroupPlan::by_id() const {
  return std::all_of(releases.begin(), releases.end(),
                     [](const std::string& each) { return each.empty() || each == "4.3"; });
}

bool GroupPlan::mixed() const {
  const auto modern = [](const SlotPlan& slot) { return slot.options.group_protocol == GroupProtocol::consumer; };
  return std::any_of(slots.begin(), slots.end(), modern) && !std::all_of(slots.begin(), slots.end(), modern);
}

Duration GroupPlan::longest_session() const {
  Duration longest{};
  for (const SlotPlan& slot : slots)
    longest = std::max<Duration>(longest, slot.options.session_timeout.value_or(kBrokersSession));
  return longest;
}

std::string GroupPlan::text() const {
  std::string text = std::to_string(brokers) + " brokers of";
  for (const std::string& release : releases) text += " " + (release.empty() ? "any" : release);
  for (const GroupTopic& topic : topics) text += "; " + topic.name + " " + std::to_string(topic.partitions);
  for (const SlotPlan& slot : slots) {
    text += "; " + slot.name + " " + slot.options.partition_assignment_strategy.value_or("by KIP-848");
    if (!slot.options.group_instance_id.empty()) text += " static";
    if (slot.options.ordering == Ordering::partition) text += " partition";
    if (slot.options.ordering == Ordering::unordered) text += " unordered";
    text += slot.options.commit_mode == CommitMode::pipelined ? " pipelined" : " confirmed";
  }
  const std::pair<bool, const char*> kinds[] = {{die, "die"},         {stand_still, "stand still"},
                                                {leave, "leave"},     {double_up, "double up"},
                                                {kill, "kill"},       {pause, "pause"},
                                                {holes, "holes"},     {reset, "reset"},
                                                {move, "move"},       {lead, "lead"},
                                                {replies, "replies"}, {breaks, "breaks"},
                                                {grows, "grows"},     {recreates, "recreates"},
                                                {storms, "storms"}};
  for (const auto& [on, name] : kinds) text += on ? std::string("; ") + name : "";
  return text;
}

}  // namespace kafka::sim
