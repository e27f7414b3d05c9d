#include "consumer/reader.hpp"

#include "base/teardown.hpp"
#include "consumer/member_offsets.hpp"
#include "consumer/names.hpp"

namespace kafka::consumer {

using Stage = LifeCycle::Stage;

Error EnvelopeLink::answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) {
  // An answer never calls the application, so the reader cannot be destroyed inside it.
  return reader != nullptr ? reader->answer(ticket, answer, metadata, done) : Error(Errc::lost);
}

Error EnvelopeLink::ack(uint64_t ticket) { return reader != nullptr ? reader->ack(ticket) : Error(Errc::lost); }

void EnvelopeLink::freed() {
  if (reader != nullptr) reader->memory_freed();
}

Reader::Reader(std::shared_ptr<session::Core> core, std::unique_ptr<GroupOffsets> group_offsets,
               ConsumerOptions options)
    : core_(std::move(core)),
      options_(std::move(options)),
      group_offsets_(std::move(group_offsets)),
      error_(core_->error()),
      link_(new EnvelopeLink),
      pipeline_(core_, lane_, options_, life_cycle_, group_offsets_.get(), *link_, *this),
      roster_(*core_, options_, life_cycle_, group_offsets_ != nullptr, pipeline_) {
  link_->reader = this;
}

Reader::Reader(std::shared_ptr<session::Core> core, std::string group, const Partitions& partitions,
               ConsumerOptions options)
    : Reader(core, std::make_unique<MemberlessOffsets>(*core, std::move(group)), std::move(options)) {
  if (!error_) error_ = options_.validate();
  if (!error_) error_ = check_group(group_offsets_->group());
  if (!error_) error_ = check_partitions(partitions);
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) {
      if (!error_) error_ = roster_.add(topic, number, {Origin::Kind::committed, {}});
    }
  }
}

Reader::Reader(std::shared_ptr<session::Core> core, std::vector<TopicOffset> start, ConsumerOptions options)
    : Reader(std::move(core), std::unique_ptr<GroupOffsets>(), std::move(options)) {
  if (!error_) error_ = options_.validate();
  if (!error_ && start.empty()) error_ = Error(Errc::invalid_argument, "start: at least one partition is needed");
  for (TopicOffset& place : start) {
    if (!error_) error_ = check_place(place);
    if (!error_ && pipeline_.assignment.find(place.topic, place.partition) != nullptr) {
      error_ = named_twice(place.topic, place.partition);
    }
    const std::string topic = place.topic;
    const int32_t number = place.partition;
    if (!error_) error_ = roster_.add(topic, number, {Origin::Kind::place, std::move(place)});
  }
}

Reader::Reader(std::shared_ptr<session::Core> core, std::optional<std::string> group, AllPartitions all,
               ConsumerOptions options)
    : Reader(core, group ? std::make_unique<MemberlessOffsets>(*core, std::move(*group)) : nullptr,
             std::move(options)) {
  if (!error_) error_ = options_.validate();
  if (!error_ && group_offsets_ != nullptr) error_ = check_group(group_offsets_->group());
  if (!error_) error_ = check_topics(all.topics);
  if (!error_ && group_offsets_ == nullptr && options_.auto_offset_reset == OffsetReset::none)
    error_ = Error(Errc::invalid_argument,
                   "auto_offset_reset none: a Fetcher of all partitions begins at earliest or latest");
  if (!error_) roster_.follow(std::move(all.topics));
}

Reader::Reader(std::shared_ptr<session::Core> core, std::string group, Subscribed topics, ConsumerOptions options)
    : Reader(core, std::make_unique<MemberOffsets>(*core, group), std::move(options)) {
  const auto* const pattern = std::get_if<TopicPattern>(&topics);
  Topics names = pattern == nullptr ? std::get<Topics>(std::move(topics)) : Topics(std::vector<std::string>());
  // The topics of a pattern are those that are there.
  if (pattern != nullptr) options_.allow_auto_create_topics = false;
  if (!error_) error_ = options_.validate();
  if (!error_) error_ = check_group(group);
  if (!error_ && pattern == nullptr) error_ = check_topics(names.names);
  if (error_) return;
  pipeline_.standstill.expect_more();
  ownership_ = std::make_unique<Ownership>(*core_, lane_, options_, std::move(group), std::move(names), pipeline_,
                                           roster_, static_cast<Ownership::Owner&>(*this));
  static_cast<MemberOffsets&>(*group_offsets_).set(ownership_->participation());
  if (pattern != nullptr) error_ = ownership_->subscribe(*pattern);
}

Reader::~Reader() {
  if (!life_cycle_.aborted()) abort();
  link_->release();
}

void Reader::join() {
  if (life_cycle_.stage() != Stage::idle) return;
  life_cycle_.reach(Stage::joined);
  core_->add(*this);
  roster_.join();
  pipeline_.sources.join();
}

Error Reader::refusal() const {
  if (error_) return error_;
  if (life_cycle_.closing()) return Error(Errc::closed, "the consumer is closed");
  return core_->refusal();
}

// --- consuming --------------------------------------------------------------

void Reader::consume(std::optional<int64_t> limit, MessageCallback on_message, EndCallback on_end) {
  auto consumption = std::make_shared<Consumption>();
  consumption->on_message = std::move(on_message);
  consumption->on_end = std::move(on_end);
  consumption->limit = limit.value_or(0);
  if (limit && *limit < 1) {
    consumption->error = Error(Errc::invalid_argument, "limit " + std::to_string(*limit) + ": 1 or more");
  }
  begin(std::move(consumption));
}

void Reader::batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  auto consumption = std::make_shared<Consumption>();
  consumption->on_batch = std::move(on_batch);
  consumption->on_end = std::move(on_end);
  consumption->batch_max = max;
  if (max < 1) consumption->error = Error(Errc::invalid_argument, "max " + std::to_string(max) + ": 1 or more");
  begin(std::move(consumption));
}

void Reader::begin(std::shared_ptr<Consumption> consumption) {
  if (Error refused = refusal()) consumption->error = std::move(refused);
  if (!consumption->error && !consumption->on_message && !consumption->on_batch) {
    consumption->error = Error(Errc::invalid_argument, "the callback for messages is empty");
  }
  if (!consumption->error && pipeline_.consumptions.current() != nullptr) {
    consumption->error = Error(Errc::invalid_argument, "a consumption is running");
  }
  if (consumption->error) {
    if (!consumption->on_end) return;
    return core_->later(lane_, [self = weak_from_this(), consumption] {
      if (!self.expired()) consumption->on_end(consumption->error);
    });
  }
  pipeline_.consumptions.begin(std::move(consumption));
  pipeline_.assignment.begin_consumption();
  join();
  if (Error stopped = pipeline_.positions.begin(pipeline_.handlers.hears_events()))
    pipeline_.consumptions.end(std::move(stopped));
  if (ownership_ != nullptr) ownership_->join();
  pipeline_.standstill.consumption_begun();
  for (const auto& partition : pipeline_.assignment) pipeline_.dispatcher.make_ready(*partition);
  pipeline_.dispatcher.schedule();  // an earlier consumption may have left partitions in the ready list
  pipeline_.sources.schedule();
}

// --- partitions -------------------------------------------------------------

Error Reader::pause(const Partitions& named, bool on) {
  if (Error refused = refusal()) return refused;
  std::vector<Partition*> found;
  if (Error unknown = roster_.find(named, found)) return unknown;
  roster_.pause(found, on);
  return {};
}

Error Reader::pause_all(bool on) {
  if (Error refused = refusal()) return refused;
  roster_.pause_all(on);
  return {};
}

Error Reader::seek(TopicOffset to) {
  if (Error refused = refusal()) return refused;
  if (Error illegal = check_place(to)) return illegal;
  Partition* const partition = pipeline_.assignment.find(to.topic, to.partition);
  if (partition == nullptr) {
    return Error(Errc::invalid_argument,
                 to.topic + "/" + std::to_string(to.partition) + " is not one of this consumer's partitions");
  }
  pipeline_.answers.position_set(*partition);
  pipeline_.positions.seek(*partition, std::move(to), consuming());
  return {};
}

int64_t Reader::position(std::string_view topic, int32_t partition) const {
  const Partition* const found = pipeline_.assignment.find(topic, partition);
  return found == nullptr ? -1 : found->public_position();
}

bool Reader::at_end(std::string_view topic, int32_t partition) const {
  const Partition* const found = pipeline_.assignment.find(topic, partition);
  return found != nullptr && found->position.at_end();
}

// --- the ends ---------------------------------------------------------------
// A reader is closed when its consumption and all of its commits have ended.

void Reader::stop(Function<void()> done) {
  if (life_cycle_.in_session() && core_->live()) {
    if (life_cycle_.closing()) return close(std::move(done));
    pipeline_.dispatcher.interrupt();
    return pipeline_.consumptions.stop(std::move(done));
  }
  if (done) core_->later(lane_, std::move(done));
}

void Reader::settled() {
  if (ownership_ != nullptr) ownership_->look();
  maybe_closed();
}

void Reader::close(Function<void()> done, Leaving leaving) {
  if (!life_cycle_.in_session() || !core_->live()) {
    life_cycle_.reach(Stage::closed);
    link_->reader = nullptr;
    if (done) core_->later(lane_, std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  if (life_cycle_.closing()) return;
  pipeline_.dispatcher.interrupt();
  pipeline_.consumptions.close(Error(Errc::closed, "the consumer was closed"));
  life_cycle_.reach(Stage::closing);
  close_timer_ = core_->reactor().after(core_->options().close_timeout, [this] {
    close_timer_.cancel();
    fail_rest();
  });
  leave_group(leaving, core_->reactor().now() + core_->options().close_timeout);
  maybe_closed();
}

void Reader::leave_group(Leaving leaving, net::TimePoint deadline) {
  if (ownership_ == nullptr) return;
  const bool stays = leaving == Leaving::stay || (leaving == Leaving::by_kind && !options_.group_instance_id.empty());
  ownership_->leave(!stays, deadline);
}

void Reader::begin_close(net::TimePoint deadline, Function<void()> done) {
  const std::shared_ptr<Reader> pinned = shared_from_this();
  close_done_ = std::move(done);
  pipeline_.consumptions.close(Error(Errc::closed, "the session was closed"));
  if (!life_cycle_.closing()) leave_group(Leaving::by_kind, deadline);
  life_cycle_.reach(Stage::closing);
  maybe_closed();
}

// The deadline has passed: commits that the broker has not answered fail now.
void Reader::fail_rest() {
  const std::shared_ptr<Reader> pinned = shared_from_this();
  pipeline_.consumptions.close(Error(Errc::closed, "the consumer was closed"));
  life_cycle_.reach(Stage::overdue);
  if (ownership_ != nullptr) ownership_->abort();
  pipeline_.answers.fail_commits(Error(Errc::closed, "closed before the commit was confirmed"));
  pipeline_.consumptions.finish();
  maybe_closed();
}

void Reader::maybe_closed() {
  if (!life_cycle_.closing() || life_cycle_.closed()) return;
  if (!pipeline_.at_rest() || (ownership_ != nullptr && !ownership_->away())) return;
  pipeline_.answers.fail_commits(Error(Errc::closed, "closed before an earlier message was answered"));
  leave();
  auto callbacks = std::move(close_callbacks_);
  close_callbacks_.clear();
  for (Function<void()>& done : callbacks) core_->later(lane_, std::move(done));
  if (Function<void()> done = std::move(close_done_)) done();
}

// Leaves the session's lists. Envelopes that are still open are lost from now on.
void Reader::leave() {
  const bool was_in = life_cycle_.in_session();
  life_cycle_.reach(Stage::closed);
  link_->reader = nullptr;
  close_timer_.cancel();
  if (ownership_ != nullptr) ownership_->abort();
  pipeline_.close(was_in && core_->live());
  if (!was_in || !core_->live()) return;
  core_->remove(*this);
  roster_.leave();
}

void Reader::abandon() {
  if (life_cycle_.aborted()) return;
  const Teardown teardown;
  if (life_cycle_.in_session()) leave();
  Function<void()> session_waits = std::move(close_done_);
  abort();
  if (core_->live()) core_->callbacks().drop(lane_);
  if (session_waits) session_waits();
}

void Reader::abort() {
  life_cycle_.reach(Stage::aborted);
  link_->reader = nullptr;
  close_timer_.cancel();
  if (ownership_ != nullptr) ownership_->abort();
  // These callables may own envelopes, and call back when they are destroyed: at the end of this function.
  const auto callbacks = std::exchange(close_callbacks_, {});
  const Function<void()> done = std::exchange(close_done_, nullptr);
  pipeline_.abort();
}

}  // namespace kafka::consumer
