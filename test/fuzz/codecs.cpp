// The codecs. Input: which one, a cap, then a stream to decompress under that cap. The same bytes, compressed, come
// back.
#include <cstring>

#include "input.hpp"
#include "records/compression.hpp"
#include "target.hpp"

using namespace kafka;

namespace {

constexpr size_t kMostCap = size_t{1} << 20;
constexpr int kCodecs = 5;

Compression codec_of(uint8_t byte) { return static_cast<Compression>(byte % kCodecs); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const Compression codec = codec_of(input.byte());
  const size_t cap = input.number(3) % (kMostCap + 1);
  const std::string_view stream = input.rest();
  if (!records::codec_available(codec)) return 0;
  {
    const fuzz::Watch watch(stream.size());
    Buffer plain;
    const Error error = records::decompress(codec, stream, cap, plain);
    fuzz::expect(plain.size() <= cap, "more than the cap");
    if (error) {
      fuzz::expect(error == Errc::corrupt_message || error == Errc::too_large, "another error than documented");
    }
  }
  Buffer packed;
  if (records::compress(codec, records::kDefaultLevel, stream, packed)) return 0;
  Buffer back;
  fuzz::expect(!records::decompress(codec, packed.view(), stream.size(), back), "its own stream is refused");
  fuzz::expect(back.view() == stream, "its own stream comes back changed");
  if (!stream.empty()) {
    Buffer less;
    fuzz::expect(records::decompress(codec, packed.view(), stream.size() - 1, less) == Errc::too_large,
                 "a byte above the cap is no error");
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  std::string plain;
  for (uint64_t i = 0; i < seed % 3000; ++i) plain += static_cast<char>('a' + (i * seed >> 7) % (1 + seed % 26));
  Buffer packed;
  const Compression codec = codec_of(static_cast<uint8_t>(seed));
  if (!records::codec_available(codec) || records::compress(codec, records::kDefaultLevel, plain, packed)) return 0;
  if (packed.size() + 4 > most) return 0;
  const uint8_t head[] = {static_cast<uint8_t>(codec), 0x0f, 0xff, 0xff};
  std::memcpy(data, head, sizeof head);
  if (packed.size() > 0) std::memcpy(data + sizeof head, packed.data(), packed.size());
  return packed.size() + sizeof head;
}
