#include "fake_tls.hpp"

#include <algorithm>
#include <utility>

namespace kafka::sim {
namespace {

using Step = net::TlsEngine::Step;

enum class RecordKind : uint8_t { hello = 'h', finished = 'f', data = 'd', ticket = 't', alert = 'a', end = 'e' };

// A record: its kind, its size in 4 bytes, its number in the stream in 4, a checksum in 4, and the bytes, scrambled.
constexpr size_t kHead = 13;
constexpr size_t kLargestTicket = 300;

void put(std::string& to, size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(number >> shift));
}
size_t get(std::string_view from) {
  size_t number = 0;
  for (const char byte : from.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}
size_t checksum(std::string_view text) {
  uint32_t sum = 2166136261u;
  for (const char byte : text) sum = (sum ^ static_cast<unsigned char>(byte)) * 16777619u;
  return sum;
}
std::string scrambled(std::string_view text) {
  std::string other(text);
  for (char& byte : other) byte = static_cast<char>(byte ^ 0x5a);
  return other;
}

struct Record {
  RecordKind kind = RecordKind::data;
  size_t number = 0;
  bool sound = false;
  std::string plain;
};

// Takes the first record from `bytes`; false if it is not whole.
bool take(std::string& bytes, Record& record) {
  if (bytes.size() < kHead) return false;
  const size_t size = get(std::string_view(bytes).substr(1));
  if (bytes.size() < kHead + size) return false;
  record.kind = static_cast<RecordKind>(bytes.front());
  record.number = get(std::string_view(bytes).substr(5));
  record.plain = scrambled(std::string_view(bytes).substr(kHead, size));
  record.sound = checksum(record.plain) == get(std::string_view(bytes).substr(9));
  bytes.erase(0, kHead + size);
  return true;
}

class FakeEngine final : public net::TlsEngine {
 public:
  FakeEngine(const FakeTls& tls, bool client) : tls_(tls), client_(client) {}

  void feed(std::string_view sealed) override { fed_ = sealed; }
  std::string_view unread() const override { return fed_; }

  Step handshake() override {
    if (client_ && !std::exchange(greeted_, true)) add(RecordKind::hello, filler(tls_.settings().largest_hello));
    Record record;
    while (next(record)) {
      if (record.kind == RecordKind::hello && client_) {
        add(RecordKind::finished, filler(100));
        return Step::done;
      }
      if (record.kind == RecordKind::hello) {
        add(RecordKind::hello, filler(tls_.settings().largest_hello));
      } else if (record.kind == RecordKind::finished && !client_) {
        if (tls_.random().percent(tls_.settings().tickets_percent)) add_ticket();
        return Step::done;
      } else {
        return fail("a record of another kind during the handshake");
      }
    }
    return failed_ ? Step::failed : Step::wants_input;
  }

  Step read(std::span<char> to, size_t& count) override {
    count = 0;
    for (;;) {
      const size_t part = std::min(plain_.size(), to.size() - count);
      std::copy_n(plain_.begin(), part, to.data() + count);
      plain_.erase(0, part);
      count += part;
      if (count == to.size()) return Step::done;
      Record record;
      if (ended_) return Step::ended;
      if (!next(record)) return failed_ ? Step::failed : Step::wants_input;
      switch (record.kind) {
        case RecordKind::data:
          opened_ = true;
          plain_ = std::move(record.plain);
          break;
        case RecordKind::ticket:
          break;
        case RecordKind::end:
          ended_ = true;
          break;
        case RecordKind::alert:
          return fail("the peer has sent an alert");
        default:
          return disorder("a record of the handshake behind it");
      }
    }
  }

  bool holds_plain() const override { return !plain_.empty(); }
  void expect(size_t) override {}

  Step seal(std::string_view plain) override {
    // Earlier it would be a refusal of whoever connects.
    if (sealed_ && opened_ && tls_.random().integer(0, 999) < tls_.settings().alerts_per_mille) {
      add(RecordKind::alert, "");
      return fail("an alert of our own");
    }
    while (!plain.empty()) {
      if (!client_ && tls_.random().integer(0, 9999) < tls_.settings().tickets_percent) add_ticket();
      const auto most = static_cast<int64_t>(std::min(plain.size(), tls_.settings().largest_record));
      const auto size = static_cast<size_t>(tls_.random().between(1, most));
      add(RecordKind::data, plain.substr(0, size));
      plain.remove_prefix(size);
      sealed_ = true;
    }
    return Step::done;
  }

  void end() override {
    if (!tls_.random().percent(tls_.settings().silent_ends_percent)) add(RecordKind::end, "");
  }
  Bytes take_output() override { return Bytes::copy(std::exchange(output_, {})); }
  const Error& error() const override { return error_; }

 private:
  std::string filler(size_t most) {
    return std::string(static_cast<size_t>(tls_.random().between(0, static_cast<int64_t>(most))), 'x');
  }
  void add_ticket() { add(RecordKind::ticket, filler(kLargestTicket)); }
  void add(RecordKind kind, std::string_view plain) {
    output_.push_back(static_cast<char>(kind));
    put(output_, plain.size());
    put(output_, written_++);
    put(output_, checksum(plain));
    output_ += scrambled(plain);
  }

  // One record at a time: what is behind it stays unread.
  bool next(Record& record) {
    if (failed_) return false;
    const auto want = [this](size_t size) {
      const size_t part = std::min(size - std::min(size, partial_.size()), fed_.size());
      partial_.append(fed_.substr(0, part));
      fed_.remove_prefix(part);
      return partial_.size() >= size;
    };
    if (!want(kHead) || !want(kHead + get(std::string_view(partial_).substr(1)))) return false;
    take(partial_, record);
    if (record.number == read_++ && record.sound) return true;
    disorder("record " + std::to_string(record.number) + " in place of " + std::to_string(read_ - 1) +
             (record.sound ? "" : ", with other bytes"));
    return false;
  }

  Step disorder(const std::string& what) {
    if (tls_.on_disorder) tls_.on_disorder(what);
    return fail(what);
  }
  Step fail(const std::string& why) {
    failed_ = true;
    error_ = Error(Errc::ssl_error, why);
    return Step::failed;
  }

  const FakeTls& tls_;
  const bool client_;
  bool greeted_ = false, sealed_ = false, opened_ = false, ended_ = false, failed_ = false;
  size_t written_ = 0, read_ = 0;  // records
  std::string_view fed_;
  std::string partial_, plain_, output_;
  Error error_;
};

}  // namespace

std::unique_ptr<net::TlsEngine> FakeTls::client(std::string_view, int64_t) const {
  return std::make_unique<FakeEngine>(*this, true);
}
std::unique_ptr<net::TlsEngine> FakeTls::server(int64_t) const { return std::make_unique<FakeEngine>(*this, false); }

std::string FakeTlsTap::open(std::string_view sealed) {
  rest_ += sealed;
  std::string plain;
  for (Record record; take(rest_, record);) {
    if (record.kind == RecordKind::data) plain += record.plain;
  }
  return plain;
}

}  // namespace kafka::sim
