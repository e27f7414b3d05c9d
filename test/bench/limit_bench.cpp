// The limit: records encoded into batches, a CRC-32C over each, and one write() of it to a loopback socket that another
// process reads. No broker, no answers, no bookkeeping; whatever a producer costs above this is its own cost.
//
//   limit_bench -n MESSAGES [-s SIZE]                    batches of up to 1,000,000 bytes
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "base/crc32c.hpp"
#include "measure.hpp"

namespace {

constexpr size_t kBatchBytes = 1000000;
constexpr size_t kHeaderBytes = 61;
constexpr size_t kRecordOverhead = 24;  ///< the most, without key and headers
constexpr size_t kCrcFrom = 21;         ///< of a batch v2: what lies before it is not covered

void check(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::exit(1);
}

char* put_varint(char* at, int64_t value) {
  auto bits = static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
  for (; bits > 127; bits >>= 7) *at++ = static_cast<char>(bits | 128);
  *at++ = static_cast<char>(bits);
  return at;
}

size_t varint_size(int64_t value) {
  char scratch[10];
  return static_cast<size_t>(put_varint(scratch, value) - scratch);
}

// attributes, timestamp delta, offset delta, no key, the value, no headers.
char* put_record(char* at, int64_t offset, const std::string& value) {
  const auto size = static_cast<int64_t>(value.size());
  at = put_varint(at, static_cast<int64_t>(1 + 1 + varint_size(offset) + 1 + varint_size(size) + value.size() + 1));
  *at++ = 0;
  *at++ = 0;
  at = put_varint(at, offset);
  at = put_varint(at, -1);
  at = put_varint(at, size);
  std::memcpy(at, value.data(), value.size());
  at += value.size();
  *at++ = 0;
  return at;
}

/// One end of a connection. A child process reads the other end until it is closed.
int connect_to_reader() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  check(bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0, "bind");
  check(listen(listener, 1) == 0, "listen");
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  const pid_t child = fork();
  check(child >= 0, "fork");
  if (child == 0) {
    const int from = accept(listener, nullptr, nullptr);
    std::vector<char> into(1 << 20);
    while (read(from, into.data(), into.size()) > 0) {
    }
    _exit(0);
  }
  const int to = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(to, reinterpret_cast<sockaddr*>(&address), length) == 0, "connect");
  close(listener);
  return to;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> all(argv, argv + argc);
  all.insert(all.begin() + 1, const_cast<char*>("limit"));
  const bench::Arguments arguments = bench::Arguments::parse(static_cast<int>(all.size()), all.data());
  std::vector<std::string> values;
  for (size_t i = 0; i < bench::kValues; ++i) values.push_back(bench::make_value(arguments.size, i));
  const int to = connect_to_reader();
  std::vector<char> batch(kBatchBytes + kHeaderBytes);
  std::memset(batch.data(), 0, batch.size());
  bench::Measure measure;
  measure.begin();
  size_t next = 0;
  while (measure.messages < arguments.messages) {
    char* at = batch.data() + kHeaderBytes;
    char* const full = batch.data() + batch.size() - kRecordOverhead - static_cast<size_t>(arguments.size);
    for (int64_t offset = 0; at <= full && measure.messages < arguments.messages; ++offset, ++measure.messages) {
      at = put_record(at, offset, values[next]);
      if (++next == values.size()) next = 0;
    }
    const auto size = static_cast<size_t>(at - batch.data());
    const uint32_t crc = kafka::crc32c({batch.data() + kCrcFrom, size - kCrcFrom});
    std::memcpy(batch.data() + kCrcFrom - sizeof crc, &crc, sizeof crc);
    for (size_t written = 0; written < size;) {
      const ssize_t count = write(to, batch.data() + written, size - written);
      check(count > 0, "write");
      written += static_cast<size_t>(count);
    }
  }
  measure.end();
  measure.print();
  close(to);
  wait(nullptr);
  return 0;
}
