// DescribeConfigs (key 32): the configuration of topics and brokers (KIP-133).
// The client does not send it; the dev broker answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct DescribeConfigsRequest {
  struct DescribeConfigsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys = std::vector<std::string>();  ///< null: all
    static void fields(auto& f, auto& m) {
      f(m.resource_type, "resourceType", since(0));
      f(m.resource_name, "resourceName", since(0));
      f(m.configuration_keys, "configurationKeys", since(0).null_since(0));
    }
  };
  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;       ///< v1+
  bool include_documentation = false;  ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.resources, "resources", since(0));
    f(m.include_synonyms, "includeSynonyms", since(1));
    f(m.include_documentation, "includeDocumentation", since(3));
  }
};

struct DescribeConfigsResponse {
  struct DescribeConfigsResult {
    struct DescribeConfigsResourceResult {
      struct DescribeConfigsSynonym {
        std::string name;
        std::optional<std::string> value = "";  ///< may be null
        int8_t source = 0;
        static void fields(auto& f, auto& m) {
          f(m.name, "name", since(1));
          f(m.value, "value", since(1).null_since(0));
          f(m.source, "source", since(1));
        }
      };
      std::string name;
      std::optional<std::string> value = "";  ///< may be null
      bool read_only = false;
      bool is_default = false;  ///< v0
      int8_t config_source = -1;
      bool is_sensitive = false;
      std::vector<DescribeConfigsSynonym> synonyms;
      int8_t config_type = 0;                         ///< v3+
      std::optional<std::string> documentation = "";  ///< v3+, may be null
      static void fields(auto& f, auto& m) {
        f(m.name, "name", since(0));
        f(m.value, "value", since(0).null_since(0));
        f(m.read_only, "readOnly", since(0));
        f(m.is_default, "isDefault", since(0).until(0).ignorable());
        f(m.config_source, "configSource", since(1).ignorable());
        f(m.is_sensitive, "isSensitive", since(0));
        f(m.synonyms, "synonyms", since(1).ignorable());
        f(m.config_type, "configType", since(3).ignorable());
        f(m.documentation, "documentation", since(3).null_since(0).ignorable());
      }
    };
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";  ///< may be null
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<DescribeConfigsResourceResult> configs;
    static void fields(auto& f, auto& m) {
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(0).null_since(0));
      f(m.resource_type, "resourceType", since(0));
      f(m.resource_name, "resourceName", since(0));
      f(m.configs, "configs", since(0));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0));
    f(m.results, "results", since(0));
  }
};

template <>
struct Api<DescribeConfigsRequest> {
  using Response = DescribeConfigsResponse;
  static constexpr ApiRow kRow{.key = ApiKey::describe_configs,
                               .versions = {0, 4},
                               .flexible_from = 4,
                               .throttles_client_from = 2,
                               .newest_in = {.v0_11 = 0, .v1_1 = 1, .v2_4 = 2, .v2_8 = 4, .v3_9 = 4, .v4_3 = 4},
                               .kafka4_from = 1};
};

}  // namespace kafka::protocol
