// Snappy through libsnappy's C interface. Only compression.cpp calls this.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "records/decompression.hpp"

namespace kafka::records {

/// Appends `plain` as one raw block to `out`. librdkafka writes this form too. snappy-java reads it since its first
/// releases if the xerial header is missing.
Error snappy_compress(std::string_view plain, Buffer& out);

/// Decompresses a raw block, or a stream in xerial's framing (the Java client's), at most `limit` bytes. libsnappy
/// cannot stop inside a block, so a raw block is one step, however large it is.
/// Errors of its steps: corrupt_message, too_large.
std::unique_ptr<Decompression> snappy_decompression(std::string_view packed, size_t limit);

}  // namespace kafka::records
