// One door to the codecs: what is built in, by name and number. Each codec has a file of its own.
#pragma once

#include <kafka/types.hpp>

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::records {

/// Stops a small batch from unfolding into all memory there is.
inline constexpr size_t kDefaultMaxDecompressed = size_t{64} << 20;
/// The level that a codec thinks best.
inline constexpr int kDefaultLevel = -1;

std::string_view codec_name(Compression codec) noexcept;
/// True if this build can compress and decompress with `codec`.
bool codec_available(Compression codec) noexcept;

/// Appends the compressed form of `plain` to `out`.
/// Errors: unsupported_codec (the text names it), invalid_option (level out of range).
Error compress(Compression codec, int level, std::string_view plain, Buffer& out);

/// Appends the plain form of `packed` to `out`, never more than `limit` bytes.
/// Errors: unsupported_codec, corrupt_message (not a stream of that codec, or a truncated one),
/// too_large (the plain form exceeds `limit`).
Error decompress(Compression codec, std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
