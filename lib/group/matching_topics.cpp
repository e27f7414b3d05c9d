#include "group/matching_topics.hpp"

#include <utility>

#include "base/topic_name.hpp"

namespace kafka::group {

void MatchingTopics::follow(Regex pattern) {
  stop();
  pattern_ = std::move(pattern);
  following_ = true;
  ask();
}

void MatchingTopics::stop() {
  scope_.end();
  timer_.cancel();
  following_ = known_ = false;
  names_.clear();
}

void MatchingTopics::ask() {
  core_.metadata().fetch(std::nullopt, false, core_.options().default_api_timeout,
                         scope_.wrap([this](const Error& error, const protocol::MetadataResponse& response) {
                           answered(error, response);
                         }));
}

void MatchingTopics::ask_after(net::Duration pause) {
  timer_ = core_.reactor().after(pause, scope_.wrap([this] {
    timer_.cancel();
    ask();
  }));
}

void MatchingTopics::answered(const Error& error, const protocol::MetadataResponse& response) {
  if (error == Errc::closed) return;
  if (error) {
    core_.log().state(LogLevel::warning, "topics of a pattern", error.message());
    return ask_after(core_.router().delay(retry_));
  }
  retry_.succeed();
  std::set<std::string> names;
  for (const auto& topic : response.topics) {
    const bool there = topic.name && topic.error_code == 0;
    if (there && !topic.is_internal && !is_internal_topic(*topic.name) && pattern_.matches(*topic.name))
      names.insert(*topic.name);
  }
  ask_after(core_.options().metadata_max_age);
  if (std::exchange(known_, true) && names == names_) return;
  names_ = names;
  owner_.topics_match(names);
}

}  // namespace kafka::group
