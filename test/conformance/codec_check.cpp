// Reads records fields in hex, one a line (CodecOracle.java says how they look), and prints each as we write the same
// records: MAGIC  CODEC  LEVEL  HEX. A field that cannot be read or written is printed as its error.
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::records;

namespace {

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char byte : bytes) {
    hex += kDigits[static_cast<unsigned char>(byte) >> 4];
    hex += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return hex;
}

Error again(const std::string& field, int8_t magic, Compression codec, int level, Bytes& written) {
  Bytes sealed;
  int32_t count = 0;
  if (Error error = to_batch(Bytes::copy(field), codec, level, sealed, count)) return error;
  if (magic == kMagicV2) {
    written = std::move(sealed);
    return {};
  }
  return to_message_set(sealed, magic, codec, level, written);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream columns(line);
    int magic = 0;
    std::string codec_text;
    int level = 0;
    std::string hex;
    columns >> magic >> codec_text >> level >> hex;
    auto codec = Compression::none;
    for (const Compression each : {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
      if (codec_name(each) == codec_text) codec = each;
    }
    Bytes written;
    const Error error = again(from_hex(hex), static_cast<int8_t>(magic), codec, level, written);
    std::cout << magic << '\t' << codec_text << '\t' << level << '\t'
              << (error ? error.message() : to_hex(written.view())) << '\n';
  }
  return 0;
}
