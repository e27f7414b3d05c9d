// Puts records into logs and takes them out, for Produce and for tests.
// Not here: the log itself (log), transactions (transactions).
#pragma once

#include <kafka/devbroker.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

#include "devbroker/brokers.hpp"
#include "devbroker/releases.hpp"
#include "devbroker/topics.hpp"

namespace kafka::devbroker {

/// Appends by the rules of the topic and the release. Owns the limit for the size of a batch.
class Contents {
 public:
  Contents(const Topics& topics, const Brokers& brokers, const Releases& releases, int32_t message_max_bytes)
      : topics_(topics), brokers_(brokers), releases_(releases), message_max_bytes_(message_max_bytes) {}

  /// Appends a records field as Produce does in this version.
  Appended append(Partition& partition, const Bytes& records, int16_t produce_version, int64_t now_ms) const;
  /// Appends one record. Its offset, or -1 if there is no such partition.
  int64_t append(std::string_view topic, int32_t partition, const Message& message) const;
  /// Every record that can still be read.
  std::vector<OwnedMessage> read(std::string_view topic, int32_t partition) const;
  /// As DeleteRecords.
  Error truncate_before(std::string_view topic, int32_t partition, int64_t offset) const;

 private:
  const Topics& topics_;
  const Brokers& brokers_;
  const Releases& releases_;
  const int32_t message_max_bytes_;
};

}  // namespace kafka::devbroker
