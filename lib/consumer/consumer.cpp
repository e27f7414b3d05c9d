#include "consumer/consumer.hpp"

#include <algorithm>
#include <set>

#include "consumer/names.hpp"

namespace kafka::consumer {

Error Lanes::answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) {
  // Nothing of the application is called from inside an answer: the consumer stays.
  if (consumer != nullptr) return consumer->answer(ticket, answer, metadata, done);
  const Error lost(Errc::lost);
  if (done) core_->later([done = std::move(done), lost]() mutable { done(lost); });
  return lost;
}

void Lanes::freed() {
  if (consumer != nullptr) consumer->memory_freed();
}

Consumer::Consumer(std::shared_ptr<session::Core> core, std::string group, const Partitions& partitions,
                   ConsumerOptions options)
    : core_(std::move(core)),
      options_(std::move(options)),
      group_offsets_(std::make_unique<MemberlessOffsets>(*core_, std::move(group))),
      error_(core_->error()),
      lanes_(new Lanes(core_)),
      used_(std::make_shared<size_t>(0)),
      unfolded_(std::make_shared<size_t>(0)) {
  lanes_->consumer = this;
  if (options_.ordering == Ordering::consumer) most_open_ = 1;
  if (unordered_) most_open_ = static_cast<size_t>(options_.max_open);
  if (!error_) error_ = options_.validate();
  if (!error_) error_ = check_group(group_offsets_->group());
  if (!error_) error_ = check_partitions(partitions);
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) {
      if (!error_) error_ = add_partition(topic, number, {Origin::Kind::committed, {}});
    }
  }
}

Consumer::Consumer(std::shared_ptr<session::Core> core, std::vector<TopicOffset> start, ConsumerOptions options)
    : core_(std::move(core)),
      options_(std::move(options)),
      error_(core_->error()),
      lanes_(new Lanes(core_)),
      used_(std::make_shared<size_t>(0)),
      unfolded_(std::make_shared<size_t>(0)) {
  lanes_->consumer = this;
  if (options_.ordering == Ordering::consumer) most_open_ = 1;
  if (unordered_) most_open_ = static_cast<size_t>(options_.max_open);
  if (!error_) error_ = options_.validate();
  if (!error_ && start.empty()) error_ = Error(Errc::invalid_argument, "start: at least one partition is needed");
  for (TopicOffset& place : start) {
    if (!error_) error_ = check_place(place);
    if (!error_ && assignment_.find(place.topic, place.partition) != nullptr) {
      error_ = Error(Errc::invalid_argument,
                     "start: " + place.topic + "/" + std::to_string(place.partition) + " is named twice");
    }
    const std::string topic = place.topic;
    const int32_t number = place.partition;
    if (!error_) error_ = add_partition(topic, number, {Origin::Kind::place, std::move(place)});
  }
}

Consumer::~Consumer() {
  if (!dead_) abort();
  lanes_->release();
}

Error Consumer::add_partition(std::string topic, int32_t number, Origin origin) {
  if (assignment_.size() == kMaxPartitions) {
    return Error(Errc::invalid_argument, "more than " + std::to_string(kMaxPartitions) + " partitions");
  }
  Partition& partition = assignment_.add(std::move(topic), number);
  partition.origin = std::move(origin);
  if (unordered_) partition.buffer.charge_envelopes(unfolded_);
  return {};
}

void Consumer::join() {
  if (joined_) return;
  joined_ = true;
  core_->add(*this);
  lane_ = core_->router().add_lane();
  for (const auto& [topic, numbers] : assignment_.by_topic())
    core_->metadata().want(topic, options_.allow_auto_create_topics);
  listener_ = core_->metadata().add_listener([this] { schedule_pump(); });
}

Error Consumer::refusal() const {
  if (error_) return error_;
  if (closing_ || dead_) return Error(Errc::closed, "the consumer is closed");
  return core_->refusal();
}

// --- consuming --------------------------------------------------------------

void Consumer::consume(std::optional<int64_t> limit, MessageCallback on_message, EndCallback on_end) {
  auto consumption = std::make_shared<Consumption>();
  consumption->on_message = std::move(on_message);
  consumption->on_end = std::move(on_end);
  consumption->limit = limit.value_or(0);
  if (limit && *limit < 1) {
    consumption->error = Error(Errc::invalid_argument, "limit " + std::to_string(*limit) + ": 1 or more");
  }
  begin(std::move(consumption));
}

void Consumer::batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  auto consumption = std::make_shared<Consumption>();
  consumption->on_batch = std::move(on_batch);
  consumption->on_end = std::move(on_end);
  consumption->batch_max = max;
  if (max < 1) consumption->error = Error(Errc::invalid_argument, "max " + std::to_string(max) + ": 1 or more");
  begin(std::move(consumption));
}

void Consumer::begin(std::shared_ptr<Consumption> consumption) {
  if (Error refused = refusal()) consumption->error = std::move(refused);
  if (!consumption->error && !consumption->on_message && !consumption->on_batch) {
    consumption->error = Error(Errc::invalid_argument, "the callback for messages is empty");
  }
  if (!consumption->error && consumption_ != nullptr) {
    consumption->error = Error(Errc::invalid_argument, "a consumption is running");
  }
  if (consumption->error) {
    if (!consumption->on_end) return;
    return core_->later([self = weak_from_this(), consumption] {
      if (!self.expired()) consumption->on_end(consumption->error);
    });
  }
  consumption->id = ++consumptions_;
  consumption_ = std::move(consumption);
  for (const auto& partition : assignment_) partition->begun_at = partition->window.end();
  join();
  start_all();
  for (const auto& partition : assignment_) make_ready(*partition);
  schedule_dispatch();  // those that an earlier consumption left in the list
  schedule_pump();
}

// --- partitions -------------------------------------------------------------

Error Consumer::find_all(const Partitions& named, std::vector<Partition*>& found) const {
  for (const auto& [topic, numbers] : named) {
    for (const int32_t number : numbers) {
      Partition* const partition = assignment_.find(topic, number);
      if (partition == nullptr) {
        return Error(Errc::invalid_argument,
                     topic + "/" + std::to_string(number) + " is not one of this consumer's partitions");
      }
      found.push_back(partition);
    }
  }
  return {};
}

Error Consumer::pause(const Partitions& named, bool on) {
  if (Error refused = refusal()) return refused;
  std::vector<Partition*> found;
  if (Error unknown = find_all(named, found)) return unknown;
  steady_ = false;
  for (Partition* partition : found) {
    if (partition->paused == on) continue;
    partition->paused = on;
    if (!on) make_ready(*partition);
  }
  schedule_pump();
  return {};
}

Error Consumer::seek(TopicOffset to) {
  if (Error refused = refusal()) return refused;
  if (Error illegal = check_place(to)) return illegal;
  Partition* const partition = assignment_.find(to.topic, to.partition);
  if (partition == nullptr) {
    return Error(Errc::invalid_argument,
                 to.topic + "/" + std::to_string(to.partition) + " is not one of this consumer's partitions");
  }
  const bool was_stopped = partition->position.state == Position::State::stopped;
  moved(*partition);
  forget(*partition);
  partition->position.state = Position::State::unknown;
  partition->origin.kind = Origin::Kind::place;
  partition->origin.place = std::move(to);
  if (was_stopped)
    tell(Event::Type::partition_resumed, *partition, {}, std::max<int64_t>(partition->origin.place.offset, -1));
  if (consuming() || partition->origin.place.offset >= 0) start(*partition);
  return {};
}

int64_t Consumer::position(std::string_view topic, int32_t partition) const {
  const Partition* const found = assignment_.find(topic, partition);
  return found == nullptr ? -1 : found->public_position();
}

bool Consumer::at_end(std::string_view topic, int32_t partition) const {
  const Partition* const found = assignment_.find(topic, partition);
  return found != nullptr && found->position.at_end();
}

// The position was set from outside: no answer of an open envelope moves it.
void Consumer::moved(Partition& partition) {
  ++partition.moves;
  partition.sought = partition.ticket != 0;
  take_back(partition, 0);
}

// --- handlers ---------------------------------------------------------------

void Consumer::on_partition_end(Function<void(const TopicPartition&, int64_t)> handler) {
  on_partition_end_ = nullptr;
  if (handler) on_partition_end_ = std::make_shared<Function<void(const TopicPartition&, int64_t)>>(std::move(handler));
}

void Consumer::on_event(Function<void(const Event&)> handler) {
  on_event_ = nullptr;
  if (handler) on_event_ = std::make_shared<Function<void(const Event&)>>(std::move(handler));
}

void Consumer::tell(Event::Type type, Partition& partition, Error error, int64_t offset) {
  Event event;
  event.type = type;
  event.error = std::move(error);
  event.topic = *partition.topic;
  event.partition = partition.number;
  event.offset = offset;
  if (on_event_ == nullptr) return core_->event(event);
  core_->callbacks().run([guard = scope_.guard(), handler = on_event_, event = std::move(event)] {
    if (guard.alive()) (*handler)(event);
  });
}

}  // namespace kafka::consumer
