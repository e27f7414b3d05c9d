// Columns: the messages of a turn with their bytes in one piece, and the envelopes that answer them.
#pragma once

#include <kafka/c/columns.h>
#include <kafka/envelope.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capi/ground.hpp"

namespace kafka::capi {

/// Items one behind the other.
struct Packed {
  std::string bytes;
  std::vector<uint32_t> ends;

  /// A view whose data() is null is a null item.
  void add(std::string_view item) {
    if (!item.empty()) bytes.append(item);
    const auto end = static_cast<uint32_t>(bytes.size());
    ends.push_back(item.data() == nullptr ? end | KAFKA_PACKED_NULL : end);
  }
};

}  // namespace kafka::capi

struct kafka_columns {
  kafka_columns(const kafka::capi::Hold& its_ground, std::vector<kafka::MessageEnvelope> messages);
  kafka_columns(const kafka_columns&) = delete;

  /// Gathered when they are asked for.
  struct Headers {
    kafka::capi::Packed raw;
    std::vector<int32_t> counts;
  };

  const kafka::capi::Hold ground;
  std::vector<kafka::MessageEnvelope> envelopes;
  kafka::capi::Packed keys, values;
  std::vector<int64_t> offsets, timestamps;
  std::vector<int32_t> partitions;
  std::vector<uint32_t> topic_indexes;
  std::vector<const char*> topics;  // names that the envelopes keep
  Headers headers;
};
