// Message sets, the formats before 0.11: converts a sealed batch to magic 1 (0.10) or 0 (older), and back.
// Not here: reading them record by record (iterator.hpp).
#pragma once

#include <kafka/types.hpp>

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "records/compression.hpp"

namespace kafka::records {

/// The most that to_message_set() writes, before it is compressed.
inline constexpr size_t kMostInSet = size_t{1} << 30;

/// The records of a sealed batch of magic 2 as a message set of `magic` 0 or 1, with the same offsets. With a `codec`
/// they become one wrapper message. Magic 0 has no timestamps, so they are dropped. A message takes up to 30 bytes more
/// than its record. Errors: unsupported_version (a record has headers, or it is a control batch), unsupported_codec,
/// too_large (`most` bytes do not hold the messages before they are compressed), and the errors of reading the batch.
Error to_message_set(const Bytes& sealed, int8_t magic, Compression codec, int level, Bytes& set,
                     size_t most = kMostInSet);

/// Any records field of magic 0, 1 or 2 as one sealed batch of magic 2 whose offsets count from 0. `count` gets the
/// number of records. For a broker that stores one format only.
Error to_batch(const Bytes& records, Compression codec, int level, Bytes& sealed, int32_t& count);

}  // namespace kafka::records
