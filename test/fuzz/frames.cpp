// Frames out of a stream that comes in random pieces. Input: the limit, how many pieces and their sizes, then the
// stream. Whatever the pieces are, the frames are those that a reader of the whole stream finds.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "input.hpp"
#include "net/frame_reader.hpp"
#include "target.hpp"

using namespace kafka;

namespace {

struct Cut {
  std::vector<std::string> frames;
  bool failed = false;
  bool rest = false;
};

// The slow reference.
Cut cut(std::string_view stream, size_t limit) {
  Cut found;
  while (stream.size() >= 4) {
    const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(stream[i])); };
    const auto length = static_cast<int32_t>(byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3));
    if (length < 4 || static_cast<size_t>(length) > limit) {
      found.failed = true;
      return found;
    }
    if (stream.size() - 4 < static_cast<size_t>(length)) break;
    found.frames.emplace_back(stream.substr(4, static_cast<size_t>(length)));
    stream.remove_prefix(4 + static_cast<size_t>(length));
  }
  found.rest = !stream.empty();
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const size_t limit = input.number(3);
  std::vector<size_t> pieces(1 + input.byte() % 16);
  for (size_t& piece : pieces) piece = 1 + input.number(2);
  const bool keeps = input.byte() % 2 != 0;  // the frames stay in use, so that their memory is not used again
  const std::string_view stream = input.rest();
  const Cut wanted = cut(stream, limit);

  const fuzz::Watch watch(size);
  net::FrameReader reader(limit);
  std::vector<Bytes> kept;
  size_t seen = 0;
  std::string_view left = stream;
  for (size_t i = 0; !left.empty() && !reader.error(); ++i) {
    const std::span<char> room = reader.buffer();
    fuzz::expect(!room.empty(), "no room to read into");
    const size_t count = std::min({room.size(), left.size(), size_t{pieces[i % pieces.size()]}});
    std::memcpy(room.data(), left.data(), count);
    left.remove_prefix(count);
    reader.advance(count);
    Bytes frame;
    while (reader.next(frame)) {
      fuzz::expect(seen < wanted.frames.size() && frame.view() == wanted.frames[seen], "another frame");
      ++seen;
      if (keeps) kept.push_back(frame);
      frame = Bytes();
    }
  }
  fuzz::expect(seen == wanted.frames.size(), "frames are missing");
  fuzz::expect(static_cast<bool>(reader.error()) == wanted.failed, "another end");
  if (!wanted.failed) fuzz::expect(reader.mid_frame() == wanted.rest, "another rest");
  for (size_t i = 0; i < kept.size(); ++i) {
    fuzz::expect(kept[i].view() == wanted.frames[i], "a frame in use was written over");
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  std::string bytes("\x02\x00\x00", 3);
  bytes += static_cast<char>(seed % 5);
  for (uint64_t i = 0; i <= seed % 5; ++i) bytes += {static_cast<char>(seed >> i & 3), static_cast<char>(seed >> 8)};
  bytes += static_cast<char>(seed >> 16);
  for (uint64_t i = 0; i < seed % 7; ++i) {
    const uint64_t length = 4 + (seed >> (4 * i)) % 5000;
    bytes += {0, 0, static_cast<char>(length >> 8), static_cast<char>(length)};
    bytes.append(length, static_cast<char>(i));
  }
  if (bytes.size() > most) return 0;
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
