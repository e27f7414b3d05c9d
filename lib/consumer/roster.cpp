#include "consumer/roster.hpp"

#include <numeric>

namespace kafka::consumer {

Roster::Roster(session::Core& core, const ConsumerOptions& options, const LifeCycle& life_cycle, bool stores,
               Pipeline& pipeline)
    : core_(core),
      options_(options),
      life_cycle_(life_cycle),
      stores_(stores),
      pipeline_(pipeline),
      discovery_(core, options.allow_auto_create_topics, *this) {}

Error Roster::add(std::string topic, int32_t number, Origin origin) {
  if (pipeline_.assignment.full()) {
    return Error(Errc::invalid_argument, "more than " + std::to_string(Assignment::kMostPartitions) + " partitions");
  }
  Partition& partition = pipeline_.assignment.add(std::move(topic), number);
  partition.origin = std::move(origin);
  partition.hold(Hold::paused, begin_paused_);
  partition.buffer.limit_unfolded(static_cast<size_t>(options_.unfolded_max_bytes));
  if (options_.ordering == Ordering::unordered)
    partition.buffer.charge_envelopes(pipeline_.sources.memory().decompressed());
  return {};
}

void Roster::follow(std::vector<std::string> topics) {
  for (std::string& topic : topics) discovery_.add(std::move(topic));
  pipeline_.standstill.expect_more();
}

void Roster::assign(const Partitions& partitions) {
  if (life_cycle_.closing()) return;
  for (const auto& [topic, numbers] : partitions) add_all(topic, numbers, {Origin::Kind::committed, {}});
}

// Those that are assigned already stay as they are.
void Roster::add_all(const std::string& topic, const std::vector<int32_t>& numbers, const Origin& origin) {
  std::vector<Partition*> fresh;
  const bool wanted = pipeline_.assignment.by_topic().contains(topic);
  for (const int32_t number : numbers) {
    if (pipeline_.assignment.find(topic, number) != nullptr) continue;
    if (const Error error = add(topic, number, origin)) {
      core_.log().state(LogLevel::warning, "partitions of " + topic, error.message());
      break;
    }
    fresh.push_back(pipeline_.assignment.find(topic, number));
    if (origin.kind != Origin::Kind::place) continue;
    fresh.back()->origin.place.topic = topic;
    fresh.back()->origin.place.partition = number;
  }
  if (fresh.empty()) return;
  if (!wanted && life_cycle_.in_session()) core_.metadata().want(topic, options_.allow_auto_create_topics);
  if (consuming()) pipeline_.positions.add(fresh);
}

void Roster::take_away(const Partitions& partitions) {
  if (life_cycle_.closed()) return;
  pipeline_.dispatcher.interrupt();
  for (const auto& [topic, numbers] : partitions) {
    if (!pipeline_.assignment.by_topic().contains(topic)) continue;
    for (const int32_t number : numbers) {
      Partition* const partition = pipeline_.assignment.find(topic, number);
      if (partition == nullptr) continue;
      const std::shared_ptr<Partition> kept = partition->shared_from_this();
      pipeline_.assignment.remove(*kept);
      pipeline_.answers.taken_away(*kept);
    }
    if (!pipeline_.assignment.by_topic().contains(topic) && life_cycle_.in_session()) core_.metadata().unwant(topic);
  }
  pipeline_.sources.schedule();  // other partitions may wait for the memory of the dropped buffers
}

Error Roster::find(const Partitions& named, std::vector<Partition*>& found) const {
  for (const auto& [topic, numbers] : named) {
    for (const int32_t number : numbers) {
      Partition* const partition = pipeline_.assignment.find(topic, number);
      if (partition == nullptr) {
        return Error(Errc::invalid_argument,
                     topic + "/" + std::to_string(number) + " is not one of this consumer's partitions");
      }
      found.push_back(partition);
    }
  }
  return {};
}

Partitions Roster::partitions() const {
  Partitions all;
  for (const auto& [topic, numbers] : pipeline_.assignment.by_topic()) {
    std::vector<int32_t>& own = all[topic];
    for (const auto& [number, partition] : numbers) own.push_back(number);
  }
  return all;
}

void Roster::pause(const std::vector<Partition*>& partitions, bool on) {
  pipeline_.dispatcher.interrupt();
  for (Partition* const partition : partitions) {
    if (partition->held(Hold::paused) == on) continue;
    partition->hold(Hold::paused, on);
    if (!on) pipeline_.dispatcher.make_ready(*partition);
  }
  pipeline_.sources.schedule();
}

void Roster::pause_all(bool on) {
  begin_paused_ = on;
  std::vector<Partition*> all;
  for (const auto& partition : pipeline_.assignment) all.push_back(partition.get());
  pause(all, on);
}

void Roster::join() {
  for (const auto& [topic, numbers] : pipeline_.assignment.by_topic())
    core_.metadata().want(topic, options_.allow_auto_create_topics);
  discovery_.join();
}

void Roster::give_up(const std::vector<std::shared_ptr<Partition>>& partitions) {
  pipeline_.dispatcher.interrupt();
  for (const auto& partition : partitions) partition->hold(Hold::revoking, true);
  pipeline_.sources.schedule();
}

void Roster::leave() {
  discovery_.leave();
  for (const auto& [topic, numbers] : pipeline_.assignment.by_topic()) core_.metadata().unwant(topic);
}

// A partition that was made after the consumer began has only new records. With `latest`, those that were written
// before it was found would be skipped, so it begins at its first one.
void Roster::partitions_found(const std::string& topic, int32_t first, int32_t end, bool newer) {
  if (life_cycle_.closing()) return;
  Origin origin;
  origin.kind = stores_ ? Origin::Kind::committed : Origin::Kind::place;
  origin.newer = newer;
  const bool latest = options_.auto_offset_reset == OffsetReset::latest && !newer;
  origin.place.offset = latest ? kLatestOffset : kEarliestOffset;
  std::vector<int32_t> numbers(static_cast<size_t>(end - first));
  std::iota(numbers.begin(), numbers.end(), first);
  add_all(topic, numbers, origin);
}

// The topic may have been missing for long, and may be back: its partitions go on.
void Roster::topic_there(const std::string& topic, int32_t end) {
  const auto numbers = pipeline_.assignment.by_topic().find(topic);
  if (numbers == pipeline_.assignment.by_topic().end() || !consuming()) return;
  std::vector<Partition*> back;
  for (const auto& [number, partition] : numbers->second) {
    const Position& position = partition->position;
    if (number < end && position.state == Position::State::stopped && !position.needs_seek &&
        position.stop_reason == Errc::unknown_topic_or_partition)
      back.push_back(partition);
  }
  pipeline_.positions.restart(back);
}

}  // namespace kafka::consumer
