// Zstandard frames through libzstd. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// Appends one frame with `plain` to `out`. The frame tells the size of its content. `level` is 1 to 22; 0 and
/// kDefaultLevel mean the library's own default.
Error zstd_compress(int level, std::string_view plain, Buffer& out);

/// Appends the content of all frames of `packed` to `out`, at most `limit` bytes. The memory that this takes does not
/// depend on the window that a frame asks for.
/// Errors: corrupt_message, too_large.
Error zstd_decompress(std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
