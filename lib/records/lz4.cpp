// LZ4 frames. liblz4 writes them. This file reads the frame itself, for two reasons: liblz4 refuses the header checksum
// of magic 0, and the sizes in the frame bound the output before anything is decompressed.
#include "records/lz4.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <lz4.h>
#include <lz4frame.h>

namespace kafka::records {
namespace {

constexpr uint32_t kLz4Magic = 0x184D2204;
constexpr size_t kMagicSize = 4;
constexpr size_t kChecksumAt = 6;  // in what lz4_compress writes: magic, flags, block size, checksum
constexpr size_t kSmallestHeader = 7;
constexpr unsigned kUncompressed = 0x80000000;    // in a block's size
constexpr size_t kLz4Ratio = 255;                 // no block grows more
constexpr size_t kLz4MaxPlain = size_t{1} << 30;  // of one batch

Error lz4_corrupt(const char* reason) { return Error(Errc::corrupt_message, std::string("lz4: ") + reason); }

uint32_t load_le32(const char* at) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return bytes[0] | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24;
}

// The checksum of the format. liblz4 has it too, but does not export it. It takes bytes as they come.
class Xxh32 {
 public:
  /// Takes what is new in `all`, which begins with what it was given before, down to the last whole stripe.
  void follow(std::string_view all) noexcept {
    for (; all.size() - taken_ >= kStripe; taken_ += kStripe) {
      const char* const at = all.data() + taken_;
      for (int i = 0; i < 4; ++i) lanes_[i] = rotate(lanes_[i] + load_le32(at + 4 * i) * kPrimes[1], 13) * kPrimes[0];
    }
  }
  /// The checksum of `all`.
  uint32_t end(std::string_view all) noexcept {
    follow(all);
    uint32_t hash = kPrimes[4];
    if (all.size() >= kStripe)
      hash = rotate(lanes_[0], 1) + rotate(lanes_[1], 7) + rotate(lanes_[2], 12) + rotate(lanes_[3], 18);
    hash += static_cast<uint32_t>(all.size());
    const char* at = all.data() + taken_;
    const char* const end = all.data() + all.size();
    for (; end - at >= 4; at += 4) hash = rotate(hash + load_le32(at) * kPrimes[2], 17) * kPrimes[3];
    for (; at != end; ++at) hash = rotate(hash + static_cast<unsigned char>(*at) * kPrimes[4], 11) * kPrimes[0];
    hash = (hash ^ hash >> 15) * kPrimes[1];
    hash = (hash ^ hash >> 13) * kPrimes[2];
    return hash ^ hash >> 16;
  }

 private:
  static constexpr size_t kStripe = 16;
  static constexpr uint32_t kPrimes[] = {2654435761u, 2246822519u, 3266489917u, 668265263u, 374761393u};
  static uint32_t rotate(uint32_t value, int by) noexcept { return value << by | value >> (32 - by); }

  uint32_t lanes_[4] = {kPrimes[0] + kPrimes[1], kPrimes[1], 0, 0u - kPrimes[0]};
  size_t taken_ = 0;
};

uint32_t xxh32(std::string_view bytes) noexcept { return Xxh32().end(bytes); }

unsigned char header_checksum(std::string_view covered) noexcept {
  return static_cast<unsigned char>(xxh32(covered) >> 8);
}

struct FrameHeader {
  size_t size = 0;
  size_t block_max = 0;
  uint64_t content_size = 0;
  bool has_content_size = false;
  bool linked = false;  // blocks refer to the blocks before them
  bool block_checksums = false;
  bool content_checksum = false;
};

Error read_header(std::string_view packed, FrameHeader& header) {
  if (packed.size() < kSmallestHeader) return lz4_corrupt("the stream is cut off");
  if (load_le32(packed.data()) != kLz4Magic) return lz4_corrupt("not an lz4 frame");
  const auto flags = static_cast<unsigned char>(packed[4]);
  const auto block = static_cast<unsigned char>(packed[5]);
  const unsigned block_code = block >> 4;
  if ((flags & 0xC2) != 0x40 || (block & 0x8F) != 0 || block_code < 4)
    return lz4_corrupt("the frame header is damaged");
  if ((flags & 0x01) != 0) return lz4_corrupt("the frame needs a dictionary");
  header.linked = (flags & 0x20) == 0;
  header.block_checksums = (flags & 0x10) != 0;
  header.has_content_size = (flags & 0x08) != 0;
  header.content_checksum = (flags & 0x04) != 0;
  header.block_max = size_t{1} << (8 + 2 * block_code);  // 64 KiB to 4 MiB
  header.size = kSmallestHeader + (header.has_content_size ? 8 : 0);
  if (packed.size() < header.size) return lz4_corrupt("the stream is cut off");
  if (header.has_content_size) {
    header.content_size = load_le32(packed.data() + 6) | uint64_t{load_le32(packed.data() + 10)} << 32;
  }
  const std::string_view covered = packed.substr(0, header.size - 1);
  const auto stored = static_cast<unsigned char>(packed[header.size - 1]);
  if (stored != header_checksum(covered.substr(kMagicSize)) && stored != header_checksum(covered)) {
    return lz4_corrupt("the checksum of the frame header does not match");
  }
  return {};
}

struct Block {
  std::string_view bytes;
  std::string_view checksum;  // empty: it has none
  bool compressed = false;
  bool ends() const noexcept { return bytes.empty() && compressed; }
};

// Takes the next block off `rest`, and checks that it is whole. A block without bytes is the end mark.
Error take_block(std::string_view& rest, const FrameHeader& header, Block& block) {
  if (rest.size() < 4) return lz4_corrupt("the stream is cut off");
  const uint32_t stated = load_le32(rest.data());
  const size_t size = stated & ~kUncompressed;
  rest.remove_prefix(4);
  block.compressed = (stated & kUncompressed) == 0;
  if (size > header.block_max) return lz4_corrupt("a block is larger than the frame says");
  const size_t checksum = header.block_checksums && stated != 0 ? 4 : 0;
  if (size + checksum > rest.size()) return lz4_corrupt("the stream is cut off");
  block.bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  block.checksum = rest.substr(0, checksum);
  rest.remove_prefix(checksum);
  return {};
}

// The most that a frame can decompress to. The given bytes may go beyond the frame. `blocks` counts those of the
// stream.
Error bound(std::string_view rest, const FrameHeader& header, size_t& most, size_t& blocks) {
  most = 0;
  for (Block block;;) {
    if (Error error = take_block(rest, header, block)) return error;
    if (++blocks > kMostBlocks) return lz4_corrupt("more blocks than any client writes");
    if (block.ends()) return {};
    most += block.compressed ? std::min(header.block_max, block.bytes.size() * kLz4Ratio) : block.bytes.size();
  }
}

// The frames of a stream, one after the other, block by block.
class Lz4Frames : public Decompression {
 public:
  Lz4Frames(std::string_view packed, size_t limit) : rest_(packed), left_(limit), limit_(limit) {}
  Error step(size_t most, Buffer& out, bool& done) override;

 private:
  Error begin(Buffer& out);
  Error decompress(const Block& block, Buffer& out);
  Error end(const Buffer& out);
  std::string_view content(const Buffer& out) const noexcept { return out.view().substr(begin_); }

  std::string_view rest_;
  size_t left_;  // of the limit, for this frame and the ones behind it
  size_t limit_;
  FrameHeader header_;
  Xxh32 hash_;        // of the frame's content
  size_t begin_ = 0;  // of the frame's content in the output
  size_t most_ = 0;   // what the frame can decompress to
  size_t room_ = 0;   // what of that is allowed
  size_t blocks_ = 0;
  bool inside_ = false;
  bool begun_ = false;
};

Error Lz4Frames::step(size_t most, Buffer& out, bool& done) {
  const size_t before = out.size();
  const size_t unread = rest_.size();
  while (out.size() - before < most && unread - rest_.size() < most) {
    if (!inside_) {
      if (rest_.empty() && begun_) {
        done = true;
        return {};
      }
      if (Error error = begin(out)) return error;
    }
    Block block;
    if (Error error = take_block(rest_, header_, block)) return error;
    if (Error error = block.ends() ? end(out) : decompress(block, out)) return error;
  }
  return {};
}

Error Lz4Frames::begin(Buffer& out) {
  begun_ = true;
  header_ = {};
  if (Error error = read_header(rest_, header_)) return error;
  rest_.remove_prefix(header_.size);
  if (Error error = bound(rest_, header_, most_, blocks_)) return error;
  inside_ = true;
  hash_ = {};
  begin_ = out.size();
  room_ = std::min(most_, left_);
  out.reserve(room_);
  return {};
}

Error Lz4Frames::decompress(const Block& block, Buffer& out) {
  if (!block.checksum.empty() && xxh32(block.bytes) != load_le32(block.checksum.data()))
    return lz4_corrupt("the checksum of a block does not match");
  const size_t used = out.size() - begin_;
  const size_t offered = std::min(room_ - used, header_.block_max);
  char* const at = out.data() + out.size();
  int got = -1;
  if (!block.compressed) {
    if (block.bytes.size() <= offered) {
      if (!block.bytes.empty()) std::memcpy(at, block.bytes.data(), block.bytes.size());
      got = static_cast<int>(block.bytes.size());
    }
  } else {
    // A block may refer to blocks of its own frame only.
    const size_t history = header_.linked ? std::min<size_t>(used, 65536) : 0;
    got = LZ4_decompress_safe_usingDict(block.bytes.data(), at, static_cast<int>(block.bytes.size()),
                                        static_cast<int>(offered), at - history, static_cast<int>(history));
  }
  if (got < 0) {
    if (offered == header_.block_max || room_ == most_) return lz4_corrupt("a block is damaged");
    return Error(Errc::too_large, "lz4: decompresses to more than " + std::to_string(limit_) + " bytes");
  }
  out.advance(static_cast<size_t>(got));
  if (header_.content_checksum) hash_.follow(content(out));
  return {};
}

Error Lz4Frames::end(const Buffer& out) {
  inside_ = false;
  const std::string_view plain = content(out);
  left_ -= plain.size();
  if (header_.has_content_size && header_.content_size != plain.size())
    return lz4_corrupt("the frame has another size than it says");
  if (!header_.content_checksum) return {};
  if (rest_.size() < 4) return lz4_corrupt("the stream is cut off");
  if (hash_.end(plain) != load_le32(rest_.data())) return lz4_corrupt("the checksum of the content does not match");
  rest_.remove_prefix(4);
  return {};
}

}  // namespace

Error lz4_compress(int level, std::string_view plain, Lz4Checksum checksum, Buffer& out) {
  if (plain.size() > kLz4MaxPlain) return Error(Errc::too_large, "lz4: more than 1 GiB in one batch");
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = std::clamp(level, 0, LZ4F_compressionLevel_max());
  const size_t room = LZ4F_compressFrameBound(plain.size(), &preferences);
  char* const frame = out.reserve(room);
  const size_t size = LZ4F_compressFrame(frame, room, plain.data(), plain.size(), &preferences);
  if (LZ4F_isError(size) != 0) {
    return Error(Errc::unsupported_codec, std::string("lz4: ") + LZ4F_getErrorName(size));
  }
  if (checksum == Lz4Checksum::with_magic) {
    frame[kChecksumAt] = static_cast<char>(header_checksum({frame, kChecksumAt}));
  }
  out.advance(size);
  return {};
}

std::unique_ptr<Decompression> lz4_decompression(std::string_view packed, size_t limit) {
  return std::make_unique<Lz4Frames>(packed, limit);
}

}  // namespace kafka::records
