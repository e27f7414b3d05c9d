// What was asked (see request_log.hpp).
#include "devbroker/request_log.hpp"

#include <cstddef>

namespace kafka::devbroker {

void RequestLog::note(SeenRequest request) {
  ++counts_[{request.broker, request.api}];
  if (seen_.size() >= 2 * DevBroker::kMaxSeenRequests) {
    seen_.erase(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(DevBroker::kMaxSeenRequests));
  }
  seen_.push_back(std::move(request));
}

int64_t RequestLog::count(ApiKey api, int32_t broker) const {
  int64_t sum = 0;
  for (const auto& [key, count] : counts_) {
    if (key.second == api && (broker == 0 || key.first == broker)) sum += count;
  }
  return sum;
}

}  // namespace kafka::devbroker
