// gzip through zlib. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// Appends one gzip member with `plain` to `out`. `level` is 1 to 9, 0 (stored) or kDefaultLevel.
Error gzip_compress(int level, std::string_view plain, Buffer& out);

/// Appends the content of all members of `packed` to `out`, at most `limit` bytes.
/// Errors: corrupt_message, too_large.
Error gzip_decompress(std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
