#include "consumer/discovery.hpp"

#include <algorithm>

#include "consumer/assignment.hpp"

namespace kafka::consumer {

void Discovery::join() {
  if (topics_.empty()) return;
  joined_ = true;
  listener_ = core_.metadata().add_listener([this] { look(); });
  for (const Topic& topic : topics_) core_.metadata().want(topic.name, create_);
  look();  // another object of the session may have asked about the topics before
}

void Discovery::leave() {
  if (!std::exchange(joined_, false)) return;
  core_.metadata().remove_listener(listener_);
  for (const Topic& topic : topics_) core_.metadata().unwant(topic.name);
}

void Discovery::look() {
  for (Topic& topic : topics_) look_at(topic);
}

void Discovery::look_at(Topic& topic) {
  const cluster::TopicState* const state = core_.metadata().topic(topic.name);
  if (state == nullptr) return;
  if (!state->known) return missing(topic, state->error);
  const bool there = !state->error;
  const auto end = static_cast<int32_t>(std::min(state->partitions.size(), Assignment::kMostPartitions));
  const bool newer = std::exchange(topic.newer, true);
  topic.missing = {};
  topic.told = false;
  if (end > topic.found) owner_.partitions_found(topic.name, std::exchange(topic.found, end), end, newer);
  if (there) owner_.topic_there(topic.name, end);
}

// A consumer of all partitions waits for topics that do not exist. It may be a wrong name, so it does not wait in
// silence.
void Discovery::missing(Topic& topic, const Error& why) {
  if (!why || core_.metadata().last_error()) return;  // nobody has said anything about the topic
  if (why == Errc::unknown_topic_or_partition) topic.newer = true;
  const net::TimePoint now = core_.reactor().now();
  if (topic.missing == net::TimePoint()) topic.missing = now;
  if (now - topic.missing < kPatience || std::exchange(topic.told, true)) return;
  core_.log().line(LogLevel::warning, "topic " + topic.name + ": " + why.message() + "; the consumer waits for it");
}

}  // namespace kafka::consumer
