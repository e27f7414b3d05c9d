// OAUTHBEARER (RFC 7628) as a broker checks it, with tokens that nobody has signed.
#pragma once

#include <functional>
#include <utility>

#include "devbroker/server_mechanism.hpp"

namespace kafka::devbroker {

class BearerServer final : public ServerMechanism {
 public:
  /// `wall_clock_ms`: now, in ms since 1970.
  explicit BearerServer(std::function<int64_t()> wall_clock_ms) : wall_clock_ms_(std::move(wall_clock_ms)) {}
  Verdict take(std::string_view token) override;

 private:
  std::function<int64_t()> wall_clock_ms_;
  bool refused_ = false;  // the client was told, and acknowledges that
};

}  // namespace kafka::devbroker
