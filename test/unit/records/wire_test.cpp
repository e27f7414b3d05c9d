// Varints at and around every length, and the ones that are refused.
#include "records/wire.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka::records;

TEST_CASE("varints of every length are written in their shortest form and read back") {
  for (int bits = 0; bits < 64; ++bits) {
    for (int64_t near = -2; near <= 2; ++near) {
      for (const int64_t sign : {1, -1}) {
        const auto value =
            static_cast<int64_t>((uint64_t{1} << bits) + static_cast<uint64_t>(near)) * (bits < 62 ? sign : 1);
        char bytes[kMaxVarint64];
        const char* const end = store_varint(bytes, value);
        const auto size = static_cast<size_t>(end - bytes);
        REQUIRE(size == varint_size(value));
        const std::string exact(bytes, size);  // on the heap or cut short, so that reading beyond shows
        int64_t read = 0;
        REQUIRE(load_varint(exact.data(), exact.data() + size, kMaxVarint64, read) == exact.data() + size);
        REQUIRE(read == value);
        REQUIRE(load_varint(exact.data(), exact.data() + size - 1, kMaxVarint64, read) == nullptr);
        const bool fits = value >= INT32_MIN && value <= INT32_MAX;
        REQUIRE((load_varint(exact.data(), exact.data() + size, kMaxVarint32, read) != nullptr) == fits);
      }
    }
  }
}

TEST_CASE("big-endian integers are stored and loaded with their sign") {
  char bytes[8];
  for (const int64_t value : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX, int64_t{0x0102030405060708}}) {
    store_be(bytes, value);
    CHECK(load_be<int64_t>(bytes) == value);
  }
  CHECK(bytes[0] == 1);
  CHECK(bytes[7] == 8);
  store_be<int16_t>(bytes, -2);
  CHECK(load_be<int16_t>(bytes) == -2);
  CHECK(load_be<uint16_t>(bytes) == 0xFFFE);
}
