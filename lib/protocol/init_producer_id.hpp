// InitProducerId (key 22): id and epoch of an idempotent or transactional producer (KIP-98, KIP-360).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/api.hpp"

namespace kafka::protocol {

struct InitProducerIdRequest {
  static constexpr int16_t kFencedFrom = 4;  ///< the error for a fenced producer says so (KIP-588)

  std::optional<std::string> transactional_id = "";  ///< may be null
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;        ///< v3+
  int16_t producer_epoch = -1;     ///< v3+
  bool enable2_pc = false;         ///< v6+
  bool keep_prepared_txn = false;  ///< v6+
  static void fields(auto& f, auto& m) {
    f(m.transactional_id, "transactionalId", since(0).null_since(0));
    f(m.transaction_timeout_ms, "transactionTimeoutMs", since(0));
    f(m.producer_id, "producerId", since(3));
    f(m.producer_epoch, "producerEpoch", since(3));
    f(m.enable2_pc, "enable2Pc", since(6));
    f(m.keep_prepared_txn, "keepPreparedTxn", since(6));
  }
};

struct InitProducerIdResponse {
  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;
  int64_t ongoing_txn_producer_id = -1;     ///< v6+
  int16_t ongoing_txn_producer_epoch = -1;  ///< v6+
  static void fields(auto& f, auto& m) {
    f(m.throttle_time_ms, "throttleTimeMs", since(0).ignorable());
    f(m.error_code, "errorCode", since(0));
    f(m.producer_id, "producerId", since(0));
    f(m.producer_epoch, "producerEpoch", since(0));
    f(m.ongoing_txn_producer_id, "ongoingTxnProducerId", since(6));
    f(m.ongoing_txn_producer_epoch, "ongoingTxnProducerEpoch", since(6));
  }
};

template <>
struct Api<InitProducerIdRequest> {
  using Response = InitProducerIdResponse;
  static constexpr ApiRow kRow{.key = ApiKey::init_producer_id,
                               .versions = {0, 6},
                               .flexible_from = 2,
                               .throttles_client_from = 1,
                               .newest_in = {.v0_11 = 0, .v1_1 = 0, .v2_4 = 2, .v2_8 = 4, .v3_9 = 5, .v4_3 = 5}};
};

}  // namespace kafka::protocol
