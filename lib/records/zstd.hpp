// Zstandard frames through libzstd. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "records/decompression.hpp"

namespace kafka::records {

/// Appends one frame with `plain` to `out`. The frame tells the size of its content. `level` is 1 to 22; 0 and
/// kDefaultLevel mean the library's own default.
Error zstd_compress(int level, std::string_view plain, Buffer& out);

/// Decompresses all frames of `packed`, at most `limit` bytes. What is decompressed in one step takes no memory but for
/// its content, whatever window a frame asks for; in several steps it takes that window too, 128 MiB at most.
/// Errors of its steps: corrupt_message, too_large.
std::unique_ptr<Decompression> zstd_decompression(std::string_view packed, size_t limit);

}  // namespace kafka::records
