// Which codec is which, and which are built in.
#include "records/compression.hpp"

#include <string>

#include "records/gzip.hpp"

namespace kafka::records {
namespace {

Error unsupported(Compression codec) {
  const std::string number = std::to_string(static_cast<int>(codec));
  if (codec_name(codec).empty()) return Error(Errc::unsupported_codec, "codec number " + number);
  return Error(Errc::unsupported_codec, std::string(codec_name(codec)) + " is not built in");
}

}  // namespace

std::string_view codec_name(Compression codec) noexcept {
  switch (codec) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::snappy:
      return "snappy";
    case Compression::lz4:
      return "lz4";
    case Compression::zstd:
      return "zstd";
  }
  return "";
}

bool codec_available(Compression codec) noexcept { return codec == Compression::none || codec == Compression::gzip; }

Error compress(Compression codec, int level, std::string_view plain, Buffer& out) {
  if (codec == Compression::none) {
    out.append(plain);
    return {};
  }
  if (codec == Compression::gzip) return gzip_compress(level, plain, out);
  return unsupported(codec);
}

Error decompress(Compression codec, std::string_view packed, size_t limit, Buffer& out) {
  if (codec == Compression::none) {
    if (packed.size() > limit) return Error(Errc::too_large, "more than " + std::to_string(limit) + " bytes");
    out.append(packed);
    return {};
  }
  if (codec == Compression::gzip) return gzip_decompress(packed, limit, out);
  return unsupported(codec);
}

}  // namespace kafka::records
