// Zstandard. One call decompresses frames straight into their final place. This needs no window and no copy, however
// large a window a frame names. But the call must know how much space to take. The frame may tell it. If it does not
// (the Java client's streams), or if it lies, the sizes of its blocks give an upper bound. What does not fit into a
// step goes through libzstd's stream instead, which keeps a window of its own.
#include "records/zstd.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include <zstd.h>
#include <zstd_errors.h>

namespace kafka::records {
namespace {

constexpr uint32_t kZstdMagic = 0xFD2FB528;
constexpr uint32_t kSkippableMagic = 0x184D2A50;  // the lowest 4 bits are free
constexpr uint64_t kLargestBlock = 128 * 1024;
constexpr size_t kZstdMaxPlain = size_t{1} << 30;  // of one batch

Error zstd_corrupt(const std::string& reason) { return Error(Errc::corrupt_message, "zstd: " + reason); }

Error zstd_too_large(size_t limit) {
  return Error(Errc::too_large, "zstd: decompresses to more than " + std::to_string(limit) + " bytes");
}

uint64_t load_le(const char* at, size_t size) noexcept {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return value;
}

// Reads little-endian numbers off the front. `short_` is true if a number was missing.
class Walk {
 public:
  explicit Walk(std::string_view bytes) noexcept : rest_(bytes) {}
  uint64_t number(size_t size) noexcept {
    if (rest_.size() < size) {
      skip(size);
      return 0;
    }
    const uint64_t value = load_le(rest_.data(), size);
    rest_.remove_prefix(size);
    return value;
  }
  void skip(uint64_t size) noexcept {
    if (size > rest_.size()) {
      short_ = true;
      size = rest_.size();
    }
    rest_.remove_prefix(static_cast<size_t>(size));
  }
  bool cut_off() const noexcept { return short_; }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool short_ = false;
};

struct Bound {
  uint64_t content = 0;  ///< the most that the frames decompress to
  uint64_t window = 0;   ///< the largest that one of them names
  size_t blocks = 0;     ///< frames count as well
};

// Steps over one frame and adds the most that it can decompress to. If the frame tells its size, that is exact.
Error bound_frame(Walk& walk, Bound& bound) {
  if (++bound.blocks > kMostBlocks) return zstd_corrupt("more blocks than any client writes");
  const auto magic = static_cast<uint32_t>(walk.number(4));
  if ((magic & ~uint32_t{0xF}) == kSkippableMagic) {
    walk.skip(walk.number(4));
    return walk.cut_off() ? zstd_corrupt("the stream is cut off") : Error();
  }
  if (walk.cut_off()) return zstd_corrupt("the stream is cut off");
  if (magic != kZstdMagic) return zstd_corrupt("not a zstd frame");
  const auto descriptor = static_cast<unsigned>(walk.number(1));
  const bool single_segment = (descriptor & 0x20) != 0;
  uint64_t window = 0;
  if (!single_segment) {
    const uint64_t code = walk.number(1);
    window = uint64_t{1} << (10 + (code >> 3));
    window += window / 8 * (code & 7);
  }
  constexpr size_t kDictionarySizes[] = {0, 1, 2, 4};
  walk.skip(kDictionarySizes[descriptor & 3]);
  const unsigned size_code = descriptor >> 6;
  const bool has_size = size_code != 0 || single_segment;
  uint64_t content_size = 0;
  if (has_size) content_size = walk.number(size_t{1} << size_code) + (size_code == 1 ? 256 : 0);
  if (single_segment) window = content_size;
  const uint64_t block_max = std::min(window, kLargestBlock);
  uint64_t blocks = 0;
  for (bool last = false; !last;) {
    const uint64_t header = walk.number(3);
    if (walk.cut_off()) return zstd_corrupt("the stream is cut off");
    if (++bound.blocks > kMostBlocks) return zstd_corrupt("more blocks than any client writes");
    last = (header & 1) != 0;
    const uint64_t size = header >> 3;
    switch (header >> 1 & 3) {
      case 0:  // raw
        blocks += size;
        walk.skip(size);
        break;
      case 1:  // one byte, repeated
        blocks += size;
        walk.skip(1);
        break;
      case 2:
        blocks += block_max;
        walk.skip(size);
        break;
      default:
        return zstd_corrupt("a block of no known kind");
    }
  }
  if ((descriptor & 4) != 0) walk.skip(4);
  if (walk.cut_off()) return zstd_corrupt("the stream is cut off");
  if (has_size && content_size > blocks) return zstd_corrupt("a frame is smaller than it says");
  bound.content += has_size ? content_size : blocks;
  bound.window = std::max(bound.window, window);
  return {};
}

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

// One context of each kind per thread, because making one costs half as much as compressing or decompressing a
// kilobyte. A context of a high level takes tens of megabytes and is not kept.
constexpr size_t kMaxKept = size_t{2} << 20;
thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> t_packer;
thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> t_unpacker;

// The largest window that libzstd's stream takes without being told to.
constexpr uint64_t kMostWindow = uint64_t{1} << 27;

class ZstdFrames : public Decompression {
 public:
  ZstdFrames(std::string_view packed, size_t limit) : packed_(packed), limit_(limit) {}
  Error step(size_t most, Buffer& out, bool& done) override;

 private:
  Error begin(size_t most);
  Error at_once(Buffer& out);
  Error stream(size_t most, Buffer& out, bool& done);
  Error too_small() const {
    return bound_.content > limit_ ? zstd_too_large(limit_) : zstd_corrupt("more than it says");
  }

  std::string_view packed_;
  size_t limit_;
  Bound bound_;
  size_t room_ = 0;                                   // what is left for the content
  size_t taken_ = 0;                                  // of the packed bytes
  std::unique_ptr<ZSTD_DCtx, FreeContext> unpacker_;  // null: one step does it all
  bool begun_ = false;
};

Error ZstdFrames::step(size_t most, Buffer& out, bool& done) {
  if (!begun_) {
    if (Error error = begin(most)) return error;
    out.reserve(room_);
  }
  if (unpacker_ != nullptr) return stream(most, out, done);
  done = true;
  return at_once(out);
}

Error ZstdFrames::begin(size_t most) {
  begun_ = true;
  if (packed_.empty()) return zstd_corrupt("the stream is cut off");
  for (Walk walk(packed_); !walk.at_end();) {
    if (Error error = bound_frame(walk, bound_)) return error;
  }
  room_ = static_cast<size_t>(std::min<uint64_t>(bound_.content, limit_));
  if (room_ <= most || bound_.window > kMostWindow) return {};
  unpacker_.reset(ZSTD_createDCtx());
  return unpacker_ == nullptr ? Error(Errc::unsupported_codec, "zstd: no memory") : Error();
}

Error ZstdFrames::at_once(Buffer& out) {
  if (t_unpacker == nullptr) t_unpacker.reset(ZSTD_createDCtx());
  if (t_unpacker == nullptr) return Error(Errc::unsupported_codec, "zstd: no memory");
  const size_t size = ZSTD_decompressDCtx(t_unpacker.get(), out.reserve(room_), room_, packed_.data(), packed_.size());
  if (ZSTD_isError(size) != 0) {
    if (ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall) return too_small();
    return zstd_corrupt(ZSTD_getErrorName(size));
  }
  out.advance(size);
  return {};
}

Error ZstdFrames::stream(size_t most, Buffer& out, bool& done) {
  ZSTD_inBuffer from{packed_.data(), packed_.size(), taken_};
  ZSTD_outBuffer to{out.reserve(room_), std::min(room_, most), 0};
  while (true) {
    const size_t read = from.pos;
    const size_t written = to.pos;
    const size_t result = ZSTD_decompressStream(unpacker_.get(), &to, &from);
    if (ZSTD_isError(result) != 0) return zstd_corrupt(ZSTD_getErrorName(result));
    done = result == 0 && from.pos == from.size;
    if (done) break;
    if (to.pos == to.size && (to.size == most || from.pos == read)) break;
    if (from.pos == read && to.pos == written) return zstd_corrupt("the stream is cut off");
  }
  out.advance(to.pos);
  taken_ = from.pos;
  room_ -= to.pos;
  return !done && room_ == 0 && to.pos == 0 ? too_small() : Error();
}

}  // namespace

Error zstd_compress(int level, std::string_view plain, Buffer& out) {
  if (plain.size() > kZstdMaxPlain) return Error(Errc::too_large, "zstd: more than 1 GiB in one batch");
  if (t_packer == nullptr) t_packer.reset(ZSTD_createCCtx());
  if (t_packer == nullptr) return Error(Errc::unsupported_codec, "zstd: no memory");
  const size_t room = ZSTD_compressBound(plain.size());
  const size_t size = ZSTD_compressCCtx(t_packer.get(), out.reserve(room), room, plain.data(), plain.size(),
                                        level <= 0 ? ZSTD_CLEVEL_DEFAULT : level);
  if (ZSTD_sizeof_CCtx(t_packer.get()) > kMaxKept) t_packer.reset();
  if (ZSTD_isError(size) != 0) return Error(Errc::unsupported_codec, std::string("zstd: ") + ZSTD_getErrorName(size));
  out.advance(size);
  return {};
}

std::unique_ptr<Decompression> zstd_decompression(std::string_view packed, size_t limit) {
  return std::make_unique<ZstdFrames>(packed, limit);
}

}  // namespace kafka::records
