// gzip through zlib. Every call of inflate() must consume or produce something. So a hostile stream costs time in
// proportion to its own bytes and to the limit, and never more.
#include "records/gzip.hpp"

#include <algorithm>
#include <string>

#define ZLIB_CONST
#include <zlib.h>

namespace kafka::records {
namespace {

constexpr int kGzipWindow = 15 + 16;          // the largest window, gzip framing
constexpr int kMemoryLevel = 8;               // zlib's default
constexpr size_t kMaxStep = size_t{1} << 30;  // zlib counts in unsigned int
constexpr size_t kFirstRoom = size_t{4} << 10;
constexpr size_t kSmallestGzip = 18;  // header and trailer
constexpr size_t kGzipRatio = 1032;   // no deflate stream grows more

// One context of 270 KB per thread, because making one costs seven times as much as compressing a kilobyte.
struct Deflater {
  z_stream stream{};
  int level = 0;
  bool open = false;
  ~Deflater() {
    if (open) deflateEnd(&stream);
  }
  bool start(int wanted) {
    if (open && level == wanted) return deflateReset(&stream) == Z_OK;
    if (open) deflateEnd(&stream);
    stream = {};
    level = wanted;
    open = deflateInit2(&stream, wanted, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK;
    return open;
  }
};
thread_local Deflater t_deflater;

const Bytef* input(std::string_view bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }

// The decompressed size of the last member, as its trailer tells it. Believed only as far as the stream could hold it.
size_t expected_size(std::string_view packed, size_t limit) {
  if (packed.size() < kSmallestGzip) return 0;
  const auto* end = reinterpret_cast<const unsigned char*>(packed.data()) + packed.size();
  const size_t claimed = end[-4] | size_t{end[-3]} << 8 | size_t{end[-2]} << 16 | size_t{end[-1]} << 24;
  return std::min({claimed, limit, packed.size() * kGzipRatio});
}

class Inflation : public Decompression {
 public:
  Inflation(std::string_view packed, size_t limit)
      : packed_(packed),
        limit_(limit),
        room_(std::max(expected_size(packed, limit) + 1, std::min(limit, kFirstRoom))) {}
  ~Inflation() override {
    if (open_) inflateEnd(&stream_);
  }
  Error step(size_t most, Buffer& out, bool& done) override;

 private:
  Error open();

  z_stream stream_{};  // zlib remembers where it is, so it must not move
  std::string_view packed_;
  size_t limit_;
  size_t room_;  // to be taken in `out`, of which a step uses a part
  size_t produced_ = 0;
  bool open_ = false;
};

Error Inflation::open() {
  if (packed_.size() > kMaxStep) return Error(Errc::too_large, "gzip: more than 1 GiB in one batch");
  if (inflateInit2(&stream_, kGzipWindow) != Z_OK) {
    return Error(Errc::unsupported_codec, "gzip: zlib has no memory or is another version");
  }
  open_ = true;
  stream_.next_in = input(packed_);
  stream_.avail_in = static_cast<uInt>(packed_.size());
  return {};
}

Error Inflation::step(size_t most, Buffer& out, bool& done) {
  if (!open_) {
    if (Error error = open()) return error;
  }
  const size_t unread = stream_.avail_in;
  for (size_t left = most; left > 0 && unread - stream_.avail_in < most;) {
    if (room_ == 0) room_ = std::max(produced_, kFirstRoom);
    // One byte more than the limit is offered, so that a stream of exactly that length can still end.
    const size_t room = std::min(room_, std::min(limit_ - produced_ + 1, kMaxStep));
    stream_.next_out = reinterpret_cast<Bytef*>(out.reserve(room));
    const size_t offered = std::min(room, left);
    stream_.avail_out = static_cast<uInt>(offered);
    const uInt in_before = stream_.avail_in;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const size_t got = offered - stream_.avail_out;
    out.advance(got);
    produced_ += got;
    room_ -= got;
    left -= got;
    if (produced_ > limit_) {
      return Error(Errc::too_large, "gzip: decompresses to more than " + std::to_string(limit_) + " bytes");
    }
    if (result == Z_STREAM_END) {
      if (stream_.avail_in == 0) {
        done = true;
        return {};
      }
      if (inflateReset(&stream_) != Z_OK) return Error(Errc::corrupt_message, "gzip: cannot start the next member");
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      const char* reason = stream_.msg == nullptr ? "not a gzip stream" : stream_.msg;
      return Error(Errc::corrupt_message, std::string("gzip: ") + reason);
    }
    if (got == 0 && stream_.avail_in == in_before) return Error(Errc::corrupt_message, "gzip: the stream is cut off");
  }
  return {};
}

}  // namespace

Error gzip_compress(int level, std::string_view plain, Buffer& out) {
  if (level < -1 || level > 9) return Error(Errc::invalid_option, "gzip level must be -1 to 9");
  if (plain.size() > kMaxStep) return Error(Errc::too_large, "gzip: more than 1 GiB in one batch");
  if (!t_deflater.start(level)) {
    return Error(Errc::unsupported_codec, "gzip: zlib has no memory or is another version");
  }
  z_stream& stream = t_deflater.stream;
  const size_t bound = deflateBound(&stream, static_cast<uLong>(plain.size()));
  stream.next_in = input(plain);
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.reserve(bound));
  stream.avail_out = static_cast<uInt>(bound);
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) {
    return Error(Errc::unsupported_codec, "gzip: zlib did not finish");
  }
  out.advance(bound - stream.avail_out);
  return {};
}

std::unique_ptr<Decompression> gzip_decompression(std::string_view packed, size_t limit) {
  return std::make_unique<Inflation>(packed, limit);
}

}  // namespace kafka::records
