// Ring, backoff, murmur2, CRC-32C and the log.
#include <memory>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/crc32c.hpp"
#include "base/log.hpp"
#include "base/murmur2.hpp"
#include "base/ring.hpp"
#include "catch.hpp"

using namespace kafka;
using namespace std::chrono_literals;

TEST_CASE("a ring gives elements back in the order they came, through growth and wrap-around") {
  Ring<std::unique_ptr<int>> ring;
  int in = 0;
  int out = 0;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < round % 17; ++i) ring.push_back(std::make_unique<int>(in++));
    for (int i = 0; i < round % 13 && !ring.empty(); ++i) REQUIRE(*ring.pop_front() == out++);
    REQUIRE(ring.size() == static_cast<size_t>(in - out));
    for (size_t i = 0; i < ring.size(); ++i) REQUIRE(*ring[i] == out + static_cast<int>(i));
  }
  REQUIRE_FALSE(ring.empty());
  CHECK(*ring.back() == in - 1);
  while (!ring.empty()) REQUIRE(*ring.pop_front() == out++);
  CHECK(out == in);
}

TEST_CASE("a ring takes an element back to the front, and one of its own elements when it must grow") {
  Ring<std::string> ring;
  for (int i = 0; i < 8; ++i) ring.push_back("a string that is too long to be kept inline " + std::to_string(i));
  REQUIRE(ring.size() == ring.capacity());
  ring.emplace_back(ring[3]);
  CHECK(ring.back() == ring[3]);
  ring.push_front("first");
  CHECK(ring.front() == "first");
  CHECK(ring.pop_front() == "first");
  CHECK(ring.front().back() == '0');
}

TEST_CASE("a ring frees what it holds when it is moved over or destroyed") {
  auto counted = std::make_shared<int>(0);
  Ring<std::shared_ptr<int>> ring;
  for (int i = 0; i < 20; ++i) ring.push_back(counted);
  Ring<std::shared_ptr<int>> other;
  other.push_back(counted);
  other = std::move(ring);
  CHECK(counted.use_count() == 21);
  CHECK(other.size() == 20);
  other.clear();
  CHECK(counted.use_count() == 1);
}

TEST_CASE("backoff doubles from its smallest to its largest pause, within 20 % of jitter") {
  const uint64_t low = 0;     // -20 %
  const uint64_t high = 400;  // +20 %
  const auto pause = [](uint32_t failures, uint64_t random) { return Backoff::at(failures, 100ms, 1s, random); };
  CHECK(pause(0, low) == 80ms);
  CHECK(pause(1, high) == 240ms);
  CHECK(pause(2, low) == 320ms);
  CHECK(pause(3, high) == 960ms);
  for (uint32_t failures = 4; failures < 100; ++failures) {
    CHECK(pause(failures, low) == 800ms);
    CHECK(pause(failures, high) == 1200ms);
  }
  CHECK(pause(0, 200) == 100ms);
}

TEST_CASE("backoff stays in its range for every random number and every length") {
  uint64_t random = 88172645463325252u;
  for (uint32_t failures = 0; failures < 200; ++failures) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    const auto pause = Backoff::at(failures, 50ms, 10s, random);
    CHECK(pause >= 40ms);
    CHECK(pause <= 12s);
  }
  CHECK(Backoff::at(1000, 1h, std::chrono::nanoseconds::max(), ~uint64_t{0}) > 0ns);
  CHECK(Backoff::at(3, 0ms, 0ms, 400) == 0ns);
  CHECK(Backoff::at(0, 2s, 1s, 200) == 2s);
}

TEST_CASE("murmur2 hashes as the Java client does") {
  const std::pair<std::string, int32_t> vectors[] = {
      {"", 275646681},
      {"a", -1563381124},
      {"ab", 316155434},
      {"abc", 479470107},
      {"abcd", -1323649548},
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"z\xc3\xbcrich", 1564393856},
      {"\xff\xfe\xfd\xfc\xfb\xfa", -1374838545},
  };
  for (const auto& [key, hash] : vectors) CHECK(static_cast<int32_t>(murmur2(key)) == hash);
  uint32_t folded = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string key(static_cast<size_t>(i % 40), '\0');
    for (size_t j = 0; j < key.size(); ++j) key[j] = static_cast<char>(i * 31 + static_cast<int>(j) * 7);
    folded = folded * 31 + murmur2(key);
  }
  CHECK(static_cast<int32_t>(folded) == -2111514749);
}

TEST_CASE("CRC-32C has its published value and can be continued") {
  CHECK(crc32c("123456789") == 0xE3069283u);
  CHECK(crc32c("") == 0);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAu);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43u);
  CHECK(crc32c("6789", crc32c("12345")) == 0xE3069283u);
  CHECK(crc32c_joined(crc32c("12345"), crc32c("6789"), 4) == 0xE3069283u);
  CHECK(crc32c_joined(crc32c(""), crc32c("123456789"), 9) == 0xE3069283u);
  CHECK(crc32c_joined(crc32c("123456789"), crc32c(""), 0) == 0xE3069283u);
}

TEST_CASE("CRC-32C is the same by tables and by instruction at every length and alignment") {
  if (!crc32c_has_hardware()) SUCCEED("this CPU has no instruction for it");
  std::string bytes(20000, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const std::string_view all = bytes;
  for (size_t size = 0; size < 1000; ++size) {
    const std::string_view part = all.substr(size % 13, size);
    REQUIRE(crc32c_hardware(part) == crc32c_portable(part));
  }
  for (size_t size = 1000; size < all.size() - 20; size += 37) {
    const std::string_view part = all.substr(size % 17, size);
    REQUIRE(crc32c_hardware(part, static_cast<uint32_t>(size)) == crc32c_portable(part, static_cast<uint32_t>(size)));
  }
}

namespace {

struct Lines {
  std::vector<std::string> all;
  LogSink sink() {
    return [this](LogLevel level, std::string_view text) {
      all.push_back(std::string(to_string(level)) + " " + std::string(text));
    };
  }
};

}  // namespace

TEST_CASE("a log passes lines of its level and above to the sink") {
  Lines lines;
  Log log;
  CHECK_FALSE(log.enabled(LogLevel::info));
  CHECK(log.enabled(LogLevel::warning));
  log.set(LogLevel::info, lines.sink());
  log.line(LogLevel::debug, "no");
  log.line(LogLevel::info, "yes");
  log.line(LogLevel::error, "yes\nas one line");
  log.line(LogLevel::off, "never");
  CHECK(lines.all == std::vector<std::string>{"info yes", "error yes\\nas one line"});
  log.set(LogLevel::off, lines.sink());
  log.line(LogLevel::error, "no");
  CHECK(lines.all.size() == 2);
}

TEST_CASE("a state is logged when it changes, with the count of what was not said") {
  Lines lines;
  Log log;
  log.set(LogLevel::info, lines.sink());
  for (int i = 0; i < 5; ++i) log.state(LogLevel::warning, "broker 1", "refused");
  log.state(LogLevel::warning, "broker 2", "refused");
  log.state(LogLevel::info, "broker 1", "connected");
  log.state(LogLevel::debug, "broker 2", "connected");
  log.state(LogLevel::warning, "broker 2", "refused");
  CHECK(lines.all == std::vector<std::string>{"warning broker 1: refused", "warning broker 2: refused",
                                              "warning broker 1: refused (4 more times)", "info broker 1: connected",
                                              "warning broker 2: refused"});
}

TEST_CASE("a log does not remember more states than its limit") {
  Lines lines;
  Log log;
  log.set(LogLevel::info, lines.sink());
  for (size_t i = 0; i < 3 * Log::kMaxStates; ++i) log.state(LogLevel::info, std::to_string(i), "seen");
  CHECK(lines.all.size() == 3 * Log::kMaxStates);
}

TEST_CASE("a sink may replace itself and may log nothing from inside itself") {
  Lines lines;
  Log log;
  int calls = 0;
  log.set(LogLevel::info, [&](LogLevel, std::string_view) {
    ++calls;
    log.line(LogLevel::error, "from inside");
    log.set(LogLevel::info, lines.sink());
  });
  log.line(LogLevel::info, "one");
  log.line(LogLevel::info, "two");
  CHECK(calls == 1);
  CHECK(lines.all == std::vector<std::string>{"info two"});
}
