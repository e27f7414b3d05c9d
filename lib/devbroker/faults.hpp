// The script of faults: which request meets which, and what the fault does to it.
// Not here: doing it (connection.cpp), error places inside a response (the handlers).
#pragma once

#include <kafka/devbroker.hpp>

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kafka::devbroker {

/// A fault that was met, by value: the script may be cleared while the request is under way.
struct FaultAction {
  Errc reply = Errc::none;
  bool executes = true;  ///< false: only `reply` is answered, nothing is done
  std::chrono::nanoseconds delay{0};
  int32_t throttle_ms = 0;
  std::vector<int32_t> bad_records = {};
  std::optional<size_t> cut_at = {};
  std::optional<size_t> corrupt_at = {};
  bool swallow = false;
  bool drop_response = false;
  bool close_before = false;
  bool close_after = false;
  bool wrong_correlation = false;
  std::optional<std::string> topic = {};
  int32_t partition = -1;

  /// The error to answer for this partition instead of what happened, or none.
  Errc at(std::string_view topic_name, int32_t number) const {
    if (reply == Errc::none || (topic && *topic != topic_name) || (partition >= 0 && partition != number))
      return Errc::none;
    return reply;
  }
  Errc at_topic(std::string_view topic_name) const {
    return reply == Errc::none || partition >= 0 || (topic && *topic != topic_name) ? Errc::none : reply;
  }
};

class Faults {
 public:
  /// True if the request mentions the partition, or with -1 the topic.
  using Mentions = std::function<bool(const std::string& topic, int32_t partition)>;

  Fault& add(ApiKey api);
  void clear() { faults_.clear(); }
  bool empty() const { return faults_.empty(); }
  /// The fault that this request meets, counted as happened; false if it meets none.
  bool match(ApiKey api, int32_t broker, std::string_view client_id, const Mentions& mentions, FaultAction& action);

 private:
  std::list<Fault> faults_;  // references to its elements are handed out
};

}  // namespace kafka::devbroker
