// The ends of a consumer: closed by the application, closed with its session, destroyed. A consumer is closed when its
// consumption has ended and all commits have.
#include "consumer/consumer.hpp"

namespace kafka::consumer {

using Stage = LifeCycle::Stage;

void Consumer::close(Function<void()> done) {
  if (!life_cycle_.in_session() || !core_->live()) {
    life_cycle_.reach(Stage::closed);
    link_->consumer = nullptr;
    if (done) core_->later(std::move(done));
    return;
  }
  if (done) close_callbacks_.push_back(std::move(done));
  if (life_cycle_.closing()) return;
  dispatcher_.interrupt();
  consumptions_.end(Error(Errc::closed, "the consumer was closed"));
  life_cycle_.reach(Stage::closing);
  close_timer_ = core_->reactor().after(core_->options().close_timeout, [this] {
    close_timer_.cancel();
    fail_rest();
  });
  maybe_closed();
}

void Consumer::begin_close(net::TimePoint, Function<void()> done) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  close_done_ = std::move(done);
  consumptions_.end(Error(Errc::closed, "the session was closed"));
  life_cycle_.reach(Stage::closing);
  maybe_closed();
}

// The deadline has passed: commits without an answer end now.
void Consumer::fail_rest() {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  consumptions_.end(Error(Errc::closed, "the consumer was closed"));
  life_cycle_.reach(Stage::overdue);
  answers_.fail_commits(Error(Errc::closed, "closed before the commit was confirmed"));
  consumptions_.finish();
  maybe_closed();
}

void Consumer::maybe_closed() {
  if (!life_cycle_.closing() || life_cycle_.closed()) return;
  if (committer_.pending() || consumptions_.current() != nullptr) return;
  answers_.fail_commits(Error(Errc::closed, "closed before an earlier message was answered"));
  leave();
  auto callbacks = std::move(close_callbacks_);
  close_callbacks_.clear();
  for (Function<void()>& done : callbacks) core_->later(std::move(done));
  if (Function<void()> done = std::move(close_done_)) done();
}

// Out of the session's lists; envelopes that are still open are lost from now on.
void Consumer::leave() {
  const bool was_in = life_cycle_.in_session();
  life_cycle_.reach(Stage::closed);
  link_->consumer = nullptr;
  close_timer_.cancel();
  wake_timer_.cancel();
  for (const auto& query : queries_) {
    if (const auto running = query.lock()) running->cancel();
  }
  queries_.clear();
  dispatcher_.clear();
  for (const auto& partition : assignment_) partition->buffer.clear();
  scope_.end();
  if (!was_in || !core_->live()) return;
  core_->remove(*this);
  core_->metadata().remove_listener(listener_);
  core_->router().drop_lane(lane_);
  for (const auto& [topic, numbers] : assignment_.by_topic()) core_->metadata().unwant(topic);
}

void Consumer::abandon() {
  if (life_cycle_.aborted()) return;
  if (life_cycle_.in_session()) leave();
  Function<void()> session_waits = std::move(close_done_);
  abort();
  if (session_waits) session_waits();
}

void Consumer::abort() {
  life_cycle_.reach(Stage::aborted);
  link_->consumer = nullptr;
  scope_.end();
  teller_.abort();
  wake_timer_.cancel();
  close_timer_.cancel();
  queries_.clear();
  dispatcher_.clear();
  for (const auto& partition : assignment_) partition->buffer.clear();
  close_callbacks_.clear();
  close_done_ = nullptr;
  // Callables may own envelopes and call back when they go: nothing of ours is half done by then.
  const std::shared_ptr<Consumption> consumption = consumptions_.abort();
  const std::vector<Commit> sent = committer_.abort();
  std::vector<PartitionCommits> kept;
  for (const auto& partition : assignment_) kept.push_back(std::exchange(partition->commits, {}));
  on_partition_end_ = nullptr;
  on_event_ = nullptr;
}

}  // namespace kafka::consumer
