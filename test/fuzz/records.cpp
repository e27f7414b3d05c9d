// Records fields against a slow reader. Input: 0 leaves the checksums as they are, 1 puts right ones in; then the
// field. What the library reads without an error, the slow reader finds too, and nothing else. What the library has
// written it can read.
#include <zlib.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/crc32c.hpp"
#include "input.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"
#include "target.hpp"

using namespace kafka;
using namespace kafka::records;

namespace {

constexpr size_t kCap = size_t{1} << 20;

struct Plain {
  int64_t offset = 0;
  int64_t timestamp = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  friend bool operator==(const Plain&, const Plain&) = default;
};

// Reads byte by byte; fails once and for good.
struct Slow {
  std::string_view left;
  bool ok = true;

  uint64_t fixed(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | one();
    return value;
  }
  uint8_t one() {
    if (left.empty()) return ok = false, uint8_t{0};
    const auto byte = static_cast<uint8_t>(left.front());
    left.remove_prefix(1);
    return byte;
  }
  int64_t varint() {
    uint64_t raw = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const uint8_t byte = one();
      if (shift < 64) raw |= uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return static_cast<int64_t>(raw >> 1 ^ (~(raw & 1) + 1));
    }
    ok = false;
    return 0;
  }
  std::optional<std::string> bytes(int64_t length) {
    if (length < 0) return {};
    if (static_cast<uint64_t>(length) > left.size()) return ok = false, std::nullopt;
    std::string taken(left.substr(0, static_cast<size_t>(length)));
    left.remove_prefix(static_cast<size_t>(length));
    return taken;
  }
};

int64_t sum(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }

std::optional<std::string> unpacked(Compression codec, std::string_view packed) {
  if (codec == Compression::none) return std::string(packed);
  Buffer plain;
  if (decompress(codec, packed, kCap, plain)) return {};
  return std::string(plain.view());
}

void read_batch(std::string_view entry, std::vector<Plain>& out, bool& ok) {
  Slow head{entry};
  const auto base = static_cast<int64_t>(head.fixed(8));
  head.fixed(4 + 4 + 1 + 4);
  const uint64_t attributes = head.fixed(2);
  head.fixed(4);
  const auto first_time = static_cast<int64_t>(head.fixed(8));
  const auto last_time = static_cast<int64_t>(head.fixed(8));
  head.fixed(8 + 2 + 4);
  const auto count = static_cast<int32_t>(head.fixed(4));
  if (count == 0) return;  // whatever follows is not looked at
  const auto plain = unpacked(static_cast<Compression>(attributes & 7), head.left);
  ok = head.ok && plain.has_value();
  if (!ok) return;
  Slow records{*plain};
  for (int32_t i = 0; i < count && records.ok; ++i) {
    const auto body = records.bytes(records.varint());
    if (!body) records.ok = false;
    if (!records.ok) break;
    Slow record{*body};
    Plain one;
    record.one();
    const int64_t time = record.varint();
    one.timestamp = (attributes & 8) != 0 ? last_time : sum(first_time, time);
    one.offset = sum(base, record.varint());
    one.key = record.bytes(record.varint());
    one.value = record.bytes(record.varint());
    const int64_t headers = record.varint();
    for (int64_t h = 0; h < headers && record.ok; ++h) {
      const auto name = record.bytes(record.varint());
      one.headers.emplace_back(name.value_or(""), record.bytes(record.varint()));
    }
    ok &= record.ok;
    if (ok) out.push_back(std::move(one));
    if (!ok) return;
  }
  ok &= records.ok;
}

void read_message(std::string_view entry, std::vector<Plain>& out, bool& ok, int depth) {
  Slow message{entry};
  Plain one;
  one.offset = static_cast<int64_t>(message.fixed(8));
  message.fixed(4 + 4);
  const uint8_t magic = message.one();
  const uint8_t attributes = message.one();
  one.timestamp = magic == 1 ? static_cast<int64_t>(message.fixed(8)) : kNoTimestamp;
  one.key = message.bytes(static_cast<int32_t>(message.fixed(4)));
  one.value = message.bytes(static_cast<int32_t>(message.fixed(4)));
  ok = message.ok;
  if ((attributes & 7) == 0 || !ok) {
    out.push_back(std::move(one));
    return;
  }
  const auto plain = unpacked(static_cast<Compression>(attributes & 7), one.value.value_or(""));
  ok = plain.has_value() && depth == 0;
  if (!ok) return;
  std::vector<Plain> inner;
  Slow set{*plain};
  while (ok && set.ok && set.left.size() >= kEntryOverhead) {
    Slow size{set.left.substr(kEntrySizeAt)};
    const uint64_t length = size.fixed(4) + kEntryOverhead;
    if (length > set.left.size()) break;
    read_message(set.left.substr(0, length), inner, ok, depth + 1);
    set.left.remove_prefix(length);
  }
  // With magic 1 the inner offsets count from 0, and the wrapper has the last one; or they are used as they are.
  const int64_t last = inner.empty() ? 0 : inner.back().offset;
  for (Plain& each : inner) {
    if (magic == 1 && last <= one.offset) each.offset = sum(each.offset, one.offset - last);
    if (magic == 1 && (attributes & 8) != 0) each.timestamp = one.timestamp;
    out.push_back(std::move(each));
  }
}

std::string with_checksums(std::string_view field) {
  std::string fixed(field);
  for (size_t at = 0; fixed.size() - at > kMagicAt;) {
    Slow size{std::string_view(fixed).substr(at + kEntrySizeAt)};
    const uint64_t length = size.fixed(4) + kEntryOverhead;
    if (length > fixed.size() - at || length <= kAttributesAt) break;
    const bool batch = fixed[at + kMagicAt] == kMagicV2;
    const size_t from = batch ? kAttributesAt : kMessageMagicAt;
    const std::string_view covered = std::string_view(fixed).substr(at + from, length - from);
    const uint32_t sum = batch ? crc32c(covered)
                               : static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(covered.data()),
                                                               static_cast<uInt>(covered.size())));
    store_be<uint32_t>(fixed.data() + at + (batch ? kCrcAt : kMessageCrcAt), sum);
    at += length;
  }
  return fixed;
}

std::optional<std::string> owned(std::string_view view) {
  if (view.data() == nullptr) return {};
  return std::string(view);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const bool fixes = input.byte() % 2 != 0;
  const std::string field = fixes ? with_checksums(input.rest()) : std::string(input.rest());
  fuzz::Watch watch(size);
  watch.forgive(16 * kCap);  // what the two readers collect
  BatchIterator entries(Bytes::copy(std::string_view(field)), {.max_decompressed = kCap});
  while (entries.next()) {
    const BatchInfo& batch = entries.batch();
    RecordReader reader;
    if (entries.open(reader)) continue;
    std::vector<Plain> quick;
    RecordView view;
    int64_t previous = -1;
    while (reader.next(view)) {
      Plain& one = quick.emplace_back(Plain{view.offset, view.timestamp, owned(view.key), owned(view.value), {}});
      fuzz::expect(view.offset >= 0, "a negative offset");
      if (batch.magic == kMagicV2) {
        fuzz::expect(view.offset <= batch.last_offset, "an offset outside of its batch");
        fuzz::expect(view.offset > previous, "offsets that do not grow");
      }
      previous = view.offset;
      HeaderIterator headers(view);
      Header header;
      while (headers.next(header)) one.headers.emplace_back(header.key, owned(header.value));
      fuzz::expect(static_cast<int32_t>(one.headers.size()) == view.header_count, "headers are missing");
    }
    std::vector<Plain> slow;
    bool ok = true;
    const Bytes bytes = entries.bytes();
    if (batch.magic == kMagicV2) {
      read_batch(bytes.view(), slow, ok);
    } else {
      read_message(bytes.view(), slow, ok, 0);
    }
    if (reader.error()) {
      fuzz::expect(quick.size() <= slow.size() || !ok, "more records than there are");
    } else {
      fuzz::expect(ok && quick == slow, "other records than the slow reader's");
    }
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  std::string field;
  uint64_t state = seed;
  const auto draw = [&](uint64_t below) {
    return ((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % below;
  };
  for (uint64_t batches = 1 + draw(3); batches > 0; --batches) {
    BatchBuilder builder;
    const uint64_t count = 1 + draw(6);
    for (uint64_t i = 0; i < count; ++i) {
      const std::string key(draw(10), 'k');
      const std::string value(draw(80), static_cast<char>(draw(256)));
      const std::vector<Header> headers(draw(3), Header{"h", value});
      builder.append(static_cast<int64_t>(draw(1000)), draw(2) != 0 ? std::string_view(key) : std::string_view(),
                     draw(5) != 0 ? std::string_view(value) : std::string_view(), headers);
    }
    auto codec = static_cast<Compression>(draw(5));
    if (!codec_available(codec)) codec = Compression::none;
    Bytes sealed;
    if (builder.seal({.codec = codec, .base_offset = static_cast<int64_t>(draw(1000))}, sealed)) return 0;
    field += sealed.view();
  }
  if (draw(3) == 0) {  // a message of an old set
    const std::string value(draw(50), 'v');
    const bool newer = draw(2) != 0;
    const size_t fixed = newer ? kSmallestMessageV1 : kSmallestMessageV0;
    std::string message(fixed + value.size(), '\0');
    store_be<int64_t>(message.data(), static_cast<int64_t>(draw(1000)));
    store_be<int32_t>(message.data() + kEntrySizeAt, static_cast<int32_t>(message.size() - kEntryOverhead));
    message[kMagicAt] = newer ? 1 : 0;
    store_be<int32_t>(message.data() + fixed - 8, -1);
    store_be<int32_t>(message.data() + fixed - 4, static_cast<int32_t>(value.size()));
    std::memcpy(message.data() + fixed, value.data(), value.size());
    field = with_checksums(message) + field;
  }
  if (field.size() + 1 > most) return 0;
  data[0] = static_cast<uint8_t>(draw(4) != 0 ? 1 : 0);
  std::memcpy(data + 1, field.data(), field.size());
  return field.size() + 1;
}
