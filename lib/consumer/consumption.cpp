#include "consumer/consumption.hpp"

#include <utility>

namespace kafka::consumer {

void Consumptions::begin(std::shared_ptr<Consumption> consumption) {
  consumption->id = ++newest_;
  current_ = std::move(consumption);
}

void Consumptions::count_answered(size_t count) {
  if (!running()) return;
  current_->answered += static_cast<int64_t>(count);
  if (current_->all_answered()) end({});
}

void Consumptions::end(Error error) {
  if (stopping() && !current_->end_queued && !current_->error) current_->error = std::move(error);
  if (!running()) return;
  current_->ending = true;
  current_->error = std::move(error);
  owner_.consumption_ending();
  finish();
}

// Without a consumption there may be open envelopes of an earlier one, or commits under way.
void Consumptions::stop(Function<void()> done) {
  if (current_ == nullptr) begin(std::make_shared<Consumption>());
  if (done) current_->on_stopped.push_back(std::move(done));
  current_->stopping = true;
  if (!std::exchange(current_->ending, true)) owner_.consumption_ending();
  finish();
}

void Consumptions::close(const Error& error) {
  end(error);
  if (current_ != nullptr) current_->stopping = false;
  finish();
}

void Consumptions::fail(const Error& error) {
  end(error);
  if (current_ != nullptr && !current_->end_queued && !current_->error) current_->error = error;
}

void Consumptions::finish() {
  if (current_ == nullptr || !current_->ending || current_->end_queued || owner_.commits_pending()) return;
  if (current_->stopping && owner_.answers_pending()) return;
  current_->end_queued = true;
  core_.callbacks().run(lane_, [this, guard = scope_.guard(), consumption = current_] {
    if (!guard.alive()) return;
    if (consumption->stopping && (owner_.answers_pending() || owner_.commits_pending())) {
      consumption->end_queued = false;  // stop() came meanwhile
      return;
    }
    const std::shared_ptr<void> pinned = owner_.pin();
    current_.reset();
    for (Function<void()>& done : consumption->on_stopped) core_.later(lane_, scope_.wrap(std::move(done)));
    if (consumption->on_end) consumption->on_end(consumption->error);
    if (guard.alive()) owner_.consumption_ended();
  });
}

std::shared_ptr<Consumption> Consumptions::abort() {
  scope_.end();
  return std::exchange(current_, nullptr);
}

}  // namespace kafka::consumer
