// The writer's memory: segments, borrowing, the frame's length.
#include "codec/writer.hpp"

#include <string>

#include "catch.hpp"

using kafka::Bytes;
using kafka::codec::Writer;

namespace {

std::string flat(const std::vector<Bytes>& segments) {
  std::string all;
  for (const Bytes& segment : segments) all += segment.view();
  return all;
}

}  // namespace

TEST_CASE("large bytes are borrowed, small ones copied") {
  const Bytes large = Bytes::copy(std::string(Writer::kBorrowFrom, 'L'));
  const Bytes small = Bytes::copy(std::string(Writer::kBorrowFrom - 1, 's'));
  Writer writer;
  writer.reserve_length();
  writer.bytes(small, false);
  writer.bytes(large, false);
  writer.i16(7);
  writer.append(large);
  CHECK(writer.size() == 4 + 4 + small.size() + 4 + large.size() + 2 + large.size());
  writer.patch_length();
  const size_t size = writer.size();
  const std::vector<Bytes> segments = writer.take();
  REQUIRE(segments.size() == 4);
  CHECK(segments[1].data() == large.data());
  CHECK(segments[3].data() == large.data());
  const std::string all = flat(segments);
  CHECK(all.size() == size);
  CHECK(static_cast<unsigned char>(all[2]) << 8 == static_cast<int>((size - 4) & 0xff00));
  CHECK(static_cast<unsigned char>(all[3]) == ((size - 4) & 0xff));
  CHECK(writer.size() == 0);
  CHECK(writer.take().empty());
}

TEST_CASE("all memory of a secret writer is wiped when it goes, however much is written") {
  const Bytes borrowed = Bytes::copy(std::string(Writer::kBorrowFrom, 'L'));
  const size_t size = GENERATE(10u, 300u, 5000u, 20000u, 70000u);
  Writer writer = Writer::secret();
  writer.raw(std::string(size, 's'));
  writer.append(borrowed);
  for (int i = 0; i < 3; ++i) writer.raw(std::string(size, 's'));
  for (const Bytes& segment : writer.take()) {
    CHECK((segment.data() == borrowed.data() || segment.block()->pages == kafka::BufferBlock::kWiped));
  }
}

TEST_CASE("segments that were cut off stay valid while the writer goes on") {
  const Bytes large = Bytes::copy(std::string(2000, 'L'));
  Writer writer;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string text = "part " + std::to_string(i);
    writer.raw(text);
    expected += text;
    if (i % 7 != 0) continue;
    writer.append(large);
    expected += large.view();
  }
  writer.raw(std::string(5000, 'x'));
  expected += std::string(5000, 'x');
  CHECK(writer.size() == expected.size());
  CHECK(flat(writer.take()) == expected);
}

TEST_CASE("a long message goes on in another segment instead of moving to larger memory") {
  Writer writer;
  writer.reserve_length();
  std::string expected(4, '\0');
  while (expected.size() < 200000) {
    writer.i16(7);
    writer.raw("0123456789");
    expected += std::string("\0\7", 2) + "0123456789";
  }
  writer.raw(std::string(100000, 'x'));
  expected += std::string(100000, 'x');
  writer.patch_length();
  const auto length = static_cast<uint32_t>(expected.size() - 4);
  for (int i = 0; i < 4; ++i) expected[static_cast<size_t>(i)] = static_cast<char>(length >> (24 - 8 * i));
  CHECK(writer.size() == expected.size());
  const std::vector<Bytes> segments = writer.take();
  CHECK(segments.size() > 3);
  CHECK(segments.size() < 10);
  CHECK(flat(segments) == expected);
}

TEST_CASE("a writer can be used again after take") {
  Writer writer;
  writer.i32(1);
  writer.take();
  writer.reserve_length();
  writer.raw("ab");
  writer.patch_length();
  CHECK(flat(writer.take()) == std::string("\0\0\0\2ab", 6));
}
