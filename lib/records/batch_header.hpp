// The layout of a record batch (magic 2) and of a message of the older sets (magic 0 and 1). The fields that a broker
// sets are not covered by the checksum.
#pragma once

#include <kafka/types.hpp>

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace kafka::records {

// Every entry of a records field, old or new, begins with an offset and the size of the rest. The magic byte, which
// tells the format, is at the same place in all of them.
inline constexpr size_t kEntryOffsetAt = 0;
inline constexpr size_t kEntrySizeAt = 8;
inline constexpr size_t kEntryOverhead = 12;
inline constexpr size_t kMagicAt = 16;

// Record batch, magic 2.
inline constexpr size_t kLeaderEpochAt = 12;
inline constexpr size_t kCrcAt = 17;
inline constexpr size_t kAttributesAt = 21;  // the checksum covers from here to the end
inline constexpr size_t kLastOffsetDeltaAt = 23;
inline constexpr size_t kBaseTimestampAt = 27;
inline constexpr size_t kMaxTimestampAt = 35;
inline constexpr size_t kProducerIdAt = 43;
inline constexpr size_t kProducerEpochAt = 51;
inline constexpr size_t kBaseSequenceAt = 53;
inline constexpr size_t kRecordCountAt = 57;
inline constexpr size_t kBatchHeaderSize = 61;
inline constexpr int8_t kMagicV2 = 2;

inline constexpr int16_t kCodecMask = 0x07;
inline constexpr int16_t kLogAppendTimeBit = 0x08;
inline constexpr int16_t kTransactionalBit = 0x10;
inline constexpr int16_t kControlBit = 0x20;
inline constexpr int16_t kDeleteHorizonBit = 0x40;
inline constexpr int16_t kKnownBits = 0x7F;
/// The fewest bytes that a record can take: seven varints or bytes.
inline constexpr size_t kSmallestRecord = 7;

// Message, magic 0 and 1.
inline constexpr size_t kMessageCrcAt = 12;
inline constexpr size_t kMessageMagicAt = 16;  // the checksum covers from here to the end
inline constexpr size_t kMessageAttributesAt = 17;
inline constexpr size_t kMessageTimestampAt = 18;  // magic 1 only
inline constexpr size_t kMessageKeyAtV0 = 18;
inline constexpr size_t kMessageKeyAtV1 = 26;
inline constexpr int8_t kKnownBitsV1 = 0x0F;
/// The fewest bytes of a whole entry: header, a null key and a null value.
inline constexpr size_t kSmallestMessageV0 = kMessageKeyAtV0 + 8;
inline constexpr size_t kSmallestMessageV1 = kMessageKeyAtV1 + 8;

inline constexpr int64_t kNoProducerId = -1;
inline constexpr int16_t kNoProducerEpoch = -1;
inline constexpr int32_t kNoSequence = -1;

}  // namespace kafka::records
