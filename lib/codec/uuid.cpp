// Printing of UUIDs (see uuid.hpp).
#include "codec/uuid.hpp"

namespace kafka {

std::string Uuid::to_string() const {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve(22);
  uint32_t bits = 0;
  int held = 0;
  for (uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  text += kAlphabet[bits << (6 - held) & 63];  // 128 = 21 * 6 + 2: two bits are left
  return text;
}

}  // namespace kafka
