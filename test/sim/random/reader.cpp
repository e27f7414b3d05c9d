#include "random/reader.hpp"

#include <algorithm>

#include "consumer/access.hpp"

namespace kafka::sim {

using std::chrono::milliseconds;

Reader::Reader(Run& run, const ConsumerPlan& plan, size_t index)
    : run_(run),
      plan_(plan),
      book_(run.groups.try_emplace(plan.group, run.journal, plan.group).first->second),
      random_(run.plan.seed, 200 + index) {
  start();
}

Reader::~Reader() {
  destroy();
  kept_.clear();
}

void Reader::start() {
  stops_ended_ = stops_;
  closing_ = closed_ = restarting_ = false;
  const int incarnation = ++incarnation_;
  lanes_ = std::make_unique<Lanes>(run_.journal, book_, run_.cluster(), *run_.history, run_.plan, plan_);
  lanes_->lies_possible = run_.plan.replies;
  lanes_->misled = [this] { return run_.misled(); };
  Call call(run_.journal);
  consumer_.make(*run_.session, plan_);
  if (consumer_->error()) run_.journal.violation("consumer: " + consumer_->error().message());
  consumer_->on_event([this, incarnation, token = Token(run_.journal)](const Event& event) {
    Callback callback(run_.journal, "a consumer's event");
    if (incarnation != incarnation_) return run_.journal.violation("an event of a consumer that is gone");
    run_.journal.note(event.message());
    lanes_->event(event, consumer_->position(event.topic, event.partition));
    if (event.type != Event::Type::partition_stopped || closing_) return;
    // Goes on at its own position, as an application would.
    const TopicPartition partition{event.topic, event.partition};
    const bool gone = event.error == Errc::offset_out_of_range;
    seek_timers_[partition] = run_.reactor.after(random_.ms(1, 500), [this, partition, gone] {
      seek_timers_[partition].cancel();
      if (!consumer_ || closing_ || !lanes_->lane(partition).stopped) return;
      const int64_t next = lanes_->lane(partition).next;
      seek(partition, gone                           ? kEarliestOffset
                      : next >= 0                    ? next
                      : book_.latest(partition) >= 0 ? book_.latest(partition)
                                                     : kEarliestOffset);
    });
  });
  consume();
}

void Reader::consume_soon() {
  consume_timer_ = run_.reactor.after(random_.ms(0, 300), [this] {
    consume_timer_.cancel();
    if (consumer_ && !closing_) consume();
  });
}

void Reader::consume() {
  const int incarnation = incarnation_;
  const int64_t limit = random_.percent(healed_ ? 0 : plan_.limit_percent) ? random_.between(1, 30) : 0;
  auto on_end = [this, incarnation, token = Token(run_.journal)](Error error) {
    Callback callback(run_.journal, "on_end");
    if (incarnation != incarnation_) return run_.journal.violation("on_end of a consumer that is gone");
    run_.journal.note("on_end " + error.name());
    stops_ended_ = stops_;
    lanes_->ended(error, closing_);
    if (!closing_) consume_soon();
  };
  Call call(run_.journal);
  if (plan_.batches) {
    lanes_->began(0);
    consumer_.batch_consume(
        plan_.batch_max,
        [this, incarnation, token = Token(run_.journal)](BatchEnvelope batch) {
          Callback callback(run_.journal, "a batch");
          if (incarnation != incarnation_) return run_.journal.violation("a batch of a consumer that is gone");
          auto held = std::make_shared<Held>();
          std::vector<OwnedMessage> messages = batch.detach();
          held->partition = {batch.topic(), batch.partition()};
          held->batch = std::move(batch);
          take(std::move(held), std::move(messages));
        },
        std::move(on_end));
    return;
  }
  auto on_message = [this, incarnation, token = Token(run_.journal)](MessageEnvelope message) {
    Callback callback(run_.journal, "a message");
    if (incarnation != incarnation_) return run_.journal.violation("a message of a consumer that is gone");
    auto held = std::make_shared<Held>();
    std::vector<OwnedMessage> messages;
    messages.push_back(message.detach());
    held->partition = {message.topic(), message.partition()};
    held->message = std::move(message);
    take(std::move(held), std::move(messages));
  };
  lanes_->began(limit);
  if (limit > 0) {
    consumer_.consume(limit, std::move(on_message), std::move(on_end));
  } else {
    consumer_.consume(std::move(on_message), std::move(on_end));
  }
}

void Reader::take(std::shared_ptr<Held> held, std::vector<OwnedMessage> messages) {
  if (stopping()) run_.journal.violation("a message after stop()");
  const TopicPartition& partition = held->partition;
  const int64_t first = messages.empty() ? -1 : messages.front().offset;
  run_.journal.note("deliver " + partition.topic + "/" + std::to_string(partition.partition) + " " +
                    std::to_string(first) + " " + std::to_string(messages.size()));
  if (messages.empty() || (plan_.batches && messages.size() > static_cast<size_t>(plan_.batch_max)))
    run_.journal.violation("a batch of " + std::to_string(messages.size()) + " records");
  std::vector<History::Place> places;
  for (const OwnedMessage& message : messages) places.push_back({message.offset, run_.received(message)});
  held->number = lanes_->delivered(partition, places, consumer_->position(partition.topic, partition.partition));
  if (!healed_ && random_.integer(0, 999) < plan_.restart_percent && run_.plan.ending != Ending::abort_early) {
    held_[next_held_++] = std::move(held);
    return restart(random_.percent(50));  // from inside the callback
  }
  if (!healed_ && plan_.take_percent > 0 && random_.percent(2)) take(held->partition, true);  // inside the callback
  if (!random_.percent(plan_.late_percent)) return answer(held);
  const uint64_t id = next_held_++;
  held->timer =
      run_.reactor.after(random_.percent(90) ? random_.ms(0, 50) : random_.ms(50, healed_ ? 100 : 3000), [this, id] {
        const std::shared_ptr<Held> mine = held_[id];
        held_.erase(id);
        mine->timer.cancel();
        answer(mine);
      });
  held_[id] = std::move(held);
}

// What an answer does is judged by what the call returned: it may be lost for a reason that is told later.
void Reader::answer(const std::shared_ptr<Held>& held) {
  if (!healed_ && random_.integer(0, 999) < plan_.end_percent) return give_back(held);
  if (random_.percent(plan_.commit_percent)) return commit(held);
  Call call(run_.journal);
  const Error error = ack(*held);
  replied(*held, error);
  lanes_->answered(held->partition, held->number, true);
}

void Reader::give_back(const std::shared_ptr<Held>& held) {
  const bool cancel = random_.percent(50);
  if (!lanes_->is_taken(held->partition, held->number)) lanes_->ending(cancel ? Errc::none : Errc::envelope_dropped);
  run_.journal.note(cancel ? "cancel" : "drop");
  Call call(run_.journal);
  Error error;
  if (cancel) error = plan_.batches ? held->batch.cancel() : held->message.cancel();
  if (cancel) replied(*held, error);
  lanes_->answered(held->partition, held->number, false);
  held->message = MessageEnvelope();
  held->batch = BatchEnvelope();
}

void Reader::commit(const std::shared_ptr<Held>& held) {
  const TopicPartition partition = held->partition;
  ++run_.result.commits;
  run_.journal.note("commit " + partition.topic + "/" + std::to_string(partition.partition));
  // With `pipelined` it may wait for the one before it.
  auto done = [this, incarnation = incarnation_, partition, number = held->number,
               latest = run_.journal.patience() + 2 * plan_.options.default_api_timeout + milliseconds(1000),
               token = Token(run_.journal)](Error error) {
    Callback callback(run_.journal, "a commit");
    if (incarnation != incarnation_) return run_.journal.violation("a commit of a consumer that is gone");
    run_.journal.note("committed " + error.name());
    if (run_.journal.patience() > latest && plan_.options.ordering != Ordering::unordered)
      run_.journal.violation("a commit took longer than default_api_timeout");
    if (error == Errc::lost && closing_) return lanes_->late(partition, number);
    lanes_->committed(partition, number, error);
  };
  Call call(run_.journal);
  const Error error =
      plan_.batches ? held->batch.commit(mark(), std::move(done)) : held->message.commit(mark(), std::move(done));
  replied(*held, error);
  if (!error) return lanes_->committing(partition, held->number);
  lanes_->late(partition, held->number);
}

void Reader::sent(const TopicPartition& partition, int64_t offset, const std::string& metadata) {
  run_.journal.check(consumer_ && !closed_ && metadata == mark(), "a commit of a consumer that is gone is sent");
  if (metadata == mark()) lanes_->sent(partition, offset);
}

void Reader::replied(const Held& held, const Error& error) {
  if (lanes_->is_taken(held.partition, held.number)) {
    if (error != Errc::lost)
      run_.journal.violation("an answer counts though the partition was taken: " + error.message());
  } else if (!closing_) {
    lanes_->replied(held.partition, held.number, error);
  }
}

void Reader::take(const TopicPartition& partition, bool away) {
  run_.journal.note((away ? "take " : "give back ") + partition.topic + "/" + std::to_string(partition.partition));
  const Partitions named{{partition.topic, {partition.partition}}};
  consumer::Reader& inside = consumer::ReaderAccess::reader(*consumer_);
  away ? lanes_->taken(partition) : lanes_->given(partition);
  Call call(run_.journal);
  away ? inside.roster().take_away(named) : inside.roster().assign(named);
}

void Reader::seek(const TopicPartition& partition, int64_t to) {
  lanes_->sought(partition, to);
  run_.journal.note("seek " + partition.topic + "/" + std::to_string(partition.partition) + " " + std::to_string(to));
  Call call(run_.journal);
  const Error error = consumer_->seek({partition.topic, partition.partition, to, -1, {}});
  if (error) run_.journal.violation("seek: " + error.message());
}

void Reader::step() {
  if (!consumer_ || closing_ || healed_) return;
  if (random_.percent(plan_.restart_percent)) return restart(random_.percent(50));
  if (plan_.stop_percent > 0 && !stopping() && lanes_->consuming() && random_.percent(plan_.stop_percent)) stop();
  auto any = lanes_->lanes().begin();
  std::advance(any, random_.integer(0, static_cast<int>(lanes_->lanes().size()) - 1));
  const TopicPartition partition = any->first;
  if (plan_.all && !knows(partition)) return;  // not found yet
  if (plan_.take_percent > 0 && random_.percent(plan_.take_percent)) take(partition, !any->second.taken);
  if (any->second.taken) return;
  if (random_.percent(plan_.seek_percent)) {
    const auto found = run_.cluster().topics().partition(partition.topic, partition.partition);
    const int64_t end = found == nullptr ? 0 : found->log.end_offset();
    const int kind = random_.integer(0, 9);
    seek(partition, kind == 0   ? kLatestOffset
                    : kind == 1 ? kEarliestOffset
                                : random_.between(0, end + (kind == 2 ? 5 : 0)));
  }
  if (random_.percent(plan_.pause_percent)) {
    const bool on = !any->second.paused;
    lanes_->paused(partition, on);
    const Partitions named{{partition.topic, {partition.partition}}};
    Call call(run_.journal);
    const Error error = on ? consumer_->pause(named) : consumer_->resume(named);
    if (error) run_.journal.violation("pause: " + error.message());
  }
}

bool Reader::knows(const TopicPartition& partition) {
  const Partitions known = consumer_->partitions();
  const auto topic = known.find(partition.topic);
  return topic != known.end() &&
         std::find(topic->second.begin(), topic->second.end(), partition.partition) != topic->second.end();
}

void Reader::grew(const std::string& topic, int32_t first) {
  if (!plan_.all || !plan_.partitions.contains(topic)) return;
  // If it has seen the topic before, all records of the new partitions are new to it.
  const bool seen = consumer_ && consumer_->partitions().contains(topic);
  const auto* const found = run_.cluster().topics().find(topic);
  for (int32_t number = first; number < static_cast<int32_t>(found->partitions.size()); ++number)
    lanes_->add({topic, number}, seen);
}

void Reader::stop() {
  run_.journal.note("stop");
  const int number = ++stops_;
  lanes_->ending(Errc::none);
  const int incarnation = incarnation_;
  Call call(run_.journal);
  consumer_->stop([this, incarnation, number, token = Token(run_.journal)] {
    Callback callback(run_.journal, "the callback of stop()");
    run_.journal.note("stopped");
    if (incarnation != incarnation_) return run_.journal.violation("stop() of a consumer that is gone");
    // By now the application may have consumed, and called stop(), again.
    run_.journal.check(number <= stops_ended_, "stopped before on_end");
  });
}

void Reader::restart(bool politely) {
  run_.journal.note(politely ? "restart" : "restart without close");
  if (!politely) {
    destroy();
    return start();
  }
  restarting_ = true;
  close();
}

void Reader::close() {
  if (closing_ || !consumer_) return;
  closing_ = true;
  consume_timer_.cancel();
  seek_timers_.clear();
  const int incarnation = incarnation_;
  Call call(run_.journal);
  consumer_->close([this, incarnation, token = Token(run_.journal)] {
    Callback callback(run_.journal, "the consumer's close callback");
    run_.journal.note("consumer closed");
    if (incarnation != incarnation_) return run_.journal.violation("a consumer that is gone closed");
    run_.journal.check(!closed_, "a consumer closed twice");
    run_.journal.check(!lanes_->consuming(), "a consumer closed before its on_end");
    lanes_->closed();
    closed_ = true;
    if (!restarting_ || healed_ || done_) return;
    destroy();
    start();
  });
}

void Reader::destroy() {
  consume_timer_.cancel();
  seek_timers_.clear();
  for (auto& [id, held] : held_) {
    held->timer.cancel();
    if (random_.percent(50)) kept_.push_back(held);
  }
  Call call(run_.journal);
  held_.clear();
  incarnation_ += consumer_ ? 1 : 0;
  consumer_.reset();
}

void Reader::heal() {
  healed_ = true;
  if (!consumer_ || closed_) {
    destroy();
    start();
  }
  if (closing_) return;
  Call call(run_.journal);
  for (auto& [partition, lane] : lanes_->lanes()) {
    if (lane.taken) take(partition, false);
    if (!lane.paused) continue;
    lane.paused = false;
    const Error error = consumer_->resume({{partition.topic, {partition.partition}}});
    if (error) run_.journal.violation("resume: " + error.message());
  }
}

bool Reader::at_end() {
  if (closed_ && restarting_) {  // it was on its way when the faults ended
    destroy();
    start();
  }
  if (closing_) return false;
  for (const auto& [partition, lane] : lanes_->lanes()) {
    const auto found = run_.cluster().topics().partition(partition.topic, partition.partition);
    if (found == nullptr) continue;
    const int64_t next = lane.next >= 0 ? lane.next : consumer_->position(partition.topic, partition.partition);
    if (lane.open() || next > found->log.end_offset() || !lanes_->all_read(lane, next)) return false;
  }
  return true;
}

std::string Reader::where() {
  std::string text = plan_.group + (closing_ ? " closing" : "") + (lanes_->consuming() ? "" : " not consuming");
  for (const auto& [partition, lane] : lanes_->lanes()) {
    const auto found = run_.cluster().topics().partition(partition.topic, partition.partition);
    text += "; " + partition.topic + "/" + std::to_string(partition.partition) + " at " + std::to_string(lane.next) +
            (lane.open() ? ", " + std::to_string(lane.out.size()) + " open" : "") + (lane.stopped ? " stopped" : "") +
            " of " + std::to_string(found == nullptr ? -1 : found->log.end_offset());
  }
  return text;
}

void Reader::finish() {
  done_ = true;
  close();
}

void Reader::ending() {
  done_ = true;
  closing_ = true;
  consume_timer_.cancel();
  seek_timers_.clear();
  for (auto& [id, held] : held_) held->timer.cancel();
}

void Reader::answer_late() {
  for (const auto& held : kept_) {
    Call call(run_.journal);
    const Error error = plan_.batches ? held->batch.ack() : held->message.ack();
    if (error != Errc::lost) run_.journal.violation("an answer after the consumer's end: " + error.message());
  }
  kept_.clear();
}

}  // namespace kafka::sim
