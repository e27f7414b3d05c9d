// The ends: of a consumption, of a consumer, of its session. A consumption ends when the commits that are
// under way have ended; a consumer is closed when its consumption has.
#include "consumer/consumer.hpp"

namespace kafka::consumer {

void Consumer::end(Error error) {
  if (consumption_ == nullptr || consumption_->ending) return;
  consumption_->ending = true;
  steady_ = false;
  consumption_->error = std::move(error);
  wake_timer_.cancel();
  wake_at_ = net::TimePoint::max();
  finish_end();
}

void Consumer::finish_end() {
  if (consumption_ == nullptr || !consumption_->ending || consumption_->end_queued || committing()) return;
  consumption_->end_queued = true;
  core_->callbacks().run([this, guard = scope_.guard(), consumption = consumption_] {
    if (!guard.alive()) return;
    const std::shared_ptr<Consumer> pinned = shared_from_this();
    consumption_.reset();
    if (consumption->on_end) consumption->on_end(consumption->error);
    if (guard.alive()) maybe_closed();
  });
}

void Consumer::close(Function<void()> done) {
  if (dead_ || left_ || !joined_ || !core_->live()) {
    closing_ = true;
    left_ = true;
    if (lanes_->consumer != nullptr) lanes_->consumer = nullptr;
    if (done) core_->later(std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  if (closing_) return;
  steady_ = false;
  end(Error(Errc::closed, "the consumer was closed"));
  closing_ = true;
  close_timer_ = core_->reactor().after(core_->options().close_timeout, [this] {
    close_timer_.cancel();
    fail_rest();
  });
  maybe_closed();
}

void Consumer::begin_close(net::TimePoint, Function<void()> done) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  close_done_ = std::move(done);
  end(Error(Errc::closed, "the session was closed"));
  closing_ = true;
  maybe_closed();
}

// The deadline has passed: commits without an answer end now.
void Consumer::fail_rest() {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  end(Error(Errc::closed, "the consumer was closed"));
  closing_ = too_late_ = true;
  const auto commits = std::move(commits_);
  commits_.clear();
  for (auto& [id, commit] : commits) {
    tell_later(std::move(const_cast<Commit&>(commit).done),
               Error(Errc::closed, "closed before the commit was confirmed"));
    close_envelope(*commit.partition);
  }
  fail_stores(Error(Errc::closed, "closed before the commit was confirmed"));
  finish_end();
  maybe_closed();
}

void Consumer::maybe_closed() {
  if (!closing_ || left_ || committing() || consumption_ != nullptr) return;
  fail_stores(Error(Errc::closed, "closed before an earlier message was answered"));
  leave();
  auto callbacks = std::move(close_callbacks_);
  close_callbacks_.clear();
  for (Function<void()>& done : callbacks) core_->later(std::move(done));
  if (Function<void()> done = std::move(close_done_)) done();
}

// Out of the session's lists; envelopes that are still open are lost from now on.
void Consumer::leave() {
  steady_ = false;
  left_ = true;
  lanes_->consumer = nullptr;
  close_timer_.cancel();
  wake_timer_.cancel();
  for (const auto& query : queries_) {
    if (const auto running = query.lock()) running->cancel();
  }
  queries_.clear();
  ready_.clear();
  for (const auto& partition : assignment_) partition->buffer.clear();
  scope_.end();
  if (!joined_ || !core_->live()) return;
  core_->remove(*this);
  core_->metadata().remove_listener(listener_);
  core_->router().drop_lane(lane_);
  for (const auto& [topic, numbers] : assignment_.by_topic()) core_->metadata().unwant(topic);
}

void Consumer::abandon() {
  if (dead_) return;
  const bool was_in = joined_ && !left_;
  if (was_in) leave();
  Function<void()> session_waits = std::move(close_done_);
  abort();
  if (session_waits) session_waits();
}

void Consumer::abort() {
  steady_ = false;
  dead_ = true;
  closing_ = true;
  left_ = true;
  lanes_->consumer = nullptr;
  scope_.end();
  wake_timer_.cancel();
  close_timer_.cancel();
  queries_.clear();
  ready_.clear();
  for (const auto& partition : assignment_) partition->buffer.clear();
  close_callbacks_.clear();
  close_done_ = nullptr;
  // Callables may own envelopes and call back when they go: nothing of ours is half done by then.
  const auto commits = std::move(commits_);
  commits_.clear();
  const auto consumption = std::move(consumption_);
  consumption_ = nullptr;
  const auto storing = std::move(storing_);
  storing_.clear();
  std::vector<Storing> wanted;
  std::vector<std::map<uint64_t, Waiting>> waiting;
  for (const auto& partition : assignment_) {
    wanted.push_back(std::exchange(partition->wanted, {}));
    waiting.push_back(std::exchange(partition->waiting, {}));
  }
  on_partition_end_ = nullptr;
  on_event_ = nullptr;
}

}  // namespace kafka::consumer
