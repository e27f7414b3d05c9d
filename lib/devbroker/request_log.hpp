// What the brokers have been asked: a count per broker and API, and the newest requests one by one.
#pragma once

#include <kafka/devbroker.hpp>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace kafka::devbroker {

/// Owns the counts and the list of the newest requests.
class RequestLog {
 public:
  void note(SeenRequest request);
  /// Broker 0: of all.
  int64_t count(ApiKey api, int32_t broker = 0) const;
  /// Oldest first.
  const std::vector<SeenRequest>& seen() const { return seen_; }
  void clear_seen() { seen_.clear(); }

 private:
  std::map<std::pair<int32_t, ApiKey>, int64_t> counts_;
  std::vector<SeenRequest> seen_;
};

}  // namespace kafka::devbroker
