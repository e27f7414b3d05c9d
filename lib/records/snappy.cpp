// Snappy: raw blocks, and xerial's framing around them (a header of 16 bytes, then chunks of a big-endian size and a
// raw block). A block tells its own decompressed size, so the sum is known before anything is decompressed.
#include "records/snappy.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include <snappy-c.h>

#include "records/snappy_slices.hpp"
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

// Takes the next block off a xerial stream. Several streams may follow each other. At the end there is none.
Error take_block(std::string_view& rest, std::string_view& block) {
  block = {};
  while (starts_xerial(rest)) {
    if (load_be<int32_t>(rest.data() + 12) > kXerialVersion) return snappy_corrupt("a framing of a later version");
    rest.remove_prefix(kXerialHeader);
  }
  if (rest.empty()) return {};
  if (rest.size() < sizeof(int32_t)) return snappy_corrupt("the stream is cut off");
  const auto size = load_be<int32_t>(rest.data());
  rest.remove_prefix(sizeof(int32_t));
  if (size <= 0) return snappy_corrupt("a chunk's size is not positive");
  if (static_cast<size_t>(size) > rest.size()) return snappy_corrupt("the stream is cut off");
  block = rest.substr(0, static_cast<size_t>(size));
  rest.remove_prefix(static_cast<size_t>(size));
  return {};
}

// One block that is being decompressed: by the library if a step may take the whole of it.
class SnappyBlock {
 public:
  bool begun() const noexcept { return slices_.has_value(); }
  Error begin(std::string_view packed, size_t most, Buffer& out) {
    size_t size = 0;
    if (!plain_size(packed, size)) return snappy_corrupt("a block is damaged");
    if (size > most) {
      while (static_cast<uint8_t>(packed.front()) >= 0x80) packed.remove_prefix(1);  // the size, 7 bits in each byte
      slices_.emplace(packed.substr(1), size);
      return go_on(most, out);
    }
    size_t got = size;
    if (::snappy_uncompress(packed.data(), packed.size(), out.reserve(size), &got) != SNAPPY_OK || got != size) {
      return snappy_corrupt("a block is damaged");
    }
    out.advance(size);
    return {};
  }
  Error go_on(size_t most, Buffer& out) {
    Error error = slices_->step(most, out);
    if (slices_->done()) slices_.reset();
    return error;
  }

 private:
  std::optional<SnappySlices> slices_;
};

class RawBlock : public Decompression {
 public:
  RawBlock(std::string_view packed, size_t limit) : packed_(packed), limit_(limit) {}
  Error step(size_t most, Buffer& out, bool& done) override {
    Error error = block_.begun() ? block_.go_on(most, out) : begin(most, out);
    done = !block_.begun();
    return error;
  }

 private:
  Error begin(size_t most, Buffer& out) {
    size_t size = 0;
    if (!plain_size(packed_, size)) return snappy_corrupt("not a snappy block");
    if (size > limit_) return snappy_too_large(limit_);
    return block_.begin(packed_, most, out);
  }

  std::string_view packed_;
  size_t limit_;
  SnappyBlock block_;
};

class Xerial : public Decompression {
 public:
  Xerial(std::string_view packed, size_t limit) : rest_(packed), limit_(limit) {}
  Error step(size_t most, Buffer& out, bool& done) override {
    if (!begun_) {
      if (Error error = begin(out)) return error;
    }
    const size_t before = out.size();
    const size_t unread = rest_.size();
    if (block_.begun()) {
      if (Error error = block_.go_on(most, out)) return error;
    }
    while (out.size() - before < most && unread - rest_.size() < most) {
      std::string_view block;
      if (Error error = take_block(rest_, block)) return error;
      if (block.empty()) {
        done = true;
        return {};
      }
      if (Error error = block_.begin(block, most, out)) return error;
    }
    return {};
  }

 private:
  Error begin(Buffer& out) {
    begun_ = true;
    size_t total = 0;
    size_t blocks = 0;
    std::string_view block;
    for (std::string_view rest = rest_;;) {
      if (Error error = take_block(rest, block)) return error;
      if (block.empty()) break;
      if (++blocks > kMostBlocks) return snappy_corrupt("more blocks than any client writes");
      size_t size = 0;
      if (!plain_size(block, size)) return snappy_corrupt("a block is damaged");
      total += size;
      if (total > limit_) return snappy_too_large(limit_);
    }
    out.reserve(total);
    return {};
  }

  std::string_view rest_;
  size_t limit_;
  SnappyBlock block_;
  bool begun_ = false;
};

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

std::unique_ptr<Decompression> snappy_decompression(std::string_view packed, size_t limit) {
  if (starts_xerial(packed)) return std::make_unique<Xerial>(packed, limit);
  return std::make_unique<RawBlock>(packed, limit);
}

}  // namespace kafka::records
