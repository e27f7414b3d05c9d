// What the codecs have in common: a stream is decompressed in steps, so that a large one does not hold the loop.
#pragma once

#include <kafka/error.hpp>

#include <cstddef>

#include "base/bytes.hpp"

namespace kafka::records {

/// The most blocks of a stream. Codecs that tell the sizes of blocks are looked through before the first step. Without
/// this bound 100 MB of empty blocks would hold the loop that long; honest blocks have a kilobyte and more.
inline constexpr size_t kMostBlocks = size_t{1} << 20;

/// One stream that is being decompressed. Owns what its codec remembers between two steps; the packed bytes belong to
/// the caller and have to stay where they are.
class Decompression {
 public:
  Decompression() = default;
  virtual ~Decompression() = default;
  Decompression(const Decompression&) = delete;
  Decompression& operator=(const Decompression&) = delete;

  /// Appends `most` bytes more to `out`, and a block of the codec beyond that; less if it read that much for them. All
  /// steps have to be given the same `out`. Sets `done` at the end of the stream. After an error no further step may be
  /// asked for.
  virtual Error step(size_t most, Buffer& out, bool& done) = 0;
};

}  // namespace kafka::records
