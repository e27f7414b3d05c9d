#include "group/topic_ids.hpp"

#include <utility>

#include "base/topic_name.hpp"

namespace kafka::group {

// With a pattern, topics that were found by their ids stay as long as they exist: the names that this client matches
// may come later.
void TopicIds::watch(const std::set<std::string>& topics, bool any) {
  any_ = any;
  const std::set<std::string> before = std::exchange(topics_, topics);
  for (const std::string& topic : before) {
    const cluster::TopicState* const state = core_.metadata().topic(topic);
    if (any && (state == nullptr || !state->gone)) topics_.insert(topic);
  }
  for (const std::string& topic : topics_) {
    if (!before.contains(topic)) core_.metadata().want(topic, creates_ && !any);
  }
  for (const std::string& topic : before) {
    if (!topics_.contains(topic)) core_.metadata().unwant(topic);
  }
  if (!std::exchange(watching_, true)) listener_ = core_.metadata().add_listener([this] { learnt(); });
}

void TopicIds::stop() {
  miss({});
  internal_.clear();
  if (!std::exchange(watching_, false)) return;
  core_.metadata().remove_listener(listener_);
  for (const std::string& topic : std::exchange(topics_, {})) core_.metadata().unwant(topic);
}

std::optional<std::string> TopicIds::name(const Uuid& id) const {
  const cluster::TopicState* const state = core_.metadata().topic_by_id(id);
  return state != nullptr && state->id == id ? std::optional<std::string>(state->name) : std::nullopt;
}

std::optional<std::string> TopicIds::internal(const Uuid& id) const {
  const auto found = internal_.find(id);
  return found != internal_.end() ? std::optional<std::string>(found->second) : std::nullopt;
}

void TopicIds::miss(std::set<Uuid> ids) {
  missing_ = std::move(ids);
  if (missing_.empty()) {
    scope_.end();
    retry_.reset();
  } else if (!retry_.waiting()) {
    retry_.fail(core_.router(), [this] {
      ask();
      miss(std::move(missing_));
    });
  }
}

void TopicIds::ask() {
  if (!any_) return core_.metadata().refresh();
  scope_.end();  // the answer to an older question would say less
  core_.metadata().fetch(std::nullopt, false, core_.options().default_api_timeout,
                         scope_.wrap([this](const Error& error, const protocol::MetadataResponse& response) {
                           if (!error) found(response);
                         }));
}

void TopicIds::found(const protocol::MetadataResponse& response) {
  bool internal = false;
  std::set<std::string> names = topics_;
  for (const auto& topic : response.topics) {
    if (!topic.name || topic.error_code != 0 || !missing_.contains(topic.topic_id)) continue;
    if (topic.is_internal || is_internal_topic(*topic.name)) {
      internal_[topic.topic_id] = *topic.name;
      internal = true;
    } else {
      names.insert(*topic.name);
    }
  }
  if (names != topics_) watch(names, any_);
  if (internal) learnt();
}

void TopicIds::learnt() {
  if (!missing_.empty()) owner_.topics_learnt();
}

}  // namespace kafka::group
