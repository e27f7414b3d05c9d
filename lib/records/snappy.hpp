// Snappy through libsnappy's C interface. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// Appends `plain` as one raw block to `out`. librdkafka writes this form too. snappy-java reads it since its first
/// releases if the xerial header is missing.
Error snappy_compress(std::string_view plain, Buffer& out);

/// Appends the content of a raw block, or of a stream in xerial's framing (the Java client's), to `out`.
/// Errors: corrupt_message, too_large.
Error snappy_decompress(std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
