#include "consumer/consumer.hpp"

#include <algorithm>
#include <set>

#include "consumer/names.hpp"

namespace kafka::consumer {

Error EnvelopeLink::answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) {
  // Nothing of the application is called from inside an answer: the consumer stays.
  if (consumer != nullptr) return consumer->answer(ticket, answer, metadata, done);
  const Error lost(Errc::lost);
  if (done) core_->later([done = std::move(done), lost]() mutable { done(lost); });
  return lost;
}

Error EnvelopeLink::ack(uint64_t ticket) { return consumer != nullptr ? consumer->ack(ticket) : Error(Errc::lost); }

void EnvelopeLink::freed() {
  if (consumer != nullptr) consumer->memory_freed();
}

Consumer::Consumer(std::shared_ptr<session::Core> core, std::unique_ptr<GroupOffsets> group_offsets,
                   ConsumerOptions options)
    : core_(std::move(core)),
      options_(std::move(options)),
      group_offsets_(std::move(group_offsets)),
      error_(core_->error()),
      link_(new EnvelopeLink(core_)),
      used_(std::make_shared<size_t>(0)),
      unfolded_(std::make_shared<size_t>(0)),
      assignment_(options_.ordering == Ordering::unordered ? Window::kMany : 1),
      teller_(*core_),
      consumptions_(*core_, *this),
      dispatcher_(*core_, options_, consumptions_, life_cycle_, *link_, unfolded_, *this),
      committer_(*core_, options_, group_offsets_.get(), teller_, *this),
      answers_(options_, assignment_, dispatcher_, consumptions_, committer_, teller_, life_cycle_, *this) {
  link_->consumer = this;
}

Consumer::Consumer(std::shared_ptr<session::Core> core, std::string group, const Partitions& partitions,
                   ConsumerOptions options)
    : Consumer(core, std::make_unique<MemberlessOffsets>(*core, std::move(group)), std::move(options)) {
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
    : Consumer(std::move(core), std::unique_ptr<GroupOffsets>(), std::move(options)) {
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
  if (!life_cycle_.aborted()) abort();
  link_->release();
}

Error Consumer::add_partition(std::string topic, int32_t number, Origin origin) {
  if (assignment_.full()) {
    return Error(Errc::invalid_argument, "more than " + std::to_string(Assignment::kMostPartitions) + " partitions");
  }
  Partition& partition = assignment_.add(std::move(topic), number);
  partition.origin = std::move(origin);
  if (options_.ordering == Ordering::unordered) partition.buffer.charge_envelopes(unfolded_);
  return {};
}

void Consumer::join() {
  if (life_cycle_.stage() != LifeCycle::Stage::idle) return;
  life_cycle_.reach(LifeCycle::Stage::joined);
  core_->add(*this);
  lane_ = core_->router().add_lane();
  for (const auto& [topic, numbers] : assignment_.by_topic())
    core_->metadata().want(topic, options_.allow_auto_create_topics);
  listener_ = core_->metadata().add_listener([this] { schedule_pump(); });
}

Error Consumer::refusal() const {
  if (error_) return error_;
  if (life_cycle_.closing()) return Error(Errc::closed, "the consumer is closed");
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
  if (!consumption->error && consumptions_.current() != nullptr) {
    consumption->error = Error(Errc::invalid_argument, "a consumption is running");
  }
  if (consumption->error) {
    if (!consumption->on_end) return;
    return core_->later([self = weak_from_this(), consumption] {
      if (!self.expired()) consumption->on_end(consumption->error);
    });
  }
  consumptions_.begin(std::move(consumption));
  assignment_.begin_consumption();
  join();
  start_all();
  for (const auto& partition : assignment_) dispatcher_.make_ready(*partition);
  dispatcher_.schedule();  // those that an earlier consumption left in the list
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
  dispatcher_.interrupt();
  for (Partition* partition : found) {
    if (partition->paused == on) continue;
    partition->paused = on;
    if (!on) dispatcher_.make_ready(*partition);
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
  answers_.position_set(*partition);
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

// What was not processed, or not confirmed, comes again.
void Consumer::go_back(Partition& partition, int64_t offset) {
  // Stopped: it goes on from there with the next consumption. Being looked up: there is another position soon.
  if (partition.position.state == Position::State::stopped && partition.position.next >= 0)
    partition.position.next = offset;
  // Or the same one, if it was no leader that refused it.
  if (partition.position.state == Position::State::listing && partition.epochs.refused_by >= 0) {
    partition.position.next = offset;
    partition.fetch.position = offset;
  }
  if (!partition.position.ready()) return;
  const LogEpochs epochs = partition.epochs;
  forget(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = offset;
  partition.fetch.position = offset;
  partition.epochs.last = epochs.last;  // too new for that place, which is no harm
  partition.epochs.from = epochs.from;
  schedule_pump();
}

void Consumer::drained(Partition& partition) {
  partition.fetch.position = std::max(partition.fetch.position, partition.position.next);
  check_end(partition);
  schedule_pump();
}

void Consumer::consumption_ending() {
  dispatcher_.interrupt();
  wake_timer_.cancel();
  wake_at_ = net::TimePoint::max();
}

void Consumer::commits_ended() {
  dispatcher_.schedule();
  if (dispatcher_.empty()) schedule_pump();
  consumptions_.finish();
  maybe_closed();
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
