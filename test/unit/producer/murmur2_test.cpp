// The hash that places keys, against values that the Java client's own Utils.murmur2 (4.3.1) gave for the
// same keys: a record must go to the same partition whoever sends it.
// Not here: records without a key (partitioner_test.cpp).
#include "base/murmur2.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka;

namespace {

// Three keys of every length; their bytes follow from next_byte(), all values 0 to 255 among them.
constexpr struct {
  size_t length;
  uint32_t hashes[3];
} kByLength[] = {
    {0, {0x106e08d9, 0x106e08d9, 0x106e08d9}},  {1, {0xdde15e91, 0x4c3c8f0d, 0x7e73e736}},
    {2, {0x7cf4e8ff, 0x47a7f82c, 0x19edfa88}},  {3, {0x48999e3b, 0xe235479b, 0x40a1c322}},
    {4, {0xe19808e9, 0x37c4e0cf, 0x37e8103a}},  {5, {0x398e368a, 0xc2a8c36e, 0x675e9ecb}},
    {6, {0xc02ab7cc, 0x8c32e4b8, 0xa3520154}},  {7, {0x18458567, 0x37cc6f73, 0x523bf84c}},
    {8, {0x3ce8f221, 0x91842c3c, 0xaeda6046}},  {9, {0x591e1cb2, 0x7a4b73e6, 0x1dff82af}},
    {10, {0xf93da2e0, 0xade039d7, 0x6a0f6b82}}, {11, {0x9cd31cb3, 0xd98a0291, 0xfb29fb35}},
    {12, {0xc80b1972, 0x8872ed02, 0x77bea0ca}}, {13, {0x4152e1a3, 0xc93d1979, 0x99dc5e89}},
    {14, {0x087b8b20, 0x36cf4426, 0x9b4a87e1}}, {15, {0xd207029f, 0x619d1b54, 0x479e64cb}},
    {16, {0x0e7b60d5, 0xb26533e4, 0x1c375e71}}, {17, {0x8f074b89, 0x20410f05, 0xe29b8755}},
    {18, {0x4938d86b, 0x30ee1062, 0x4c9e894c}}, {19, {0x7069eab1, 0x2836fa05, 0xcc353670}},
    {20, {0x43d2fd1c, 0x3b6e9e0d, 0x22a98848}}, {21, {0xa0ffd416, 0xeaa3ed98, 0xe362ea32}},
    {22, {0x12d08efb, 0xc9cee20f, 0xa33a59d5}}, {23, {0xcf9cdcc4, 0xbf02fc60, 0xa1c7afd9}},
    {24, {0x43041d98, 0xf99e917a, 0x0ad9e975}}, {25, {0x89653ab3, 0x20b3e1df, 0x0cda6c62}},
    {26, {0x0e768964, 0x290a00c6, 0x618bc168}}, {27, {0x19d33b7f, 0xc6a6e65a, 0x73fd04d9}},
    {28, {0x967105ce, 0xe5d3cf4f, 0xf952c708}}, {29, {0x87bc21dc, 0xaa40bdc4, 0xc2a4f5f3}},
    {30, {0x75d295f8, 0xd7e070aa, 0xab1b038a}}, {31, {0x748fbd74, 0x389c1d9c, 0xdc98a2ed}},
    {32, {0xcd25567c, 0xdebffe7b, 0xef866932}},
};

constexpr struct {
  std::string_view key;
  uint32_t hash;
} kTexts[] = {
    {"", 0x106e08d9},     {"a", 0xa2d0b27c},      {"ab", 0x12d8262a},     {"abc", 0x1c94221b},
    {"abcd", 0xb11ab5f4}, {"42", 0x18e59c6c},     {"orders", 0xc29dda9c}, {"kafka", 0xd067cf64},
    {"äöü", 0x84905a04},  {"日本語", 0x555873ca}, {"😀", 0x07dc5a91},
};

}  // namespace

TEST_CASE("murmur2 is that of the Java client for keys of every length and byte") {
  uint32_t state = 20240501;
  auto next_byte = [&] {
    state = state * 1103515245u + 12345u;
    return static_cast<char>(state >> 16);
  };
  bool high_byte = false;
  for (const auto& row : kByLength) {
    for (const uint32_t hash : row.hashes) {
      std::string key(row.length, ' ');
      for (char& byte : key) {
        byte = next_byte();
        high_byte |= static_cast<unsigned char>(byte) >= 0x80;
      }
      INFO("length " << row.length);
      CHECK(murmur2(key) == hash);
    }
  }
  CHECK(high_byte);
  CHECK(std::size(kByLength) == 33);
}

TEST_CASE("murmur2 is that of the Java client for texts in UTF-8") {
  for (const auto& row : kTexts) {
    INFO(row.key);
    CHECK(murmur2(row.key) == row.hash);
  }
}

TEST_CASE("murmur2 depends on the bytes alone, not on where they lie") {
  const std::string text = "0123456789abcdefghijklmnop";
  for (size_t shift = 0; shift < 8; ++shift) {
    const std::string moved = std::string(shift, 'x') + text;
    CHECK(murmur2(std::string_view(moved).substr(shift)) == murmur2(text));
  }
}
