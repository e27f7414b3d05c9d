// Snappy: raw blocks, and xerial's framing around them (a header of 16 bytes, then chunks of a big-endian size and a
// raw block). A block tells its own decompressed size, so the sum is known before anything is decompressed.
#include "records/snappy.hpp"

#include <cstdint>
#include <cstring>
#include <string>

#include <snappy-c.h>

#include "records/wire.hpp"

namespace kafka::records {
namespace {

constexpr std::string_view kXerialMagic("\x82SNAPPY\0", 8);
constexpr size_t kXerialHeader = 16;                 // magic, version, oldest compatible version
constexpr int32_t kXerialVersion = 1;                // the only one there is
constexpr size_t kSnappyMaxPlain = size_t{1} << 30;  // of one batch; block sizes are 32 bits
constexpr size_t kSnappyRatio = 24;                  // the densest element turns 3 bytes into 64

Error snappy_corrupt(const char* reason) { return Error(Errc::corrupt_message, std::string("snappy: ") + reason); }

Error snappy_too_large(size_t limit) {
  return Error(Errc::too_large, "snappy: decompresses to more than " + std::to_string(limit) + " bytes");
}

// The decompressed size that a block claims, unless it cannot hold that much.
bool plain_size(std::string_view block, size_t& size) {
  return ::snappy_uncompressed_length(block.data(), block.size(), &size) == SNAPPY_OK &&
         size / kSnappyRatio <= block.size();
}

bool starts_xerial(std::string_view packed) {
  return packed.size() >= kXerialHeader && packed.substr(0, kXerialMagic.size()) == kXerialMagic;
}

// Calls `each` with every block of a xerial stream. Several streams may follow each other.
template <class Each>
Error walk_xerial(std::string_view packed, Each each) {
  while (!packed.empty()) {
    if (starts_xerial(packed)) {
      if (load_be<int32_t>(packed.data() + 12) > kXerialVersion) return snappy_corrupt("a framing of a later version");
      packed.remove_prefix(kXerialHeader);
      continue;
    }
    if (packed.size() < sizeof(int32_t)) return snappy_corrupt("the stream is cut off");
    const auto size = load_be<int32_t>(packed.data());
    packed.remove_prefix(sizeof(int32_t));
    if (size <= 0) return snappy_corrupt("a chunk's size is not positive");
    if (static_cast<size_t>(size) > packed.size()) return snappy_corrupt("the stream is cut off");
    if (Error error = each(packed.substr(0, static_cast<size_t>(size)))) return error;
    packed.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

Error decompress_block(std::string_view block, size_t size, char* to) {
  size_t got = size;
  if (::snappy_uncompress(block.data(), block.size(), to, &got) != SNAPPY_OK || got != size) {
    return snappy_corrupt("a block is damaged");
  }
  return {};
}

}  // namespace

Error snappy_compress(std::string_view plain, Buffer& out) {
  if (plain.size() > kSnappyMaxPlain) return Error(Errc::too_large, "snappy: more than 1 GiB in one batch");
  size_t size = ::snappy_max_compressed_length(plain.size());
  if (::snappy_compress(plain.data(), plain.size(), out.reserve(size), &size) != SNAPPY_OK) {
    return Error(Errc::unsupported_codec, "snappy: the library refused");
  }
  out.advance(size);
  return {};
}

Error snappy_decompress(std::string_view packed, size_t limit, Buffer& out) {
  size_t size = 0;
  if (!starts_xerial(packed)) {
    if (!plain_size(packed, size)) return snappy_corrupt("not a snappy block");
    if (size > limit) return snappy_too_large(limit);
    if (Error error = decompress_block(packed, size, out.reserve(size))) return error;
    out.advance(size);
    return {};
  }
  size_t total = 0;
  Error error = walk_xerial(packed, [&](std::string_view block) {
    if (!plain_size(block, size)) return snappy_corrupt("a block is damaged");
    total += size;
    return total > limit ? snappy_too_large(limit) : Error();
  });
  if (error) return error;
  out.reserve(total);
  return walk_xerial(packed, [&](std::string_view block) {
    plain_size(block, size);
    if (Error damaged = decompress_block(block, size, out.reserve(size))) return damaged;
    out.advance(size);
    return Error();
  });
}

}  // namespace kafka::records
