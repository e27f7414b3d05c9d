#include "group_random/run.hpp"

#include <algorithm>

#include "codec/reader.hpp"
#include "protocol/header.hpp"
#include "protocol/offset_commit.hpp"

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Within this time after the faults a group is at rest: sessions end, pauses are over, the rebalance timeout has
// passed.
constexpr Duration kLiveness = seconds(240);
constexpr Duration kClosing = seconds(90);
constexpr Duration kIdle = seconds(20);
constexpr size_t kMostRecords = 1500;
constexpr int kMostProcesses = 60;
constexpr size_t kMostRequests = 25;  // a second, of one API, by one member

bool is_of_group(ApiKey api) {
  return api == ApiKey::join_group || api == ApiKey::sync_group || api == ApiKey::heartbeat ||
         api == ApiKey::leave_group || api == ApiKey::consumer_group_heartbeat;
}

}  // namespace

GroupRun::GroupRun(uint64_t seed, std::FILE* trace)
    : plan(seed),
      world(seed),
      judge({.violation = [this](const std::string& text) { violation(text); },
             .now = [this] { return world.now(); },
             .name =
                 [this](GroupJudge::Who who) {
                   for (const Slot& slot : slots_) {
                     for (const auto& process : slot.processes) {
                       if (process->number() == who) return process->host();
                     }
                   }
                   return "process " + std::to_string(who);
                 },
             .cut_off =
                 [this](GroupJudge::Who who) {
                   for (const Slot& slot : slots_) {
                     for (const auto& process : slot.processes) {
                       if (process->number() == who) return process->cut_off();
                     }
                   }
                   return false;
                 }}) {
  world.trace_to(trace);
}

GroupRun::~GroupRun() { slots_.clear(); }

void GroupRun::violation(const std::string& text) {
  world.note("VIOLATION " + text);
  const auto at = std::chrono::duration_cast<milliseconds>(world.elapsed()).count();
  if (violations_.size() < 20) violations_.push_back("at " + std::to_string(at) + " ms: " + text);
}

void GroupRun::note(const std::string& what, const Partitions& partitions) {
  std::string text = what;
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) text += " " + topic + "/" + std::to_string(number);
  }
  world.note(text);
}

void GroupRun::make_cluster() {
  devbroker::ClusterOptions options;
  options.auto_create_topics = false;
  options.initial_rebalance_delay = milliseconds(plan.initial_delay_ms);
  brokers_ = std::make_unique<SimCluster>(world, plan.brokers, options);
  for (int id = 1; id <= plan.brokers; ++id)
    static_cast<void>(cluster().releases().as_version(plan.releases[static_cast<size_t>(id - 1)], id));
  for (const GroupTopic& topic : plan.topics) {
    if (topic.created) static_cast<void>(cluster().topics().create(topic.name, topic.partitions));
  }
  cluster().groups().watch([this](std::string_view, const TopicPartition& partition, int64_t offset) {
    ++stored_;
    world.note("stored " + partition.topic + "/" + std::to_string(partition.partition) + " " + std::to_string(offset));
    judge.stored(partition, offset);
  });
  world.set_latency(plan.least_latency, plan.most_latency);
}

void GroupRun::watch(const Process& process) {
  hosts_ever_.insert(process.host());
  world.watch_writes(process.host(), [this, host = process.host(), who = process.number()](
                                         uint64_t connection, const net::Address&, std::string_view bytes) {
    const auto tap = taps_[host].try_emplace(
        connection,
        [this, host](ApiKey api) {
          ++requests_[std::string(to_string(api))];
          if (!is_of_group(api)) return;
          const std::string what = host + " sends " + std::string(to_string(api));
          world.note(what);
          rates_.note(what, world.now());
        },
        std::set<ApiKey>{ApiKey::offset_commit}, [this, who](std::string_view frame) { commit_sent(who, frame); });
    tap.first->second.bytes(bytes);
  });
}

void GroupRun::commit_sent(GroupJudge::Who who, std::string_view frame) {
  codec::Reader reader(Bytes::copy(frame));
  const protocol::RequestHeader header = protocol::read_request_header(reader);
  protocol::OffsetCommitRequest request;
  if (Error error = protocol::decode(reader, header.version, request))
    return violation("a commit cannot be decoded: " + error.message());
  for (const auto& topic : request.topics) {
    std::string name = topic.name;
    if (header.version >= protocol::OffsetCommitRequest::kTopicIdsFrom) {
      const auto* const known = cluster().topics().find(topic.topic_id.bytes);
      if (known == nullptr) continue;  // it was made anew
      name = known->name;
    }
    for (const auto& partition : topic.partitions) {
      world.note("commit " + name + "/" + std::to_string(partition.partition_index) + " " +
                 std::to_string(partition.committed_offset) + " is sent");
      judge.sent(who, {name, partition.partition_index}, partition.committed_offset);
    }
  }
}

// The brokers' own account: what the member believes does not matter.
Duration GroupRun::unheard(const std::string& host) const {
  const auto& seen = cluster().requests().seen();
  for (auto request = seen.rbegin(); request != seen.rend(); ++request) {
    if (request->client_id == host && is_of_group(request->api)) return world.now().time_since_epoch() - request->at;
  }
  return world.elapsed();
}

void GroupRun::restart_partition(Consumer& consumer, const Event& event) {
  const int64_t stored = judge.stored_now({event.topic, event.partition});
  static_cast<void>(consumer.seek({event.topic, event.partition, std::max<int64_t>(stored, 0), -1, {}}));
}

// --- what happens -----------------------------------------------------------

void GroupRun::append(const TopicPartition& partition, int count) {
  const auto found = cluster().topics().partition(partition.topic, partition.partition);
  if (found == nullptr) return;
  for (int i = 0; i < count; ++i) {
    const int64_t end = found->log.end_offset();
    const std::string value = partition.topic + "/" + std::to_string(partition.partition) + "/" +
                              std::to_string(eras_[partition.topic]) + "/" + std::to_string(end);
    const Message message{.value = value, .timestamp = 1000 + end};
    if (cluster().contents().append(partition.topic, partition.partition, message) < 0) return;
    ++appended_;
  }
  judge.appended(partition, eras_[partition.topic], found->log.end_offset());
}

void GroupRun::append(Random& random, int most) {
  if (appended_ >= kMostRecords) return;
  const GroupTopic& topic = random.pick(plan.topics);
  const auto* const found = cluster().topics().find(topic.name);
  if (found == nullptr) return;
  for (int32_t number = 0; number < static_cast<int32_t>(found->partitions.size()); ++number) {
    if (random.percent(60)) append({topic.name, number}, random.integer(1, most));
  }
}

void GroupRun::start(Slot& slot) {
  if (processes_ >= kMostProcesses) return;
  world.note("start " + slot.plan->name);
  for (const auto& older : slot.processes) older->replaced();
  slot.processes.push_back(std::make_unique<Process>(*this, *slot.plan, processes_++));
}

void GroupRun::act_on(Slot& slot, Random& random) {
  Process* const process = slot.processes.empty() ? nullptr : slot.processes.back().get();
  if (process == nullptr || !process->running()) return start(slot);
  switch (random.integer(0, 5)) {
    case 0:
      if (!plan.die) return;
      world.note("kill " + process->host());
      return process->kill();
    case 1:
    case 2:
      if (!plan.stand_still) return;
      world.note((process->still() ? "go on " : "stand still ") + process->host());
      return process->stand_still(!process->still());
    case 3:
      if (!plan.leave || process->still()) return;
      world.note("close " + process->host());
      return process->close(
          random.pick(std::vector<Leaving>{Leaving::by_kind, Leaving::by_kind, Leaving::leave, Leaving::stay}));
    case 4:
      if (!plan.stand_still || process->still()) return;
      return process->work_for(random.ms(1, 15000));
    default:
      if (plan.double_up && !slot.plan->options.group_instance_id.empty()) start(slot);
  }
}

void GroupRun::act_on_members(Random& random) {
  if (plan.storms && random.percent(5)) return storm(random);
  act_on(slots_[static_cast<size_t>(random.integer(0, static_cast<int>(slots_.size()) - 1))], random);
}

void GroupRun::storm(Random& random) {
  world.note("storm");
  for (Slot& slot : slots_) {
    Process* const process = slot.processes.empty() ? nullptr : slot.processes.back().get();
    if (process == nullptr || !process->running()) {
      start(slot);
    } else if (!process->still() && random.percent(50)) {
      random.percent(50) ? process->kill() : process->close(Leaving::by_kind);
    }
  }
}

void GroupRun::collect() {
  for (Slot& slot : slots_) {
    for (const auto& process : slot.processes) {
      if (process->over()) process->bury();
    }
  }
}

std::vector<std::string> GroupRun::hosts() const {
  std::vector<std::string> all;
  for (const Slot& slot : slots_) {
    for (const auto& process : slot.processes) {
      if (process->running()) all.push_back(process->host());
    }
  }
  return all;
}

std::set<std::string> GroupRun::topics() const {
  std::set<std::string> all;
  for (const Slot& slot : slots_) {
    if (slot.processes.empty() || !slot.processes.back()->alive()) continue;
    all.insert(slot.processes.back()->topics().begin(), slot.processes.back()->topics().end());
  }
  return all;
}

std::string GroupRun::states() const {
  std::string text;
  for (const Slot& slot : slots_) {
    for (const auto& process : slot.processes) {
      if (!process->over()) text += " " + process->state() + ";";
    }
  }
  return text;
}

bool GroupRun::until(Duration limit, const std::function<bool()>& done) {
  return world.run_until([&] { return violations_.size() > 3 || done(); }, limit) && violations_.empty();
}

// The newest member of each slot stays, all others go.
void GroupRun::heal() {
  for (Slot& slot : slots_) {
    for (size_t i = 0; i < slot.processes.size(); ++i) {
      Process& process = *slot.processes[i];
      process.stand_still(false);
      if (i + 1 < slot.processes.size() && process.running()) process.close(Leaving::leave);
      if (process.refused()) process.kill();
      process.heal();
    }
  }
  for (Slot& slot : slots_) {
    const bool first = &slot == &slots_.front();
    if (slot.processes.empty() || !slot.processes.back()->running()) {
      if (first) processes_ = std::min(processes_, kMostProcesses - 1);
      if (!first) continue;
      slot.processes.push_back(std::make_unique<Process>(*this, *slot.plan, static_cast<int>(hosts_ever_.size())));
      slot.processes.back()->heal();
    }
  }
}

bool GroupRun::settled() {
  size_t alive = 0;
  for (const Slot& slot : slots_) {
    for (const auto& process : slot.processes) {
      // While it works it is silent, and the group may still throw it out for that.
      if (process->running() && world.owed(process->host()) > Duration::zero()) return false;
      if (process->closing() || (process->alive() && !process->stable())) return false;
      alive += process->alive() ? 1 : 0;
    }
  }
  return members() == alive && judge.settled(topics());
}

// One that has died counts until its session ends. Partitions move then, even if it owned none.
size_t GroupRun::members() {
  size_t most = 0;
  for (int32_t broker = 1; broker <= plan.brokers; ++broker) {
    if (const auto* classic = cluster().group_coordinator().find(broker, kGroup)) most = classic->members().size();
    if (const auto* consumer = cluster().group_coordinator().find_consumer(broker, kGroup))
      most = consumer->roster().members().size();
  }
  return most;
}

// A group at rest costs heartbeats, and nothing else of the group's.
void GroupRun::idle() {
  requests_.clear();
  const size_t moves = judge.moves();
  world.run_for(kIdle);
  for (const ApiKey api : {ApiKey::join_group, ApiKey::sync_group, ApiKey::leave_group, ApiKey::offset_fetch}) {
    const auto found = requests_.find(std::string(to_string(api)));
    if (found != requests_.end())
      violation(std::to_string(found->second) + " requests " + found->first + " of a group at rest");
  }
  if (judge.moves() != moves) violation("partitions move in a group at rest");
}

void GroupRun::close() {
  for (Slot& slot : slots_) {
    for (const auto& process : slot.processes) process->close(Leaving::by_kind);
  }
  const bool closed = until(kClosing, [this] {
    for (const Slot& slot : slots_) {
      for (const auto& process : slot.processes) {
        if (!process->over()) return false;
      }
    }
    return true;
  });
  if (!closed && violations_.empty()) violation("not closed:" + states());
  for (Slot& slot : slots_) {
    for (const auto& process : slot.processes) process->bury();
  }
}

void GroupRun::judge_leftovers() {
  world.run_for(milliseconds(1));
  for (const std::string& host : hosts_ever_) {
    const std::string left = world.leftovers(host);
    if (!left.empty()) violation("left open on " + host + ": " + left);
  }
  if (const std::string above = rates_.above("", kMostRequests); !above.empty()) violation("too often: " + above);
}

SeedResult GroupRun::execute() {
  make_cluster();
  GroupNemesis nemesis(plan, world, *brokers_, kGroup);
  nemesis.after_recreation = [this](const std::string& topic) {
    ++eras_[topic];
    for (int32_t i = 0; i < static_cast<int32_t>(cluster().topics().find(topic)->partitions.size()); ++i)
      judge.recreated({topic, i});
  };
  nemesis.after_growth = [](const std::string&) {};
  for (const SlotPlan& slot : plan.slots) slots_.push_back({.plan = &slot, .processes = {}});
  Random random(plan.seed, 2);
  start(slots_.front());
  while (world.elapsed() < plan.duration && violations_.empty()) {
    world.run_for(random.ms(1, plan.step_ms));
    collect();
    if (random.percent(plan.append_percent)) append(random, 10);
    if (random.percent(50)) act_on_members(random);
    if (random.percent(50)) nemesis.act(hosts());
    for (Slot& slot : slots_) {
      if (!slot.processes.empty()) slot.processes.back()->step(random);
    }
    ++acts_;
  }
  if (violations_.empty()) {
    nemesis.heal();
    for (const GroupTopic& topic : plan.topics) {
      if (cluster().topics().find(topic.name) == nullptr)
        static_cast<void>(cluster().topics().create(topic.name, topic.partitions));
    }
    heal();
    for (const GroupTopic& topic : plan.topics) {
      for (int32_t i = 0; i < static_cast<int32_t>(cluster().topics().find(topic.name)->partitions.size()); ++i)
        append({topic.name, i}, 3);
    }
    if (!until(kLiveness, [this] { return settled(); }) && violations_.empty())
      violation("not at rest: " + judge.unsettled(topics()) + ":" + states());
  }
  if (violations_.empty()) world.run_for(plan.longest_session() + seconds(5));  // nobody waits for the dead any more
  if (violations_.empty()) idle();
  judge.finish();
  close();
  judge_leftovers();
  SeedResult result;
  result.violations = violations_;
  result.hash = world.trace_hash();
  result.events = world.events();
  result.virtual_seconds = std::chrono::duration<double>(world.elapsed()).count();
  result.counts = {static_cast<size_t>(processes_),
                   appended_,
                   judge.deliveries(),
                   judge.again(),
                   judge.moves(),
                   stored_,
                   nemesis.acts()};
  return result;
}

SeedResult run_group_seed(uint64_t seed, std::FILE* trace) {
  GroupRun run(seed, trace);
  try {
    return run.execute();
  } catch (const SimFailure& failure) {
    SeedResult result;
    result.violations.emplace_back(failure.what());
    result.hash = run.world.trace_hash();
    return result;
  }
}

}  // namespace kafka::sim
