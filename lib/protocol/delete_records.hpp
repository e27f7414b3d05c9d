// DeleteRecords (key 21): makes everything below an offset unreadable (KIP-107).
// The client does not send it; the dev broker answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct DeleteRecordsRequest {
  struct DeleteRecordsTopic {
    struct DeleteRecordsPartition {
      int32_t partition_index = 0;
      int64_t offset = 0;  ///< -1: the high watermark
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.offset, "offset", since(0));
      }
    };
    std::string name;
    std::vector<DeleteRecordsPartition> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  std::vector<DeleteRecordsTopic> topics;
  int32_t timeout_ms = 0;
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(0));
    f(m.timeout_ms, "timeoutMs", since(0));
  }
};

struct DeleteRecordsResponse {
  struct DeleteRecordsTopicResult {
    struct DeleteRecordsPartitionResult {
      int32_t partition_index = 0;
      int64_t low_watermark = 0;
      int16_t error_code = 0;
      static void fields(auto& f, auto& m) {
        f(m.partition_index, "partitionIndex", since(0));
        f(m.low_watermark, "lowWatermark", since(0));
        f(m.error_code, "errorCode", since(0));
      }
    };
    std::string name;
    std::vector<DeleteRecordsPartitionResult> partitions;
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0));
      f(m.partitions, "partitions", since(0));
    }
  };
  int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0).ignorable());
    f(m.topics, "topics", since(0));
  }
};

template <>
struct Api<DeleteRecordsRequest> {
  using Response = DeleteRecordsResponse;
  static constexpr ApiRow kRow{.key = ApiKey::delete_records,
                               .versions = {0, 2},
                               .flexible_from = 2,
                               .throttles_client_from = 1,
                               .newest_in = {.v0_11 = 0, .v1_1 = 0, .v2_4 = 1, .v2_8 = 2, .v3_9 = 2, .v4_3 = 2}};
};

}  // namespace kafka::protocol
