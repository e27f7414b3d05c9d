// Patterns of a group (see subscribed_patterns.hpp).
#include "devbroker/subscribed_patterns.hpp"

#include <algorithm>
#include <utility>

namespace kafka::devbroker {

void SubscribedPatterns::keep(const std::set<std::string>& patterns) {
  std::erase_if(entries_, [&](const auto& entry) { return !patterns.contains(entry.first); });
  for (const std::string& text : patterns) entries_.try_emplace(text, text);
}

bool SubscribedPatterns::due(net::TimePoint now) const {
  if (entries_.empty()) return false;
  const bool has_new = std::ranges::any_of(entries_, [](const auto& entry) { return entry.second.is_new; });
  return has_new || now - resolved_at_ >= kRefresh;
}

bool SubscribedPatterns::resolve(net::TimePoint now) {
  resolved_at_ = now;
  bool changed = false;
  for (auto& [text, entry] : entries_) {
    std::vector<std::string> topics;
    for (const auto& [name, topic] : topics_.all()) {
      if (entry.pattern.matches(name)) topics.push_back(name);
    }
    changed = changed || topics != entry.topics;
    entry.topics = std::move(topics);
    entry.is_new = false;
  }
  return changed;
}

const std::vector<std::string>& SubscribedPatterns::topics(std::string_view pattern) const {
  static const std::vector<std::string> none;
  const auto at = entries_.find(pattern);
  return at == entries_.end() ? none : at->second.topics;
}

}  // namespace kafka::devbroker
