// One door to the codecs: what is built in, by name and number, and which levels each takes.
// Every codec reads hostile input: never more than `limit` bytes come out, memory and time stay in
// proportion to the input and the limit, and a size that a stream claims is believed only as far as
// its own bytes could hold it.
#pragma once

#include <kafka/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "records/batch_header.hpp"

namespace kafka::records {

/// Stops a small batch from unfolding into all memory there is.
inline constexpr size_t kDefaultMaxDecompressed = size_t{64} << 20;
/// The level that a codec thinks best.
inline constexpr int kDefaultLevel = -1;

/// Levels of a codec, both included; kDefaultLevel alone for those that have none.
struct Levels {
  int least = kDefaultLevel;
  int most = kDefaultLevel;
};

std::string_view codec_name(Compression codec) noexcept;
/// True if this build can compress and decompress with `codec`.
bool codec_available(Compression codec) noexcept;
/// The codecs of this build, "none, gzip, ...", for error texts.
std::string codec_list();
/// Whether built in or not. gzip: -1 to 9; lz4: -1 to 17, as the Java client (above 12 nothing changes);
/// zstd: -1 to 22.
Levels codec_levels(Compression codec) noexcept;

/// Appends the compressed form of `plain` to `out`, as a batch or message set of `magic` carries it.
/// Errors: unsupported_codec (the text names it), invalid_option (level out of range).
Error compress(Compression codec, int level, std::string_view plain, Buffer& out, int8_t magic = kMagicV2);

/// Appends the plain form of `packed` to `out`, never more than `limit` bytes.
/// Errors: unsupported_codec, corrupt_message (not a stream of that codec, or a truncated one),
/// too_large (the plain form exceeds `limit`).
Error decompress(Compression codec, std::string_view packed, size_t limit, Buffer& out);

}  // namespace kafka::records
