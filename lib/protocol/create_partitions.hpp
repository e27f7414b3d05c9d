// CreatePartitions (key 37): gives a topic more partitions (KIP-195).
// The client does not send it; the dev broker answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct CreatePartitionsRequest {
  struct CreatePartitionsTopic {
    struct CreatePartitionsAssignment {
      std::vector<int32_t> broker_ids;
      static void fields(auto& f, auto& m) { f(m.broker_ids, "brokerIds", since(0)); }
    };
    std::string name;
    int32_t count = 0;  ///< how many there are to be in all
    std::optional<std::vector<CreatePartitionsAssignment>> assignments =
        std::vector<CreatePartitionsAssignment>();  ///< of the new ones; null: the broker decides
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.count, "count", since(0));
      f(m.assignments, "assignments", since(0).null_since(0));
    }
  };
  std::vector<CreatePartitionsTopic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(0));
    f(m.timeout_ms, "timeoutMs", since(0));
    f(m.validate_only, "validateOnly", since(0));
  }
};

struct CreatePartitionsResponse {
  struct CreatePartitionsTopicResult {
    std::string name;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(0).null_since(0));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0));
    f(m.results, "results", since(0));
  }
};

template <>
struct Api<CreatePartitionsRequest> {
  using Response = CreatePartitionsResponse;
  static constexpr ApiRow kRow{.key = ApiKey::create_partitions,
                               .versions = {0, 3},
                               .flexible_from = 2,
                               .throttles_client_from = 1,
                               .newest_in = {.v1_1 = 0, .v2_4 = 1, .v2_8 = 3, .v3_9 = 3, .v4_3 = 3}};
};

}  // namespace kafka::protocol
