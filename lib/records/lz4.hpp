// LZ4 frames through liblz4. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "records/decompression.hpp"

namespace kafka::records {

/// The checksum in a frame's header. Kafka before 0.10 computed it over the magic number too, and accepts no other one
/// in message sets of magic 0 (KIP-57).
enum class Lz4Checksum : uint8_t { correct, with_magic };

/// Appends one frame with `plain` to `out`: independent blocks of 64 KiB, without checksums of the content and without
/// its size. Every Java client reads this form, and no other. A `level` below 3 means fast compression.
Error lz4_compress(int level, std::string_view plain, Lz4Checksum checksum, Buffer& out);

/// Decompresses all frames of `packed`, at most `limit` bytes. Accepts either header checksum. Checks the checksums of
/// blocks and content. Errors of its steps: corrupt_message, too_large.
std::unique_ptr<Decompression> lz4_decompression(std::string_view packed, size_t limit);

}  // namespace kafka::records
