// Every decoder in every version. Input: the API, request or response, the version, then the body. What can be decoded
// can be written, and comes back equal.
#include <array>
#include <cstring>

#include "codec/fill.hpp"
#include "codec/traits.hpp"
#include "input.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"
#include "target.hpp"

using namespace kafka;
using namespace kafka::protocol;

namespace {

template <class M>
std::string flat(const M& message, int version, Error& error) {
  codec::Writer writer;
  error = encode(message, version, writer);
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

template <class M>
void check(const ApiRow& row, uint8_t version_byte, std::string_view body) {
  const int version = row.versions.min + version_byte % (row.versions.max - row.versions.min + 1);
  codec::Reader reader(Bytes::copy(body));
  M message{};
  {
    const fuzz::Watch watch(body.size());
    if (decode(reader, version, message)) return;
  }
  Error error;
  const std::string bytes = flat(message, version, error);
  // Flexible versions can carry longer strings than Kafka takes.
  if (error.detail().find("too long") != std::string_view::npos) return;
  fuzz::expect(!error, "what was read cannot be written");
  codec::Reader again(Bytes::copy(std::string_view(bytes)));
  M back{};
  fuzz::expect(!decode(again, version, back), "what was written cannot be read");
  fuzz::expect(flat(back, version, error) == bytes, "it came back as another message");
  std::string json;
  fuzz::expect(!to_json(message, version, json), "it cannot be printed");
}

template <class M>
size_t example(const ApiRow& row, uint8_t* data, size_t most, uint64_t seed) {
  const int version = row.versions.min + data[2] % (row.versions.max - row.versions.min + 1);
  M message{};
  codec::fill(message, version, seed);
  Error error;
  const std::string bytes = flat(message, version, error);
  if (error || bytes.size() + 3 > most) return 0;
  std::memcpy(data + 3, bytes.data(), bytes.size());
  return bytes.size() + 3;
}

struct Kind {
  const ApiRow* row;
  void (*check)(const ApiRow&, uint8_t, std::string_view);
  size_t (*example)(const ApiRow&, uint8_t*, size_t, uint64_t);
};
#define UVKAFKA_KIND(Name)                                                         \
  Kind{&Api<Name##Request>::kRow, &check<Name##Request>, &example<Name##Request>}, \
      Kind{&Api<Name##Request>::kRow, &check<Name##Response>, &example<Name##Response>},
const Kind kKinds[] = {UVKAFKA_EACH_API(UVKAFKA_KIND)};
#undef UVKAFKA_KIND

/// `api` is a key, so that an input means the same when more APIs are known. Other numbers mean any API.
const Kind& kind(uint8_t api, uint8_t response) {
  size_t at = size_t{api} * 2 % std::size(kKinds);
  for (size_t i = 0; i < std::size(kKinds); i += 2) {
    if (kKinds[i].row->key == static_cast<ApiKey>(api)) at = i;
  }
  return kKinds[at + response % 2];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t api = input.byte();
  const Kind& chosen = kind(api, input.byte());
  const uint8_t version = input.byte();
  chosen.check(*chosen.row, version, input.rest());
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  if (most < 3) return 0;
  data[0] = static_cast<uint8_t>(kKinds[seed * 2 % std::size(kKinds)].row->key);
  data[1] = static_cast<uint8_t>(seed >> 8);
  data[2] = static_cast<uint8_t>(seed >> 16 ^ seed);
  const Kind& chosen = kind(data[0], data[1]);
  return chosen.example(*chosen.row, data, most, seed);
}
