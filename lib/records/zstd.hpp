// Zstandard frames through libzstd. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// Appends one frame with `plain` to `out`; it says its content's size. `level` is 1 to 22, or 0 and
/// kDefaultLevel for the library's choice.
Error zstd_compress(int level, std::string_view plain, Buffer& out);

/// Appends the content of all frames of `packed` to `out`, at most `limit` bytes. Memory besides that does
/// not depend on the window that a frame asks for.
/// Errors: corrupt_message, too_large.
Error zstd_decompress(std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
