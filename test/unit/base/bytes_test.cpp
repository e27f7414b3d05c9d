#include "base/bytes.hpp"
#include "catch.hpp"

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
