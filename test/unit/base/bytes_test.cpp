#include "base/bytes.hpp"
#include "base/sanitizer.hpp"
#include "catch.hpp"

#include <string>
#include <vector>

using kafka::Buffer;
using kafka::Bytes;

TEST_CASE("a slice keeps the memory of its buffer alive") {
  Bytes slice;
  {
    Buffer buffer(4);
    buffer.append("hello world");
    slice = buffer.take().slice(6, 5);
  }
  CHECK(slice.view() == "world");
}

TEST_CASE("null bytes are not empty bytes") {
  CHECK(Bytes().is_null());
  CHECK_FALSE(Bytes::copy("").is_null());
  CHECK_FALSE(Bytes() == Bytes::copy(""));
}

TEST_CASE("large blocks are used again, with the capacity that was asked for, and small ones are not kept") {
  [[maybe_unused]] const auto at = [](size_t capacity) {
    const Buffer buffer(capacity);
    CHECK(buffer.capacity() == capacity);
    return static_cast<const void*>(buffer.data());
  };
#if !UVKAFKA_ADDRESS_SANITIZER
  const void* const block = at(1000000);
  CHECK(at(900000) == block);
  CHECK(at(1000000) == block);  // what it was made with is not forgotten
  CHECK(at(600000) != block);   // too good for that
  Buffer kept(1000000);
  CHECK(static_cast<const void*>(kept.data()) == block);
  CHECK(at(1000000) != block);
#endif
  // Far more than is kept: nothing of it may be lost or given out twice.
  std::vector<Buffer> many;
  for (int round = 0; round < 3; ++round) {
    for (char i = 0; i < 60; ++i) {
      many.emplace_back(1000000);
      many.back().append(std::string(1000, i));
    }
    for (char i = 0; i < 60; ++i) REQUIRE(many[static_cast<size_t>(i)].view() == std::string(1000, i));
    many.clear();
  }
}

TEST_CASE("a large block that is mostly empty gives back what it does not need, and keeps its content") {
  Buffer buffer(500000);
  const std::string text(100000, 'x');
  buffer.append(text);
  buffer.shrink();
  CHECK(buffer.view() == text);
  CHECK(buffer.capacity() == text.size());
  buffer.append("more");
  CHECK(buffer.view() == text + "more");
}

TEST_CASE("memory for secrets is of its own kind: it stays so when it grows or shrinks, and is not kept for others") {
  kafka::Buffer buffer = kafka::Buffer::wiped(10);
  const auto is_wiped = [&] { return buffer.share(0, 0).block()->pages == kafka::BufferBlock::kWiped; };
  CHECK(is_wiped());
  buffer.append(std::string(200 * 1024, 's'));
  CHECK(is_wiped());
  buffer.truncate(10);
  buffer.shrink();
  CHECK(is_wiped());
  CHECK(buffer.view() == "ssssssssss");
  kafka::Bytes all = buffer.take();
  kafka::Bytes part = all.slice(2, 3);
  all.discard();
  CHECK(part.block()->pages == kafka::BufferBlock::kWiped);
  CHECK(part.view() == "sss");
  part.discard();
  CHECK(part.is_null());
}
