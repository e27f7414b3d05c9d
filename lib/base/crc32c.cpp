// CRC-32C by the CPU's own instruction, or by eight tables on CPUs without it. The instruction takes three cycles, but
// the CPU can start one in every cycle. One chain of instructions would wait two thirds of the time, so three lanes run
// side by side.
//
// Lanes are joined by linearity: crc(a ++ b) = shift(crc(a), |b|) ^ crc(b), where shift(c, n) is the CRC
// register c after n zero bytes, i.e. the product c * x^(8n) modulo the polynomial. For the two lane
// lengths used here that product is a look-up per byte of the register.
#include "base/crc32c.hpp"

#include <cstring>

#if defined(__x86_64__)
#define KAFKA_CRC_HARDWARE 1
#define KAFKA_CRC_TARGET __attribute__((target("sse4.2")))
#define KAFKA_CRC_STEP8(crc, word) static_cast<uint32_t>(__builtin_ia32_crc32di(crc, word))
#define KAFKA_CRC_STEP1(crc, byte) __builtin_ia32_crc32qi(crc, byte)
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#define KAFKA_CRC_HARDWARE 1
#define KAFKA_CRC_TARGET
#define KAFKA_CRC_STEP8(crc, word) __crc32cd(crc, word)
#define KAFKA_CRC_STEP1(crc, byte) __crc32cb(crc, byte)
#endif

namespace kafka {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // bit-reversed: bit 31 is x^0

// a * b modulo the polynomial, bit-reversed.
constexpr uint32_t multiply(uint32_t a, uint32_t b) noexcept {
  uint32_t product = 0;
  for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? b >> 1 ^ kPolynomial : b >> 1;
  }
  return product;
}

// x^(8 * 2^k) modulo the polynomial, for each bit k of a size.
struct Squares {
  uint32_t of[64];
  constexpr Squares() noexcept : of() {
    of[0] = 0x00800000u;  // x^8
    for (int k = 1; k < 64; ++k) of[k] = multiply(of[k - 1], of[k - 1]);
  }
};
constexpr Squares kSquares;

// x^(8 * bytes) modulo the polynomial.
constexpr uint32_t power(size_t bytes) noexcept {
  uint32_t result = 0x80000000u;  // x^0
  for (int k = 0; bytes != 0; ++k, bytes >>= 1) {
    if ((bytes & 1) != 0) result = multiply(result, kSquares.of[k]);
  }
  return result;
}

constexpr size_t kLongLane = 2048;
constexpr size_t kShortLane = 128;
constexpr size_t kUnrolled = 64;  // bytes of a lane without a jump

struct Tables {
  uint32_t slice[8][256];
  uint32_t long_shift[4][256];
  uint32_t short_shift[4][256];

  Tables() noexcept {
    for (uint32_t n = 0; n < 256; ++n) {
      uint32_t crc = n;
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
      slice[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; ++n) {
      for (int k = 1; k < 8; ++k) slice[k][n] = slice[k - 1][n] >> 8 ^ slice[0][slice[k - 1][n] & 255];
    }
    fill_shift(long_shift, power(kLongLane));
    fill_shift(short_shift, power(kShortLane));
  }

  static void fill_shift(uint32_t (&table)[4][256], uint32_t factor) noexcept {
    for (uint32_t k = 0; k < 4; ++k) {
      for (uint32_t n = 0; n < 256; ++n) table[k][n] = multiply(factor, n << (8 * k));
    }
  }
};

const Tables& tables() noexcept {
  static const Tables made;
  return made;
}

uint64_t load8(const unsigned char* at) noexcept {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

#if defined(KAFKA_CRC_HARDWARE)
uint32_t shifted(const uint32_t (&table)[4][256], uint32_t crc) noexcept {
  return table[0][crc & 255] ^ table[1][crc >> 8 & 255] ^ table[2][crc >> 16 & 255] ^ table[3][crc >> 24];
}

template <size_t kLane>
KAFKA_CRC_TARGET inline uint32_t three_lanes(const unsigned char*& at, size_t& left, uint32_t first,
                                             const uint32_t (&shift)[4][256]) noexcept {
  while (left >= 3 * kLane) {
    uint32_t second = 0;
    uint32_t third = 0;
    for (size_t i = 0; i < kLane; i += kUnrolled) {
#pragma GCC unroll 8
      for (size_t k = i; k < i + kUnrolled; k += 8) {
        first = KAFKA_CRC_STEP8(first, load8(at + k));
        second = KAFKA_CRC_STEP8(second, load8(at + kLane + k));
        third = KAFKA_CRC_STEP8(third, load8(at + 2 * kLane + k));
      }
    }
    first = shifted(shift, shifted(shift, first) ^ second) ^ third;
    at += 3 * kLane;
    left -= 3 * kLane;
  }
  return first;
}

KAFKA_CRC_TARGET uint32_t by_instruction(const unsigned char* at, size_t left, uint32_t crc) noexcept {
  if (left >= 3 * kShortLane) {
    const Tables& t = tables();
    crc = three_lanes<kLongLane>(at, left, crc, t.long_shift);
    crc = three_lanes<kShortLane>(at, left, crc, t.short_shift);
  }
  for (; left >= 8; at += 8, left -= 8) crc = KAFKA_CRC_STEP8(crc, load8(at));
  for (; left > 0; ++at, --left) crc = KAFKA_CRC_STEP1(crc, *at);
  return crc;
}
#endif

}  // namespace

uint32_t crc32c_portable(std::string_view bytes, uint32_t crc) noexcept {
  const auto& slice = tables().slice;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  crc = ~crc;
  for (; left >= 8; at += 8, left -= 8) {
    const uint64_t word = load8(at) ^ crc;
    crc = slice[7][word & 255] ^ slice[6][word >> 8 & 255] ^ slice[5][word >> 16 & 255] ^ slice[4][word >> 24 & 255] ^
          slice[3][word >> 32 & 255] ^ slice[2][word >> 40 & 255] ^ slice[1][word >> 48 & 255] ^ slice[0][word >> 56];
  }
  for (; left > 0; ++at, --left) crc = slice[0][(crc ^ *at) & 255] ^ crc >> 8;
  return ~crc;
}

#if defined(KAFKA_CRC_HARDWARE)
bool crc32c_has_hardware() noexcept {
#if defined(__x86_64__)
  static const bool has = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
  }();
  return has;
#else
  return true;
#endif
}

uint32_t crc32c_hardware(std::string_view bytes, uint32_t crc) noexcept {
  return ~by_instruction(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), ~crc);
}
#else
bool crc32c_has_hardware() noexcept { return false; }
uint32_t crc32c_hardware(std::string_view bytes, uint32_t crc) noexcept { return crc32c_portable(bytes, crc); }
#endif

uint32_t crc32c_joined(uint32_t a, uint32_t b, size_t b_size) noexcept { return multiply(power(b_size), a) ^ b; }

uint32_t crc32c(std::string_view bytes, uint32_t crc) noexcept {
  return crc32c_has_hardware() ? crc32c_hardware(bytes, crc) : crc32c_portable(bytes, crc);
}

}  // namespace kafka
