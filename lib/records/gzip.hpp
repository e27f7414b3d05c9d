// gzip through zlib. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "records/decompression.hpp"

namespace kafka::records {

/// Appends one gzip member with `plain` to `out`. `level` is 1 to 9, 0 (stored) or kDefaultLevel.
Error gzip_compress(int level, std::string_view plain, Buffer& out);

/// Decompresses all members of `packed`, at most `limit` bytes.
/// Errors of its steps: corrupt_message, too_large.
std::unique_ptr<Decompression> gzip_decompression(std::string_view packed, size_t limit);

}  // namespace kafka::records
