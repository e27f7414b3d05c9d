#include "group/java_hash.hpp"

#include <algorithm>

namespace kafka::group {

uint32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  const auto unit = [&hash](uint32_t utf16) { hash = 31 * hash + utf16; };
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    size_t more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t code = more == 0 ? lead : lead & (0x3f >> more);
    for (more = std::min(more, text.size() - at); more > 0; --more) {
      code = code << 6 | (static_cast<unsigned char>(text[at++]) & 0x3f);
    }
    if (code >= 0x10000) {  // Java counts two surrogates
      unit(0xd800 + ((code - 0x10000) >> 10));
      unit(0xdc00 + (code & 0x3ff));
    } else {
      unit(code);
    }
  }
  return hash;
}

uint32_t java_bucket(uint32_t hash, size_t most_entries) {
  size_t buckets = 16;
  while (most_entries > buckets / 4 * 3) buckets *= 2;
  return (hash ^ hash >> 16) & static_cast<uint32_t>(buckets - 1);
}

}  // namespace kafka::group
