#include "group/interest.hpp"

#include <utility>

namespace kafka::group {

void Interest::watch(Counts counts) {
  census_.stop();
  const Counts before = std::exchange(counts_, std::move(counts));
  for (const auto& [topic, count] : counts_) {
    if (!before.contains(topic)) core_.metadata().want(topic, false);
  }
  for (const auto& [topic, count] : before) {
    if (!counts_.contains(topic)) core_.metadata().unwant(topic);
  }
  if (!std::exchange(watching_, true)) listener_ = core_.metadata().add_listener([this] { look(); });
  core_.reactor().defer(scope_.wrap([this] { look(); }));
}

void Interest::watch(const std::set<std::string>& topics) {
  Counts counts;
  for (const std::string& topic : topics) counts[topic] = count_now(topic);
  watch(std::move(counts));
}

void Interest::watch_shared_out(const std::string& group, const std::set<std::string>& topics) {
  watch(topics);
  census_.ask(group, topics, [this](Counts counts) { watch(std::move(counts)); });
}

void Interest::stop() {
  census_.stop();
  scope_.end();
  if (!std::exchange(watching_, false)) return;
  core_.metadata().remove_listener(listener_);
  for (const auto& [topic, count] : std::exchange(counts_, {})) core_.metadata().unwant(topic);
}

int32_t Interest::count_now(const std::string& topic) const {
  const cluster::TopicState* const state = core_.metadata().topic(topic);
  if (state == nullptr || (!state->known && !state->error)) return kUnknown;
  if (!state->known || state->gone) return 0;
  return static_cast<int32_t>(state->partitions.size());
}

// The new number counts from now on, so that one change is told of once.
void Interest::look() {
  std::string changed;
  for (auto& [topic, count] : counts_) {
    const int32_t now = count_now(topic);
    if (now == kUnknown) continue;
    const int32_t before = std::exchange(count, now);
    if (before != kUnknown && before != now && changed.empty()) changed = topic;
  }
  if (!changed.empty()) owner_.topic_changed(changed);
}

}  // namespace kafka::group
