// ApiVersions (key 18): what a broker speaks. Its answer never has a flexible header (KIP-511).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct ApiVersionsRequest {
  static constexpr int16_t kSoftwareNameFrom = 3;  ///< the client says what it is; brokers check the text (KIP-511)

  std::string client_software_name;     ///< v3+
  std::string client_software_version;  ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.client_software_name, "clientSoftwareName", since(3).ignorable());
    f(m.client_software_version, "clientSoftwareVersion", since(3).ignorable());
  }
};

struct ApiVersionsResponse {
  struct ApiVersion {
    int16_t api_key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;
    static void fields(auto& f, auto& m) {
      f(m.api_key, "apiKey", since(0));
      f(m.min_version, "minVersion", since(0));
      f(m.max_version, "maxVersion", since(0));
    }
  };
  struct SupportedFeatureKey {
    std::string name;         ///< v3+
    int16_t min_version = 0;  ///< v3+
    int16_t max_version = 0;  ///< v3+
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(3));
      f(m.min_version, "minVersion", since(3));
      f(m.max_version, "maxVersion", since(3));
    }
  };
  struct FinalizedFeatureKey {
    std::string name;               ///< v3+
    int16_t max_version_level = 0;  ///< v3+
    int16_t min_version_level = 0;  ///< v3+
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(3));
      f(m.max_version_level, "maxVersionLevel", since(3));
      f(m.min_version_level, "minVersionLevel", since(3));
    }
  };
  int16_t error_code = 0;
  std::vector<ApiVersion> api_keys;
  int32_t throttle_time_ms = 0;                         ///< v1+
  std::vector<SupportedFeatureKey> supported_features;  ///< v3+, tag 0
  int64_t finalized_features_epoch = -1;                ///< v3+, tag 1
  std::vector<FinalizedFeatureKey> finalized_features;  ///< v3+, tag 2
  bool zk_migration_ready = false;                      ///< v3+, tag 3
  static void fields(auto& f, auto& m) {
    f(m.error_code, "errorCode", since(0));
    f(m.api_keys, "apiKeys", since(0));
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.supported_features, "supportedFeatures", since(3).tag(0).ignorable());
    f(m.finalized_features_epoch, "finalizedFeaturesEpoch", since(3).tag(1).ignorable());
    f(m.finalized_features, "finalizedFeatures", since(3).tag(2).ignorable());
    f(m.zk_migration_ready, "zkMigrationReady", since(3).tag(3).ignorable());
  }
};

template <>
struct Api<ApiVersionsRequest> {
  using Response = ApiVersionsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::api_versions,
      .versions = {0, 4},
      .flexible_from = 3,
      .throttles_client_from = 2,
      .newest_in = {.v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 3, .v2_8 = 3, .v3_9 = 4, .v4_3 = 4}};
};

}  // namespace kafka::protocol
