// The patterns that the members of a group subscribe to, and the topics that they mean. A broker looks for these apart
// from heartbeats: first a moment after a pattern came, then again when there are other topics, but not more often than
// every ten seconds.
// Not here: matching (base/regex).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.hpp"
#include "devbroker/topics.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

/// Owns the patterns.
class SubscribedPatterns {
 public:
  static constexpr std::chrono::seconds kRefresh{10};

  explicit SubscribedPatterns(const Topics& topics) : topics_(topics) {}

  /// Keeps these patterns and forgets all others. New ones mean nothing until resolve().
  void keep(const std::set<std::string>& patterns);
  /// True if a pattern is new, or if it is time to look whether there are other topics.
  bool due(net::TimePoint now) const;
  /// True if a pattern means other topics now.
  bool resolve(net::TimePoint now);
  /// Sorted. Empty for a pattern that was not resolved.
  const std::vector<std::string>& topics(std::string_view pattern) const;

 private:
  struct Entry {
    explicit Entry(std::string_view text) { static_cast<void>(Regex::compile(text, pattern)); }
    Regex pattern = {};
    bool is_new = true;
    std::vector<std::string> topics = {};
  };
  const Topics& topics_;
  std::map<std::string, Entry, std::less<>> entries_;
  net::TimePoint resolved_at_{};
};

}  // namespace kafka::devbroker
