// FindCoordinator (key 10): which broker coordinates a group; several at once from v4 on (KIP-699).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct FindCoordinatorRequest {
  static constexpr int16_t kManyKeysFrom = 4;  ///< several keys at once (KIP-699)

  std::string key;                            ///< v0 to v3
  int8_t key_type = 0;                        ///< v1+
  std::vector<std::string> coordinator_keys;  ///< v4+
  static void fields(auto& f, auto& m) {
    f(m.key, "key", since(0).until(3));
    f(m.key_type, "keyType", since(1));
    f(m.coordinator_keys, "coordinatorKeys", since(4));
  }
};

struct FindCoordinatorResponse {
  struct Coordinator {
    std::string key;                                ///< v4+
    int32_t node_id = 0;                            ///< v4+
    std::string host;                               ///< v4+
    int32_t port = 0;                               ///< v4+
    int16_t error_code = 0;                         ///< v4+
    std::optional<std::string> error_message = "";  ///< v4+, may be null
    static void fields(auto& f, auto& m) {
      f(m.key, "key", since(4));
      f(m.node_id, "nodeId", since(4));
      f(m.host, "host", since(4));
      f(m.port, "port", since(4));
      f(m.error_code, "errorCode", since(4));
      f(m.error_message, "errorMessage", since(4).null_since(4).ignorable());
    }
  };
  int32_t throttle_time_ms = 0;                   ///< v1+
  int16_t error_code = 0;                         ///< v0 to v3
  std::optional<std::string> error_message = "";  ///< v1 to v3, may be null
  int32_t node_id = 0;                            ///< v0 to v3
  std::string host;                               ///< v0 to v3
  int32_t port = 0;                               ///< v0 to v3
  std::vector<Coordinator> coordinators;          ///< v4+
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.error_code, "errorCode", since(0).until(3));
    f(m.error_message, "errorMessage", since(1).until(3).null_since(1).null_until(3).ignorable());
    f(m.node_id, "nodeId", since(0).until(3));
    f(m.host, "host", since(0).until(3));
    f(m.port, "port", since(0).until(3));
    f(m.coordinators, "coordinators", since(4));
  }
};

template <>
struct Api<FindCoordinatorRequest> {
  using Response = FindCoordinatorResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::find_coordinator,
      .versions = {0, 6},
      .flexible_from = 3,
      .throttles_client_from = 2,
      .newest_in = {
          .v0_8_2 = 0, .v0_9 = 0, .v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 3, .v2_8 = 3, .v3_9 = 6, .v4_3 = 6}};
};

}  // namespace kafka::protocol
