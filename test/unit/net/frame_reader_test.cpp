#include "net/frame_reader.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"

using kafka::Bytes;
using kafka::Errc;
using kafka::net::FrameReader;

namespace {

constexpr size_t kMaxFrame = 100 * 1024 * 1024;

std::string length_of(int32_t length) {
  const auto bits = static_cast<uint32_t>(length);
  return {static_cast<char>(bits >> 24), static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
          static_cast<char>(bits)};
}
std::string framed(const std::string& content) { return length_of(static_cast<int32_t>(content.size())) + content; }

// Content whose every byte depends on its place, so that a shifted slice is seen.
std::string content_of(size_t size, unsigned salt) {
  std::string content(size, '\0');
  for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>((i * 31 + i / 251 + salt) & 0xff);
  return content;
}

// Gives `bytes` to the reader in pieces of at most `piece`, after a first one of `first` if not 0.
std::vector<Bytes> feed(FrameReader& reader, std::string_view bytes, size_t piece, size_t first = 0) {
  std::vector<Bytes> frames;
  while (!bytes.empty() && !reader.error()) {
    const std::span<char> room = reader.buffer();
    if (room.empty()) FAIL("no room for the next bytes");
    const size_t count = std::min({room.size(), bytes.size(), first > 0 ? first : piece});
    first = 0;
    std::memcpy(room.data(), bytes.data(), count);
    bytes.remove_prefix(count);
    reader.advance(count);
    Bytes frame;
    while (reader.next(frame)) frames.push_back(frame);
  }
  return frames;
}

void check_same(const std::vector<Bytes>& frames, const std::vector<std::string>& contents) {
  REQUIRE(frames.size() == contents.size());
  for (size_t i = 0; i < frames.size(); ++i) CHECK(frames[i].view() == contents[i]);
}

kafka::Error error_after(const std::string& bytes, size_t cap = kMaxFrame) {
  FrameReader reader(cap);
  CHECK(feed(reader, bytes, bytes.size()).empty());
  CHECK(reader.buffer().size() <= FrameReader::kBlockBytes);  // the claimed length was not allocated
  return reader.error();
}

}  // namespace

TEST_CASE("C5: reads of one byte give the same frames as whole reads") {
  const std::vector<std::string> contents{content_of(4, 1), content_of(5, 2), content_of(1000, 3),
                                          content_of(70'000, 4), content_of(17, 5)};
  std::string stream;
  for (const std::string& content : contents) stream += framed(content);
  FrameReader reader(kMaxFrame);
  check_same(feed(reader, stream, 1), contents);
  CHECK_FALSE(reader.error());
  CHECK_FALSE(reader.mid_frame());
}

TEST_CASE("C5: a stream split at every position gives the same frames") {
  const std::vector<std::string> contents{content_of(4, 1), content_of(60, 2), content_of(9, 3)};
  std::string stream;
  for (const std::string& content : contents) stream += framed(content);
  for (size_t split = 1; split < stream.size(); ++split) {
    CAPTURE(split);
    FrameReader reader(kMaxFrame);
    check_same(feed(reader, stream, stream.size(), split), contents);
  }
}

TEST_CASE("C5: many frames in one read are slices of one block") {
  std::vector<std::string> contents;
  std::string stream;
  for (unsigned i = 0; i < 1000; ++i) {
    contents.push_back(content_of(4 + i % 50, i));
    stream += framed(contents.back());
  }
  REQUIRE(stream.size() < FrameReader::kBlockBytes);
  FrameReader reader(kMaxFrame);
  const std::vector<Bytes> frames = feed(reader, stream, stream.size());
  check_same(frames, contents);
  for (const Bytes& frame : frames) CHECK(frame.block() == frames.front().block());
}

TEST_CASE("C5: frames of all sizes in pieces of all sizes, many blocks long, are kept apart") {
  std::vector<std::string> contents;
  std::string stream;
  for (unsigned i = 0; i < 60; ++i) {
    contents.push_back(content_of(4 + (i * i * 7919) % 150'000, i));
    stream += framed(contents.back());
  }
  for (size_t piece : {size_t{1}, size_t{3}, size_t{1460}, size_t{65'536}, size_t{1'000'000}}) {
    CAPTURE(piece);
    FrameReader reader(kMaxFrame);
    check_same(feed(reader, stream, piece), contents);  // the frames of old blocks stay valid
  }
}

TEST_CASE("a large frame is read straight into its final place") {
  const std::string content = content_of(3'000'000, 9);
  const std::string stream = framed(content);
  FrameReader reader(kMaxFrame);
  std::string_view rest = stream;
  const char* place = nullptr;
  Bytes frame;
  while (!reader.next(frame)) {
    const std::span<char> room = reader.buffer();
    const size_t count = std::min<size_t>({room.size(), rest.size(), 100'000});
    if (rest.size() < content.size() - FrameReader::kBlockBytes) {  // its length is known by now
      CHECK(room.size() == rest.size());
      const char* start = room.data() - (stream.size() - rest.size());
      if (place == nullptr) place = start;
      CHECK(start == place);
    }
    std::memcpy(room.data(), rest.data(), count);
    reader.advance(count);
    rest.remove_prefix(count);
  }
  CHECK(frame.data() == place + FrameReader::kLengthBytes);
  CHECK(frame.view() == content);
}

TEST_CASE("A1: a negative length is a protocol error") {
  for (int32_t length : {-1, -2, INT32_MIN}) {
    CAPTURE(length);
    const kafka::Error error = error_after(length_of(length) + "abcdefgh");
    CHECK(error.code() == Errc::protocol_error);
    CHECK(error.message().find(std::to_string(length)) != std::string::npos);
  }
}

TEST_CASE("A2: a length above the cap is refused, naming the cap") {
  const kafka::Error error = error_after(length_of(1001), 1000);
  CHECK(error.code() == Errc::too_large);
  CHECK(error.message().find("1001") != std::string::npos);
  CHECK(error.message().find("1000") != std::string::npos);
  CHECK(error_after(length_of(INT32_MAX)).code() == Errc::too_large);

  FrameReader reader(1000);
  CHECK(feed(reader, framed(content_of(1000, 1)), 1).size() == 1);  // the cap itself is allowed
}

TEST_CASE("H15: bounds hold from the next frame on, are named, and may allow frames without anything") {
  FrameReader reader({.largest = 100, .name = "the small limit", .smallest = 0});
  const std::vector<Bytes> frames = feed(reader, framed("") + framed("ab") + framed(std::string(100, 'x')), 1);
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].empty());
  CHECK(frames[1].view() == "ab");
  reader.set_bounds({.largest = 200});
  CHECK(feed(reader, framed(std::string(200, 'x')), 1000).size() == 1);
  reader.set_bounds({.largest = 100, .name = "the small limit"});
  CHECK(feed(reader, framed(std::string(101, 'x')), 1000).empty());
  CHECK(reader.error().code() == Errc::too_large);
  CHECK(reader.error().detail().find("the small limit (100)") != std::string_view::npos);
}

TEST_CASE("A2: a peer that speaks another protocol is named") {
  const auto text = [](const std::string& bytes) {
    const kafka::Error error = error_after(bytes);
    CHECK(error.code() == Errc::protocol_error);
    return error.message();
  };
  CHECK(text(std::string("\x15\x03\x03\x00\x02\x02\x46", 7)).find("TLS") != std::string::npos);  // 352 518 912 "bytes"
  CHECK(text(std::string("\x16\x03\x01\x00\xa5", 5)).find("TLS") != std::string::npos);
  CHECK(text("HTTP/1.1 400 Bad Request\r\n").find("HTTP") != std::string::npos);
}

TEST_CASE("A2: a claimed length costs no memory until bytes come") {
  const auto resident_pages = [] {
    size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident;
  };
  if (resident_pages() == 0) return;  // not Linux
#ifdef M_PERTURB
  mallopt(M_PERTURB, 0);  // test runners ask for memory to be filled, which is what would be measured
#endif
  const size_t before = resident_pages();
  std::vector<std::unique_ptr<FrameReader>> readers;
  for (int i = 0; i < 10; ++i) {
    readers.push_back(std::make_unique<FrameReader>(kMaxFrame));
    CHECK(feed(*readers.back(), length_of(90'000'000) + "a few bytes", 100).empty());
    CHECK(readers.back()->buffer().size() > 80'000'000);
  }
  CHECK((resident_pages() - before) * 4096 < 20'000'000);
}

TEST_CASE("A3: a length of 0 to 3 is a protocol error") {
  for (int32_t length = 0; length < 4; ++length) {
    CAPTURE(length);
    CHECK(error_after(length_of(length) + std::string(8, 'x')).code() == Errc::protocol_error);
  }
}

TEST_CASE("frames before a broken length are delivered, none after it") {
  FrameReader reader(kMaxFrame);
  const std::string good = framed("good");
  const std::vector<Bytes> frames = feed(reader, good + length_of(-5) + good, 1000);
  check_same(frames, {"good"});
  CHECK(reader.error() == Errc::protocol_error);
  Bytes frame;
  CHECK_FALSE(reader.next(frame));
}

TEST_CASE("a reader knows when a stream ends inside a frame") {
  FrameReader reader(kMaxFrame);
  feed(reader, framed("whole"), 100);
  CHECK_FALSE(reader.mid_frame());
  feed(reader, framed("whole").substr(0, 2), 100);
  CHECK(reader.mid_frame());
}

TEST_CASE("small frames that are done with before the next comes share one place") {
  FrameReader reader(kMaxFrame);
  const char* place = nullptr;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string content = content_of(60, i);
    const std::vector<Bytes> frames = feed(reader, framed(content), 1000);
    check_same(frames, {content});
    if (place == nullptr) place = frames[0].data();
    CHECK(frames[0].data() == place);
  }
}

TEST_CASE("a large frame is let go with its last user, not with the next read") {
  FrameReader reader(kMaxFrame);
  const std::vector<Bytes> frames = feed(reader, framed(content_of(1'000'000, 1)), 100'000);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].block()->references == 1);
}
