#include "group/topic_ids.hpp"

#include <utility>

namespace kafka::group {

void TopicIds::watch(const std::set<std::string>& topics) {
  const std::set<std::string> before = std::exchange(topics_, topics);
  for (const std::string& topic : topics_) {
    if (!before.contains(topic)) core_.metadata().want(topic, creates_);
  }
  for (const std::string& topic : before) {
    if (!topics_.contains(topic)) core_.metadata().unwant(topic);
  }
  if (!std::exchange(watching_, true)) listener_ = core_.metadata().add_listener([this] { learnt(); });
}

void TopicIds::stop() {
  miss(false);
  if (!std::exchange(watching_, false)) return;
  core_.metadata().remove_listener(listener_);
  for (const std::string& topic : std::exchange(topics_, {})) core_.metadata().unwant(topic);
}

std::optional<std::string> TopicIds::name(const Uuid& id) const {
  const cluster::TopicState* const state = core_.metadata().topic_by_id(id);
  return state != nullptr && state->id == id ? std::optional<std::string>(state->name) : std::nullopt;
}

void TopicIds::miss(bool some) {
  missing_ = some;
  if (!some) {
    timer_.cancel();
    retry_.reset();
  } else if (!timer_.active()) {
    timer_ = core_.reactor().after(core_.router().delay(retry_), [this] {
      timer_.cancel();
      core_.metadata().refresh();
      miss(true);
    });
  }
}

void TopicIds::learnt() {
  if (missing_) owner_.topics_learnt();
}

}  // namespace kafka::group
