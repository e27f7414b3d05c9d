#include "consumer/poll_watch.hpp"

#include <algorithm>

namespace kafka::consumer {
namespace {

std::string seconds(net::Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

void PollWatch::start() {
  if (interval_ == net::Duration::zero() || timer_.active()) return;
  idle_since_ = {};
  told_ = false;
  arm();
}

void PollWatch::arm() {
  timer_ = core_.reactor().after(interval_ / kLooks, [this] {
    timer_.cancel();
    look();
  });
}

void PollWatch::look() {
  const net::TimePoint now = core_.reactor().now();
  const OldestOpen::Found open = oldest_.look(now);
  const net::Duration idle = this->idle(now);
  const net::Duration worst = std::max(open.age, idle);
  told_ = told_ && worst >= interval_ / 2;
  if (worst < interval_ / 2) return arm();
  std::string why = open.age >= idle && open.partition != nullptr
                        ? "the envelope of " + open.partition->where() + ", offset " +
                              std::to_string(open.partition->window.front().first) + ", has had no answer for "
                        : "nobody has consumed for ";
  why += seconds(worst) + " (max.poll.interval.ms: " + seconds(interval_) + ")";
  if (worst >= interval_) return owner_.application_stuck(Error(Errc::stalled, std::move(why)));
  arm();
  if (!std::exchange(told_, true)) owner_.application_slow(Error(Errc::stalled, std::move(why)));
}

// How long partitions that may be read wait for a consumption.
net::Duration PollWatch::idle(net::TimePoint now) {
  const bool wanted = std::any_of(assignment_.begin(), assignment_.end(),
                                  [](const auto& partition) { return !partition->held(Hold::paused); });
  if (consumptions_.current() != nullptr || !wanted) {
    idle_since_ = {};
    return {};
  }
  if (idle_since_ == net::TimePoint()) idle_since_ = now;
  return now - idle_since_;
}

}  // namespace kafka::consumer
