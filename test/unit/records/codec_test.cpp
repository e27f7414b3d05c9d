// Every codec both ways, against what others wrote, and against hostile streams. What batches around the
// streams look like is damage_test.cpp's.
#include <array>
#include <thread>

#include "catch.hpp"
#include "codec_vectors.hpp"
#include "java_vectors.hpp"
#include "read.hpp"
#include "records/builder.hpp"
#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::records;
using test::Read;
using test::read_all;
using namespace std::string_literals;

namespace {

constexpr Compression kPacking[] = {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd};
constexpr size_t kMegabyte = 1000 * 1000;

std::vector<Compression> codecs() {
  std::vector<Compression> built;
  for (const Compression codec : kPacking) {
    if (codec_available(codec)) built.push_back(codec);
  }
  return built;
}

class Random {
 public:
  uint64_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

 private:
  uint64_t state_ = 0x2545F4914F6CDD1D;
};

std::string noise(size_t size) {
  Random random;
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string lines(size_t size) {
  std::string text;
  Random random;
  while (text.size() < size) text += "{\"user\":" + std::to_string(random() % 1000) + ",\"page\":\"/index.html\"}\n";
  text.resize(size);
  return text;
}

constexpr size_t kLargestLz4Block = size_t{4} << 20;

std::string packed(Compression codec, std::string_view plain, int level = kDefaultLevel) {
  Buffer out;
  const Error error = compress(codec, level, plain, out);
  INFO(error.message());
  REQUIRE_FALSE(error);
  return std::string(out.view());
}

struct Unpacked {
  Error error;
  std::string plain;
  size_t capacity = 0;
};

Unpacked in_steps(Compression codec, std::string_view stream, size_t limit, size_t most) {
  Unpacked got;
  Buffer out;
  std::unique_ptr<Decompression> steps;
  got.error = begin_decompression(codec, stream, limit, steps);
  size_t largest = 0;
  int count = 0;
  for (bool done = false; !done && !got.error;) {
    const size_t before = out.size();
    if (++count > 1000) most = size_t{1} << 20;  // no test waits for millions of steps
    got.error = steps->step(most, out, done);
    largest = std::max(largest, out.size() - before);
  }
  REQUIRE(largest <= most + kLargestLz4Block);
  got.plain = out.view();
  got.capacity = out.capacity();
  return got;
}

// From an exact heap copy, so that a sanitizer sees a read of one byte beyond. Steps of any size give the same.
Unpacked unpacked(Compression codec, std::string_view stream, size_t limit = kDefaultMaxDecompressed) {
  const Bytes exact = Bytes::copy(stream);
  Buffer out;
  Unpacked got;
  got.error = decompress(codec, exact.view(), limit, out);
  got.plain = out.view();
  got.capacity = out.capacity();
  for (const size_t most : {size_t{1}, size_t{1000}}) {
    const Unpacked stepped = in_steps(codec, exact.view(), limit, most);
    const bool same = stepped.error ? got.error && (got.error != Errc::too_large || stepped.error == Errc::too_large)
                                    : !got.error && stepped.plain == got.plain;
    if (same && stepped.capacity <= 2 * limit + 4096) continue;
    FAIL(codec_name(codec) << " in steps of " << most << ": " << stepped.error.message()
                           << ", at once: " << got.error.message());
  }
  return got;
}

void check_refused(Compression codec, std::string_view stream, Errc code, size_t limit = kDefaultMaxDecompressed) {
  const Unpacked got = unpacked(codec, stream, limit);
  INFO(codec_name(codec) << ": " << got.error.message());
  CHECK(got.error.code() == code);
  CHECK(got.error.message().find(codec_name(codec)) != std::string::npos);
  CHECK(got.capacity <= 2 * limit + 4096);
}

std::string le(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}
std::string be32(int32_t value) {
  std::string bytes(4, '\0');
  store_be(bytes.data(), value);
  return bytes;
}

const std::string kXerialHeader = "\x82SNAPPY\0\0\0\0\1\0\0\0\1"s;

std::vector<Read> old_records() {
  std::vector<Read> all;
  for (int i = 0; i < 4; ++i) {
    Read each{i,  kNoTimestamp,       "k" + std::to_string(i), "value value value " + std::to_string(i),
              {}, TimestampType::none};
    if (i == 1) each.key = std::nullopt;
    all.push_back(each);
  }
  return all;
}

}  // namespace

TEST_CASE("snappy, lz4 and zstd of the Java client are read, in every format and from 0.8.2 on") {
  struct Vector {
    Compression codec;
    std::string_view hex;
    std::string_view gzip;  // the same records
  };
  const Vector vectors[] = {
      {Compression::snappy, java::kV0Snappy, java::kV0Gzip}, {Compression::lz4, java::kV0Lz4, java::kV0Gzip},
      {Compression::snappy, java::kV1Snappy, java::kV1Gzip}, {Compression::lz4, java::kV1Lz4, java::kV1Gzip},
      {Compression::snappy, java::kV2Snappy, java::kV2Gzip}, {Compression::lz4, java::kV2Lz4, java::kV2Gzip},
      {Compression::zstd, java::kV2Zstd, java::kV2Gzip}};
  for (const Vector& vector : vectors) {
    const auto got = read_all(java::bytes(vector.hex));
    if (!codec_available(vector.codec)) {
      CHECK(got.error == Errc::unsupported_codec);
      CHECK(got.error.message().find(codec_name(vector.codec)) != std::string::npos);
      continue;
    }
    INFO(vector.hex << got.error.message());
    CHECK_FALSE(got.error);
    CHECK(got.records == read_all(java::bytes(vector.gzip)).records);
    CHECK(got.batches.at(0).codec == vector.codec);
  }
  if (codec_available(Compression::snappy)) CHECK(read_all(java::bytes(java::kOldSnappy)).records == old_records());
  if (codec_available(Compression::lz4)) CHECK(read_all(java::bytes(java::kOldLz4)).records == old_records());
}

TEST_CASE("every byte of a stream with all that its format allows counts") {
  const std::pair<Compression, std::string_view> streams[] = {{Compression::lz4, tool::kLz4Linked},
                                                              {Compression::zstd, tool::kZstdStream}};
  for (const auto& [codec, hex] : streams) {
    if (!codec_available(codec)) continue;
    const std::string stream = java::bytes(hex);
    const Unpacked whole = unpacked(codec, stream);
    INFO(whole.error.message());
    CHECK_FALSE(whole.error);
    REQUIRE(whole.plain == tool::text());
    CHECK(whole.capacity < whole.plain.size() * 5 / 4 + 2000);  // the room for what might have come is given back
    CHECK(unpacked(codec, stream, whole.plain.size()).plain == whole.plain);
    check_refused(codec, stream, Errc::too_large, whole.plain.size() - 1);
    for (size_t at = 0; at < stream.size(); ++at) {
      INFO(at);
      std::string flipped = stream;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
      const Unpacked got = unpacked(codec, flipped);
      // A bit that nothing hangs on may flip: unused ones of zstd's window.
      CHECK((got.error == Errc::corrupt_message || got.plain == whole.plain));
      CHECK((got.error || codec == Compression::zstd));
    }
  }
}

TEST_CASE("every codec, level and size comes back as it went in") {
  for (const Compression codec : codecs()) {
    const Levels levels = codec_levels(codec);
    for (int level = levels.least; level <= levels.most; ++level) {
      INFO(codec_name(codec) << " " << level);
      for (const size_t size : {0, 1, 2, 17, 300, 65535, 65536, 65537, 150000}) {
        for (const std::string& plain : {std::string(size, '\0'), lines(size), noise(size)}) {
          const std::string stream = packed(codec, plain, level);
          CHECK(stream.size() <= size + size / 6 + 64);
          const Unpacked got = unpacked(codec, stream, size);
          REQUIRE_FALSE(got.error);
          REQUIRE(got.plain == plain);
        }
      }
    }
    for (const std::string& plain : {lines(10 * kMegabyte), noise(10 * kMegabyte)}) {
      REQUIRE(unpacked(codec, packed(codec, plain), plain.size()).plain == plain);
    }
  }
}

TEST_CASE("higher levels pack tighter") {
  const std::string plain = lines(200000);
  for (const Compression codec : codecs()) {
    if (codec == Compression::snappy) continue;
    CHECK(packed(codec, plain, codec_levels(codec).most).size() < packed(codec, plain, 1).size());
  }
}

TEST_CASE("a level out of range is an error that names the range, and snappy has none") {
  for (const Compression codec : codecs()) {
    const Levels levels = codec_levels(codec);
    for (const int level : {levels.least - 1, levels.most + 1, INT32_MIN, INT32_MAX}) {
      Buffer out;
      const Error error = compress(codec, level, "plain", out);
      CHECK(error == Errc::invalid_option);
      CHECK(error.message().find("-1 to " + std::to_string(levels.most)) != std::string::npos);
      CHECK(out.size() == 0);
    }
  }
  CHECK(codec_levels(Compression::snappy).most == kDefaultLevel);
}

TEST_CASE("B11: no codec decompresses beyond the cap, and the cap itself is allowed") {
  for (const Compression codec : codecs()) {
    const std::string bomb = packed(codec, std::string(10 * kMegabyte, '\0'));
    INFO(codec_name(codec) << " " << bomb.size());
    CHECK(unpacked(codec, bomb, 10 * kMegabyte).plain.size() == 10 * kMegabyte);
    for (const size_t cap : {size_t{0}, size_t{1}, size_t{1000}, size_t{65536}, 10 * kMegabyte - 1}) {
      check_refused(codec, bomb, Errc::too_large, cap);
    }
    // The second stream is what goes beyond it.
    const std::string plain(1000, 'x');
    if (codec != Compression::snappy) {
      const std::string two = packed(codec, plain) + packed(codec, plain);
      CHECK(unpacked(codec, two, 2000).plain.size() == 2000);
      check_refused(codec, two, Errc::too_large, 1999);
    }
  }
}

TEST_CASE("B12: several streams in a row are one, and every cut and all garbage is noticed") {
  const std::string plain = lines(3000);
  for (const Compression codec : codecs()) {
    INFO(codec_name(codec));
    const std::string one = packed(codec, plain);
    const std::string empty = packed(codec, "");
    if (codec != Compression::snappy) {
      CHECK(unpacked(codec, one + one).plain == plain + plain);
      CHECK(unpacked(codec, one + empty + one + empty).plain == plain + plain);
    }
    CHECK(unpacked(codec, empty).plain.empty());
    CHECK_FALSE(unpacked(codec, empty, 0).error);
    for (size_t cut = 0; cut < one.size(); ++cut) check_refused(codec, one.substr(0, cut), Errc::corrupt_message);
    check_refused(codec, one + "x", Errc::corrupt_message);
    check_refused(codec, one + "garbage that is long enough to be a header", Errc::corrupt_message);
    check_refused(codec, "", Errc::corrupt_message);
    check_refused(codec, std::string(100, '\xff'), Errc::corrupt_message);
  }
}

TEST_CASE("B12: no flipped bit of any codec crashes, loops or goes beyond the cap") {
  const std::string plain = lines(800) + noise(100) + std::string(600, 'x');
  const size_t cap = 4 * plain.size();
  for (const Compression codec : codecs()) {
    std::vector<std::string> streams = {packed(codec, plain)};
    if (codec == Compression::snappy) {
      streams.push_back(kXerialHeader + be32(static_cast<int32_t>(streams[0].size())) + streams[0]);
    }
    for (const std::string& stream : streams) {
      for (size_t bit = 0; bit < stream.size() * 8; ++bit) {
        std::string flipped = stream;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const Unpacked got = unpacked(codec, flipped, cap);
        CHECK(got.plain.size() <= cap);
        CHECK((!got.error || got.error == Errc::corrupt_message || got.error == Errc::too_large));
      }
    }
    // The contexts that failed are as good as new.
    CHECK(unpacked(codec, streams[0]).plain == plain);
  }
}

TEST_CASE("B12: random bytes behind the first ones of a stream") {
  Random random;
  const std::array<std::string, 5> starts = {"", "\x1f\x8b\x08"s, kXerialHeader, "\x04\x22\x4d\x18\x60\x40\x82"s,
                                             "\x28\xb5\x2f\xfd"s};
  for (const Compression codec : codecs()) {
    for (int round = 0; round < 10000; ++round) {
      std::string stream = starts[round % 2 == 0 ? 0 : static_cast<size_t>(codec)];
      const size_t size = random() % 60;
      for (size_t i = 0; i < size; ++i) stream += static_cast<char>(random() % 3 == 0 ? random() % 4 : random());
      const Unpacked got = unpacked(codec, stream, 100000);
      CHECK(got.plain.size() <= 100000);
      CHECK((!got.error || got.error == Errc::corrupt_message || got.error == Errc::too_large));
    }
  }
}

TEST_CASE("snappy is written as one raw block, and read in xerial's framing too") {
  if (!codec_available(Compression::snappy)) return;
  const auto codec = Compression::snappy;
  const std::string plain = lines(5000);
  const std::string raw = packed(codec, plain);
  CHECK(raw.substr(0, 2) == "\x88\x27"s);  // 5000, then the first element
  const std::string chunk = be32(static_cast<int32_t>(raw.size())) + raw;
  CHECK(unpacked(codec, kXerialHeader).plain.empty());
  CHECK(unpacked(codec, kXerialHeader + chunk).plain == plain);
  CHECK(unpacked(codec, kXerialHeader + chunk + chunk).plain == plain + plain);
  CHECK(unpacked(codec, kXerialHeader + chunk + kXerialHeader + chunk).plain == plain + plain);  // two streams
  CHECK(unpacked(codec, kXerialHeader + chunk + chunk, 10000).plain.size() == 10000);
  check_refused(codec, kXerialHeader + chunk + chunk, Errc::too_large, 9999);
  for (size_t cut = 1; cut < chunk.size(); ++cut) {
    check_refused(codec, kXerialHeader + chunk + chunk.substr(0, cut), Errc::corrupt_message);
  }
}

TEST_CASE("B12: xerial chunks of negative, zero and huge size, and later framings, are corrupt") {
  if (!codec_available(Compression::snappy)) return;
  const auto codec = Compression::snappy;
  for (const int32_t size : {-1, INT32_MIN, 0, 7, 1000, INT32_MAX}) {
    INFO(size);
    check_refused(codec, kXerialHeader + be32(size) + packed(codec, "abc"), Errc::corrupt_message);
  }
  std::string later = kXerialHeader;
  later[15] = '\2';
  check_refused(codec, later + be32(5) + packed(codec, "abc"), Errc::corrupt_message);
}

TEST_CASE("B11: a snappy block that claims more than it can hold takes no memory") {
  if (!codec_available(Compression::snappy)) return;
  const auto codec = Compression::snappy;
  const std::string four_gigabytes = "\xff\xff\xff\xff\x0f\x0c"s + "abcd";
  const std::string fifty_megabytes = "\x80\xe1\xeb\x17\x0c"s + "abcd";
  for (const std::string& block : {four_gigabytes, fifty_megabytes}) {
    const Unpacked got = unpacked(codec, block);
    CHECK(got.error == Errc::corrupt_message);
    CHECK(got.capacity < 4096);
    check_refused(codec, kXerialHeader + be32(static_cast<int32_t>(block.size())) + block, Errc::corrupt_message);
  }
}

TEST_CASE("B13: lz4 in a message set of magic 0 has the checksum that 0.8 and 0.9 expect; both are read") {
  if (!codec_available(Compression::lz4)) return;
  BatchBuilder builder;
  REQUIRE(builder.append(0, "k", "value") == Errc::none);
  Bytes sealed;
  REQUIRE_FALSE(builder.seal({.codec = Compression::lz4}, sealed));
  const std::string right = "\x04\x22\x4d\x18\x60\x40\x82"s;
  const std::string broken = "\x04\x22\x4d\x18\x60\x40\x1a"s;
  CHECK(sealed.view().substr(kBatchHeaderSize, 7) == right);
  for (const int8_t magic : {0, 1}) {
    Bytes set;
    REQUIRE_FALSE(to_message_set(sealed, magic, Compression::lz4, kDefaultLevel, set));
    const std::string& wanted = magic == 0 ? broken : right;
    CHECK(set.view().find(wanted) == (magic == 0 ? kMessageKeyAtV0 : kMessageKeyAtV1) + 8);
    // What the Java clients of those days write begins the same way.
    CHECK(java::bytes(magic == 0 ? java::kOldLz4 : java::kV1Lz4).find(wanted) != std::string::npos);
    CHECK(read_all(set.view()).records.size() == 1);
  }
  for (const int level : {kDefaultLevel, 12}) {
    std::string stream = packed(Compression::lz4, "plain", level);
    for (int checksum = 0; checksum < 256; ++checksum) {
      stream[6] = static_cast<char>(checksum);
      CHECK(unpacked(Compression::lz4, stream).plain == (checksum == 0x82 || checksum == 0x1a ? "plain" : ""));
    }
  }
}

TEST_CASE("B12: lz4 frames with impossible headers and blocks are corrupt") {
  if (!codec_available(Compression::lz4)) return;
  const auto codec = Compression::lz4;
  const std::string header = "\x04\x22\x4d\x18\x60\x40\x82"s;
  const std::string end(4, '\0');
  CHECK(unpacked(codec, header + le(0x80000003, 4) + "abc" + end).plain == "abc");
  CHECK(unpacked(codec, header + le(0x80000000, 4) + end).plain.empty());
  check_refused(codec, header + le(0x80000004, 4) + "abc" + end, Errc::corrupt_message);
  check_refused(codec, header + le(0xffffffff, 4) + "abc" + end, Errc::corrupt_message);
  check_refused(codec, header + le(0x80010001, 4) + std::string(65537, 'x') + end, Errc::corrupt_message);
  check_refused(codec, header + le(0x7fffffff, 4) + "abc" + end, Errc::corrupt_message);
  check_refused(codec, header + le(3, 4) + "\xf0\xff\xff"s + end, Errc::corrupt_message);
  // A match that reaches back beyond the beginning.
  check_refused(codec, header + le(9, 4) + "\x14"s + "a" + "\x50\x00"s + "\x50"s + "bcdef" + end,
                Errc::corrupt_message);
  // Empty blocks cost time in proportion to their bytes.
  std::string many = header;
  for (int i = 0; i < 100000; ++i) many += le(0x80000000, 4);
  CHECK(unpacked(codec, many + end).plain.empty());
  check_refused(codec, many, Errc::corrupt_message);
}

TEST_CASE("B11, B12: zstd frames that lie about sizes and windows") {
  if (!codec_available(Compression::zstd)) return;
  const auto codec = Compression::zstd;
  const std::string magic = "\x28\xb5\x2f\xfd"s;
  const std::string raw = le(3 << 3 | 1, 3) + "abc";
  const auto sized = [&](uint64_t size) { return magic + "\xe0"s + le(size, 8); };  // one segment, 8 bytes of size
  CHECK(unpacked(codec, sized(3) + raw).plain == "abc");
  for (const uint64_t lie : {uint64_t{0}, uint64_t{2}, uint64_t{4}, uint64_t{1} << 30, UINT64_MAX}) {
    INFO(lie);
    const Unpacked got = unpacked(codec, sized(lie) + raw);
    CHECK(got.error == Errc::corrupt_message);
    CHECK(got.capacity < 4096);
  }
  // The largest windows there are: nothing is allocated for them.
  for (const char window : {'\x50', '\xa8', '\xf8', '\xff'}) {
    const Unpacked got = unpacked(codec, magic + "\0"s + window + raw);
    CHECK((got.error == Errc::corrupt_message || got.plain == "abc"));
    CHECK(got.capacity < 4096);
  }
  // Every 4 bytes decompress to 128 KiB.
  std::string bomb = magic + "\0\x58"s;
  for (int i = 0; i < 10000; ++i) bomb += le(131072 << 3 | 1 << 1, 3) + "x";
  bomb += le(1, 3);
  check_refused(codec, bomb, Errc::too_large);
  check_refused(codec, bomb, Errc::too_large, 1000);
  // One that says that it is small.
  check_refused(codec, magic + "\xe0"s + le(10, 8) + bomb.substr(6), Errc::corrupt_message);
  // Blocks of nothing, frames of nothing, frames to skip.
  std::string idle = magic + "\0\x58"s;
  for (int i = 0; i < 100000; ++i) idle += le(0, 3);
  CHECK(unpacked(codec, idle + le(1, 3)).plain.empty());
  check_refused(codec, idle, Errc::corrupt_message);
  std::string frames;
  for (int i = 0; i < 10000; ++i) frames += sized(0) + le(1, 3);
  CHECK_FALSE(unpacked(codec, frames).error);
  const std::string skip = "\x53\x2a\x4d\x18"s + le(5, 4) + "12345";
  CHECK(unpacked(codec, skip + sized(3) + raw + skip).plain == "abc");
  check_refused(codec, "\x53\x2a\x4d\x18"s + le(0xffffffff, 4) + "12345", Errc::corrupt_message);
  check_refused(codec, magic + "\0\x58"s + le(3 << 1 | 1, 3), Errc::corrupt_message);        // a reserved kind
  check_refused(codec, magic + "\x03\x58"s + le(77, 4) + raw, Errc::corrupt_message);        // a dictionary
  check_refused(codec, "\x27\xb5\x2f\xfd\x24\x03\x01\0\0"s + "abc", Errc::corrupt_message);  // an early format
}

TEST_CASE("batches in every codec are read back, and stay small in memory") {
  for (const Compression codec : codecs()) {
    BatchBuilder builder;
    const std::string value = lines(300);
    for (int i = 0; i < 300; ++i) REQUIRE(builder.append(1000 + i, {}, value) == Errc::none);
    const size_t plain = builder.size();
    Bytes sealed;
    REQUIRE_FALSE(builder.seal({.codec = codec}, sealed));
    CHECK(sealed.size() < plain / 4);
    CHECK(sealed.block()->capacity < plain / 3);
    const auto got = read_all(sealed.view());
    CHECK_FALSE(got.error);
    REQUIRE(got.records.size() == 300);
    CHECK(got.records[299].value == value);
    for (const int8_t magic : {0, 1}) {
      Bytes set;
      REQUIRE_FALSE(to_message_set(sealed, magic, codec, kDefaultLevel, set));
      CHECK(read_all(set.view()).records.size() == 300);
    }
  }
}

TEST_CASE("A20: a large stream is decompressed step by step, and its blocks are counted") {
  const std::string plain = lines(30'000'000);
  for (const Compression codec : codecs()) {
    CAPTURE(codec_name(codec));
    const std::string stream = packed(codec, plain);
    std::unique_ptr<Decompression> steps;
    REQUIRE_FALSE(begin_decompression(codec, stream, kDefaultMaxDecompressed, steps));
    Buffer out;
    int count = 0;
    for (bool done = false; !done; ++count) REQUIRE_FALSE(steps->step(1'000'000, out, done));
    CHECK(count >= 25);
    CHECK(out.view() == plain);
  }
  // Streams of empty blocks, which would be walked for long before the first byte comes.
  std::string many;
  if (codec_available(Compression::lz4)) {
    std::string frame = packed(Compression::lz4, "");
    REQUIRE(frame.size() == 11);
    for (size_t i = 0; i <= kMostBlocks; ++i) many += frame;
    check_refused(Compression::lz4, many, Errc::corrupt_message);
  }
  if (codec_available(Compression::snappy)) {
    many = kXerialHeader;
    const std::string chunk = be32(1) + std::string(1, '\0');
    for (size_t i = 0; i <= kMostBlocks; ++i) many += chunk;
    check_refused(Compression::snappy, many, Errc::corrupt_message);
  }
  if (codec_available(Compression::zstd)) {
    // A frame with a window of 1 KiB and raw blocks of no bytes.
    many = le(0xFD2FB528, 4) + le(0, 2);
    for (size_t i = 0; i <= kMostBlocks; ++i) many += le(0, 3);
    many += le(1, 3);
    check_refused(Compression::zstd, many, Errc::corrupt_message);
  }
}

TEST_CASE("loops on several threads do not meet in a codec") {
  std::vector<std::thread> threads;
  std::array<int, 4> good{};
  for (size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        for (const Compression codec : codecs()) {
          const std::string plain(1000 * (t + 1) + static_cast<size_t>(round), static_cast<char>('a' + t));
          Buffer stream;
          Buffer back;
          const int level = codec == Compression::snappy ? kDefaultLevel : 1 + (round + static_cast<int>(t)) % 9;
          const bool done = !compress(codec, level, plain, stream) &&
                            !decompress(codec, stream.view(), plain.size(), back) && back.view() == plain;
          if (done) ++good[t];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int each : good) CHECK(each == 50 * static_cast<int>(codecs().size()));
}
