#include "topic_check.hpp"

#include <utility>

namespace cli {

TopicCheck::TopicCheck(App& app, std::vector<std::string> names, Handlers handlers)
    : app_(app), handlers_(std::move(handlers)), again_(app.loop(), [this] { ask(); }), late_(app.loop(), [this] {
        is_late_ = true;
        tell();
      }) {
  for (std::string& name : names) absent_.emplace(std::move(name), kafka::Errc::unknown_topic_or_partition);
}

void TopicCheck::start() {
  late_.set(kLateMs);
  ask();
}

void TopicCheck::stop() {
  stopped_ = true;
  again_.stop();
  late_.stop();
}

void TopicCheck::ask() {
  std::set<std::string> names;
  for (const auto& [name, error] : absent_) names.insert(name);
  app_.session().get_metadata(
      std::move(names),
      [this](const kafka::Error& error, const kafka::ClusterMetadata& cluster) { answered(error, cluster); });
}

void TopicCheck::answered(const kafka::Error& error, const kafka::ClusterMetadata& cluster) {
  if (stopped_ || error == kafka::Errc::closed) return;
  if (!error) {
    answered_ = true;
    app_.heard();
    for (const auto& [name, topic] : cluster.topics) {
      const auto entry = absent_.find(name);
      if (entry == absent_.end()) continue;
      entry->second = topic.error || !topic.partitions.empty() ? topic.error : kafka::Errc::unknown_topic_or_partition;
      if (!entry->second) absent_.erase(entry);
    }
    handlers_.seen(cluster.topics);
  }
  if (!absent_.empty()) again_.set(kAgainMs);
  tell();
}

void TopicCheck::tell() {
  if (stopped_) return;
  if (!decided_ && answered_ && (absent_.empty() || is_late_)) {
    decided_ = true;
    late_.stop();
    for (const auto& [name, why] : std::map(absent_)) handlers_.missing(name, why);
    handlers_.decided();
  }
  if (!decided_ || stopped_) return;
  // The session's log goes on to tell of it, and that is not news any more.
  for (const auto& [name, why] : absent_) app_.watch().said("topic " + name + ": " + why.message());
}

}  // namespace cli
