// DeleteTopics (key 20): deletes topics by name, or by id (KIP-516).
// The client does not send it; the dev broker answers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct DeleteTopicsRequest {
  static constexpr int16_t kTopicsFrom = 6;  ///< `topics` in place of `topic_names`: by name or by id

  struct DeleteTopicState {
    std::optional<std::string> name;  ///< null: by id
    Uuid topic_id{};
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(6).null_since(6));
      f(m.topic_id, "topicId", since(6));
    }
  };
  std::vector<DeleteTopicState> topics;  ///< v6+
  std::vector<std::string> topic_names;  ///< v0-5
  int32_t timeout_ms = 0;
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(6));
    f(m.topic_names, "topicNames", since(0).until(5).ignorable());
    f(m.timeout_ms, "timeoutMs", since(0));
  }
};

struct DeleteTopicsResponse {
  struct DeletableTopicResult {
    std::optional<std::string> name = "";  ///< may be null from v6 on
    Uuid topic_id{};                       ///< v6+
    int16_t error_code = 0;
    std::optional<std::string> error_message;  ///< v5+
    static void fields(auto& f, auto& m) {
      f(m.name, "name", since(0).null_since(6));
      f(m.topic_id, "topicId", since(6).ignorable());
      f(m.error_code, "errorCode", since(0));
      f(m.error_message, "errorMessage", since(5).null_since(5).ignorable());
    }
  };
  int32_t throttle_time_ms = 0;  ///< v1+
  std::vector<DeletableTopicResult> responses;
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(1).ignorable());
    f(m.responses, "responses", since(0));
  }
};

template <>
struct Api<DeleteTopicsRequest> {
  using Response = DeleteTopicsResponse;
  static constexpr ApiRow kRow{
      .key = ApiKey::delete_topics,
      .versions = {0, 6},
      .flexible_from = 4,
      .throttles_client_from = 2,
      .newest_in = {.v0_10 = 0, .v0_11 = 1, .v1_1 = 1, .v2_4 = 4, .v2_8 = 6, .v3_9 = 6, .v4_3 = 6},
      .kafka4_from = 1};
};

}  // namespace kafka::protocol
