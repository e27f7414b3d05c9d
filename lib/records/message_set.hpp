// Message sets, the formats before 0.11: a sealed batch written down to magic 1 (0.10) or 0 (before),
// and the places of a message that a log sets. Reading them is iterator.hpp's.
#pragma once

#include <kafka/types.hpp>

#include <cstdint>

#include "base/bytes.hpp"
#include "records/compression.hpp"

namespace kafka::records {

/// The records of a sealed batch of magic 2 as a message set of `magic` 0 or 1, offsets kept; with
/// `codec` other than none as one wrapper message. Magic 0 has no timestamps: they are dropped.
/// Errors: unsupported_version (a record has headers, or a control batch), unsupported_codec, and
/// what reading the batch can give.
Error to_message_set(const Bytes& sealed, int8_t magic, Compression codec, int level, Bytes& set);

/// Any records field of magic 0, 1 or 2, as one sealed batch of magic 2 whose offsets count from 0.
/// `count` gets the number of records. For brokers that keep one format.
Error to_batch(const Bytes& records, Compression codec, int level, Bytes& sealed, int32_t& count);

}  // namespace kafka::records
