// The script of faults: which request meets which fault.
// Not here: what a fault does to bytes and connections (connection.cpp), its error inside a response (handlers).
#pragma once

#include <kafka/devbroker.hpp>

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <utility>

namespace kafka::devbroker {

/// Owns the faults.
class Faults {
 public:
  /// True if the request names the partition, or the topic if `partition` is -1.
  using Mentions = std::function<bool(const std::string& topic, int32_t partition)>;

  Fault& add(ApiKey api);
  void clear() { faults_.clear(); }
  bool empty() const { return faults_.empty(); }
  /// Finds the fault that this request meets, and counts it. False if it meets none.
  /// `action` is a copy, because the faults may be cleared while the request is served.
  bool match(ApiKey api, int32_t broker, std::string_view client_id, const Mentions& mentions, FaultAction& action);

  /// Changes answers into such as no broker gives: called with each, just before it is encoded. `response` points to
  /// the response of this API. For tests.
  using Distortion = std::function<void(int32_t broker, ApiKey api, int16_t version, void* response)>;
  void set_distortion(Distortion distortion) { distortion_ = std::move(distortion); }
  void distort(int32_t broker, ApiKey api, int16_t version, void* response) const {
    if (distortion_) distortion_(broker, api, version, response);
  }

 private:
  Distortion distortion_;
  std::list<Fault> faults_;  // references to its elements are handed out
};

}  // namespace kafka::devbroker
