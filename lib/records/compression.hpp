// The one entry to the codecs: which of them are built in, by name and number, and which levels each of them takes.
// Every codec reads hostile input. It never gives more than `limit` bytes. Its memory and time stay in proportion to
// the input and the limit. It believes a size that a stream claims only as far as the stream's own bytes could hold
// that much.
#pragma once

#include <kafka/types.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "records/batch_header.hpp"
#include "records/decompression.hpp"

namespace kafka::records {

/// The most that one batch may decompress to. Without it, a small batch could fill the memory.
inline constexpr size_t kDefaultMaxDecompressed = size_t{64} << 20;
/// The codec's own default level.
inline constexpr int kDefaultLevel = -1;

/// The levels of a codec, both included. A codec without levels has kDefaultLevel only.
struct Levels {
  int least = kDefaultLevel;
  int most = kDefaultLevel;
};

std::string_view codec_name(Compression codec) noexcept;
/// True if this build can compress and decompress with `codec`.
bool codec_available(Compression codec) noexcept;
/// The codecs of this build for error texts: "none, gzip, ...".
std::string codec_list();
/// The levels of a codec, also if it is not built in. gzip: -1 to 9; lz4: -1 to 17, as in the Java client (above 12
/// nothing changes); zstd: -1 to 22.
Levels codec_levels(Compression codec) noexcept;

/// Appends the compressed form of `plain` to `out`, as a batch or message set of `magic` carries it.
/// Errors: unsupported_codec (the text names it), invalid_option (level out of range).
Error compress(Compression codec, int level, std::string_view plain, Buffer& out, int8_t magic = kMagicV2);

/// Appends the decompressed form of `packed` to `out`, never more than `limit` bytes.
/// Errors: unsupported_codec, corrupt_message (not a stream of that codec, or a truncated one),
/// too_large (the decompressed form exceeds `limit`).
Error decompress(Compression codec, std::string_view packed, size_t limit, Buffer& out);

/// The same in steps. `packed` has to stay where it is until the end. A step may give one byte more than `limit` before
/// it says `too_large`. Errors: unsupported_codec; those of decompress() come from the steps.
Error begin_decompression(Compression codec, std::string_view packed, size_t limit,
                          std::unique_ptr<Decompression>& begun);

}  // namespace kafka::records
