// The primitive types, and what damaged ones do.
#include "codec/reader.hpp"

#include <string>

#include "catch.hpp"
#include "codec/writer.hpp"

using kafka::Bytes;
using kafka::Errc;
using kafka::codec::Reader;
using kafka::codec::Writer;

namespace {

Reader over(const std::string& bytes) { return Reader(Bytes::copy(std::string_view(bytes))); }

std::string flat(Writer& writer) {
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

}  // namespace

TEST_CASE("the reader reads everything that the writer writes") {
  Writer writer;
  writer.i8(-1);
  writer.u8(255);
  writer.i16(INT16_MIN);
  writer.u16(65535);
  writer.i32(INT32_MIN);
  writer.u32(UINT32_MAX);
  writer.i64(INT64_MIN);
  writer.u64(UINT64_MAX);
  writer.boolean(true);
  writer.f64(-0.1);
  writer.string("abc", false);
  writer.string("abc", true);
  writer.string({}, false);
  writer.string({}, true);
  writer.bytes(Bytes::unowned("xyz"), false);
  writer.bytes(Bytes(), true);
  Reader reader = over(flat(writer));
  CHECK(reader.i8() == -1);
  CHECK(reader.u8() == 255);
  CHECK(reader.i16() == INT16_MIN);
  CHECK(reader.u16() == 65535);
  CHECK(reader.i32() == INT32_MIN);
  CHECK(reader.u32() == UINT32_MAX);
  CHECK(reader.i64() == INT64_MIN);
  CHECK(reader.u64() == UINT64_MAX);
  CHECK(reader.boolean());
  CHECK(reader.f64() == -0.1);
  CHECK(reader.string(false) == "abc");
  CHECK(reader.string(true) == "abc");
  CHECK(reader.nullable_string(false).data() == nullptr);
  CHECK(reader.nullable_string(true).data() == nullptr);
  CHECK(reader.nullable_bytes(false).view() == "xyz");
  CHECK(reader.nullable_bytes(true).is_null());
  CHECK(reader.remaining() == 0);
  CHECK_FALSE(reader.failed());
}

TEST_CASE("integers are big-endian") {
  Writer writer;
  writer.i32(0x01020304);
  writer.i16(-2);
  CHECK(flat(writer) == std::string("\x01\x02\x03\x04\xff\xfe", 6));
}

TEST_CASE("variable-length integers take as many bytes as Kafka's") {
  struct Case {
    int64_t value;
    size_t size;
  };
  for (const Case& c : {Case{0, 1},
                        {-1, 1},
                        {63, 1},
                        {-64, 1},
                        {64, 2},
                        {-65, 2},
                        {8191, 2},
                        {8192, 3},
                        {INT32_MAX, 5},
                        {INT32_MIN, 5},
                        {INT64_MAX, 10},
                        {INT64_MIN, 10}}) {
    Writer writer;
    writer.varlong(c.value);
    CHECK(writer.size() == c.size);
    Reader reader = over(flat(writer));
    CHECK(reader.varlong() == c.value);
    CHECK_FALSE(reader.failed());
    if (c.value != static_cast<int32_t>(c.value)) continue;
    writer.varint(static_cast<int32_t>(c.value));
    CHECK(writer.size() == c.size);
    reader = over(flat(writer));
    CHECK(reader.varint() == c.value);
    CHECK_FALSE(reader.failed());
  }
}

TEST_CASE("A5: an array count larger than the bytes left is refused") {
  for (const std::string& bytes : {std::string("\x7f\xff\xff\xff"
                                               "ab"),
                                   std::string("\x00\x00\x00\x03"
                                               "ab",
                                               6)}) {
    Reader reader = over(bytes);
    CHECK(reader.array_count(false) == -1);
    CHECK(reader.error() == Errc::protocol_error);
    CHECK(reader.error().detail() == "array count at byte 4");
  }
  Reader reader = over(
      "\xff\xff\xff\xff\x0f"
      "ab");
  CHECK(reader.array_count(true) == -1);
  CHECK(reader.failed());
  reader =
      over(std::string("\x00\x00\x00\x02"
                       "ab",
                       6));
  CHECK(reader.array_count(false) == 2);
  CHECK_FALSE(reader.failed());
}

TEST_CASE("A6: a negative length other than -1 is refused") {
  Reader reader = over(
      "\xff\xfe"
      "abcd");
  CHECK(reader.nullable_string(false).data() == nullptr);
  CHECK(reader.failed());
  reader = over(
      "\xff\xff\xff\xfe"
      "abcd");
  CHECK(reader.nullable_bytes(false).is_null());
  CHECK(reader.failed());
  reader = over(
      "\xff\xff\xff\xfe"
      "abcd");
  CHECK(reader.array_count(false) == -1);
  CHECK(reader.failed());
  reader = over("\xff\xff");
  CHECK(reader.nullable_string(false).data() == nullptr);
  CHECK_FALSE(reader.failed());
}

TEST_CASE("A6: null where no null may be is refused") {
  for (bool compact : {false, true}) {
    Reader reader = over(compact ? std::string(1, '\0') : std::string("\xff\xff"));
    CHECK(reader.string(compact).data() == nullptr);
    CHECK(reader.error() == Errc::protocol_error);
  }
}

TEST_CASE("A7: a varint that is too long or too large is refused") {
  Reader reader = over("\xff\xff\xff\xff\x0f");
  CHECK(reader.uvarint() == UINT32_MAX);
  CHECK_FALSE(reader.failed());
  for (const char* bytes : {"\xff\xff\xff\xff\x10", "\x80\x80\x80\x80\x80\x01", "\xff\xff\xff\xff\xff"}) {
    reader = over(bytes);
    CHECK(reader.uvarint() == 0);
    CHECK(reader.failed());
    CHECK(reader.error().detail() == "varint too long at byte 4");
  }
  reader = over("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  CHECK(reader.uvarlong() == UINT64_MAX);
  CHECK_FALSE(reader.failed());
  for (const char* bytes :
       {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"}) {
    reader = over(bytes);
    CHECK(reader.varlong() == 0);
    CHECK(reader.failed());
  }
  reader = over("\x80");
  CHECK(reader.uvarint() == 0);
  CHECK(reader.error().detail() == "end of data at byte 1");
}

TEST_CASE("A8: tagged fields are skipped exactly") {
  // Three fields, out of order and repeated, one of them empty.
  Reader reader =
      over(std::string("\x03\x05\x02"
                       "ab\x05\x00\x01\x01"
                       "c!",
                       11));
  reader.skip_tagged();
  CHECK(reader.i8() == '!');
  CHECK_FALSE(reader.failed());
}

TEST_CASE("A8: a tagged field that ends behind the end is refused") {
  Reader reader = over(
      "\x01\x05\x04"
      "abc");
  reader.skip_tagged();
  CHECK(reader.failed());
  reader = over("\xff\xff\xff\xff\x0f\x01\x01\x01");
  reader.skip_tagged();
  CHECK(reader.error().detail() == "tagged field count at byte 5");
}

TEST_CASE("A16: strings pass byte for byte") {
  const std::string odd("a\0\xff\xc3(", 5);
  const std::string longest(32767, '\xfe');
  for (const std::string& text : {odd, longest}) {
    for (bool compact : {false, true}) {
      Writer writer;
      writer.string(text, compact);
      Reader reader = over(flat(writer));
      CHECK(reader.string(compact) == text);
      CHECK(reader.remaining() == 0);
    }
  }
}

TEST_CASE("failure is sticky: nothing moves and everything reads as nothing") {
  Reader reader = over("\x01\x02\x03");
  CHECK(reader.i16() == 0x0102);
  CHECK(reader.i32() == 0);
  CHECK(reader.failed());
  CHECK(reader.i8() == 0);
  CHECK(reader.string(true).data() == nullptr);
  CHECK(reader.nullable_bytes(false).is_null());
  CHECK(reader.array_count(true) == -1);
  CHECK(reader.uuid().is_zero());
  CHECK(reader.remaining() == 0);
  CHECK(reader.error().detail() == "end of data at byte 2");
}

TEST_CASE("an empty reader fails at the first read") {
  Reader reader;
  CHECK_FALSE(reader.failed());
  CHECK(reader.i64() == 0);
  CHECK(reader.failed());
}

TEST_CASE("bytes share the frame, and outlive the reader") {
  Writer writer;
  writer.bytes(Bytes::unowned("content"), false);
  Bytes frame = Bytes::copy(flat(writer));
  const char* inside = frame.data() + 4;
  Bytes slice;
  {
    Reader reader(std::move(frame));
    slice = reader.nullable_bytes(false);
  }
  CHECK(slice.data() == inside);
  CHECK(slice.view() == "content");
}
