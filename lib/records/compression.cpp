// The table of codecs, and which of them are built in.
#include "records/compression.hpp"

#include <string>

#include "records/gzip.hpp"
#if UVKAFKA_SNAPPY
#include "records/snappy.hpp"
#endif
#if UVKAFKA_LZ4
#include "records/lz4.hpp"
#endif
#if UVKAFKA_ZSTD
#include "records/zstd.hpp"
#endif

namespace kafka::records {
namespace {

struct Codec {
  std::string_view name;
  Levels levels;
  Error (*pack)(int level, std::string_view plain, int8_t magic, Buffer& out);  // null: not built in
  std::unique_ptr<Decompression> (*unpack)(std::string_view packed, size_t limit);
};

// What was never compressed.
class Plain : public Decompression {
 public:
  Plain(std::string_view bytes, size_t limit) : bytes_(bytes), limit_(limit) {}
  Error step(size_t, Buffer& out, bool& done) override {
    if (bytes_.size() > limit_) return Error(Errc::too_large, "more than " + std::to_string(limit_) + " bytes");
    out.append(bytes_);
    done = true;
    return {};
  }

 private:
  std::string_view bytes_;
  size_t limit_;
};

// By number on the wire.
constexpr Codec kCodecs[] = {
    {"none",
     {},
     [](int, std::string_view plain, int8_t, Buffer& out) {
       out.append(plain);
       return Error();
     },
     [](std::string_view packed, size_t limit) -> std::unique_ptr<Decompression> {
       return std::make_unique<Plain>(packed, limit);
     }},
    {"gzip",
     {kDefaultLevel, 9},
     [](int level, std::string_view plain, int8_t, Buffer& out) { return gzip_compress(level, plain, out); },
     gzip_decompression},
#if UVKAFKA_SNAPPY
    {"snappy",
     {},
     [](int, std::string_view plain, int8_t, Buffer& out) { return snappy_compress(plain, out); },
     snappy_decompression},
#else
    {"snappy", {}, nullptr, nullptr},
#endif
#if UVKAFKA_LZ4
    {"lz4",
     {kDefaultLevel, 17},
     [](int level, std::string_view plain, int8_t magic, Buffer& out) {
       return lz4_compress(level, plain, magic == 0 ? Lz4Checksum::with_magic : Lz4Checksum::correct, out);
     },
     lz4_decompression},
#else
    {"lz4", {kDefaultLevel, 17}, nullptr, nullptr},
#endif
#if UVKAFKA_ZSTD
    {"zstd",
     {kDefaultLevel, 22},
     [](int level, std::string_view plain, int8_t, Buffer& out) { return zstd_compress(level, plain, out); },
     zstd_decompression},
#else
    {"zstd", {kDefaultLevel, 22}, nullptr, nullptr},
#endif
};

const Codec* find(Compression codec) noexcept {
  const auto index = static_cast<size_t>(codec);
  return index < std::size(kCodecs) ? &kCodecs[index] : nullptr;
}

Error unsupported(Compression codec) {
  const Codec* known = find(codec);
  if (known == nullptr) {
    return Error(Errc::unsupported_codec, "codec number " + std::to_string(static_cast<int>(codec)));
  }
  return Error(Errc::unsupported_codec, std::string(known->name) + " is not built in");
}

}  // namespace

std::string_view codec_name(Compression codec) noexcept {
  const Codec* known = find(codec);
  return known == nullptr ? std::string_view() : known->name;
}

bool codec_available(Compression codec) noexcept {
  const Codec* known = find(codec);
  return known != nullptr && known->pack != nullptr;
}

std::string codec_list() {
  std::string list;
  for (const Codec& codec : kCodecs) {
    if (codec.pack != nullptr) list += (list.empty() ? "" : ", ") + std::string(codec.name);
  }
  return list;
}

Levels codec_levels(Compression codec) noexcept {
  const Codec* known = find(codec);
  return known == nullptr ? Levels() : known->levels;
}

Error compress(Compression codec, int level, std::string_view plain, Buffer& out, int8_t magic) {
  if (!codec_available(codec)) return unsupported(codec);
  const Codec& chosen = *find(codec);
  if (codec != Compression::none && (level < chosen.levels.least || level > chosen.levels.most)) {
    return Error(Errc::invalid_option, "the levels of " + std::string(chosen.name) + " are " +
                                           std::to_string(chosen.levels.least) + " to " +
                                           std::to_string(chosen.levels.most));
  }
  Error error = chosen.pack(level, plain, magic, out);
  out.shrink();  // the codec took memory for the worst case
  return error;
}

Error begin_decompression(Compression codec, std::string_view packed, size_t limit,
                          std::unique_ptr<Decompression>& begun) {
  if (!codec_available(codec)) return unsupported(codec);
  begun = find(codec)->unpack(packed, limit);
  return {};
}

Error decompress(Compression codec, std::string_view packed, size_t limit, Buffer& out) {
  std::unique_ptr<Decompression> stream;
  if (Error error = begin_decompression(codec, packed, limit, stream)) return error;
  const size_t before = out.size();
  Error error;
  for (bool done = false; !done && !error;) error = stream->step(SIZE_MAX, out, done);
  // gzip asks for one byte more, to see that there is one.
  if (out.size() - before > limit) out.truncate(before + limit);
  out.shrink();  // often the size had only an upper bound
  return error;
}

}  // namespace kafka::records
