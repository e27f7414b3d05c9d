// TLS. Input: what it is about. A connection of two engines, whose bytes are cut and changed on their way: what arrives
// is the beginning of what was sent, and nothing else, and an untouched connection carries everything. Or certificates
// and keys, as PEM text or as a file of PKCS#12: they make a context, or an error that does not show them.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "input.hpp"
#include "net/tls_engine.hpp"
#include "net/tls_settings.hpp"
#include "target.hpp"
#include "tls/certificates.hpp"

using namespace kafka;
using net::TlsEngine;
using Step = net::TlsEngine::Step;

namespace {

constexpr size_t kOpenSsl = size_t{4} << 20;  // what two contexts and their first errors take
constexpr size_t kChanges = 8;
constexpr size_t kSent = 40'000;  // bytes of each side: three records
constexpr uint8_t kKinds = 4;
constexpr const char* kPassword = "hunter2";

enum class What : uint8_t { connection, authority, identity, keystore };

std::shared_ptr<const net::TlsContext> context(const net::TlsSettings& settings) {
  Error error;
  auto made = net::make_tls_context(settings, error);
  if (!made) fuzz::expect(error == Errc::invalid_option, "another error than documented");
  fuzz::expect(error.message().find("PRIVATE KEY-----") == std::string::npos, "a key is in the error");
  return made;
}

/// Made once: they cost more than a run.
struct Fixed {
  test::Authority authority{"authority"};
  test::Identity identity = authority.issue({});
  std::string store = test::pkcs12(identity, authority.certificate(), kPassword);
  std::shared_ptr<const net::TlsContext> client, server;
  int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::string file = "/tmp/uvkafka-fuzz-" + std::to_string(getpid()) + ".p12";

  Fixed() {
    net::TlsSettings settings;
    settings.trust.pem = authority.certificate();
    client = context(settings);
    settings = {};
    settings.trust.verify = false;
    settings.identity.certificate_pem = identity.certificate;
    settings.identity.key_pem = Secret(identity.key);
    server = context(settings);
    fuzz::expect(client && server, "no context");
  }
  ~Fixed() { std::remove(file.c_str()); }
};

const Fixed& fixed() {
  static const Fixed made;
  return made;
}

/// One end of a connection. It sends `kSent` bytes as soon as it may.
struct End {
  std::unique_ptr<TlsEngine> engine;
  char fill;
  std::string received = {};
  bool open = false, over = false;

  void advance() {
    if (over) return;
    if (!open) {
      const Step step = engine->handshake();
      over = step == Step::failed || step == Step::ended;
      open = step == Step::done;
      if (!open) return;
      over = engine->seal(std::string(kSent, fill)) == Step::failed;
    }
    Step step = Step::done;
    while (!over && step == Step::done) {
      std::array<char, 5000> room;
      size_t count = 0;
      step = engine->read(room, count);
      received.append(room.data(), count);
      over = step == Step::failed || step == Step::ended;
    }
  }
};

struct Change {
  size_t at;
  uint8_t bits;
};

/// Carries bytes to one end: in pieces, some of them changed.
class Way {
 public:
  Way(End& from, End& to, size_t piece, std::array<Change, kChanges> changes)
      : from_(from), to_(to), piece_(piece), changes_(changes) {}
  bool carry() {
    waiting_ += from_.engine->take_output().view();
    if (waiting_.empty() || to_.over) return false;
    std::string piece = waiting_.substr(0, piece_);
    waiting_.erase(0, piece.size());
    for (const Change& change : changes_) {
      if (change.at < carried_ || change.at >= carried_ + piece.size()) continue;
      piece[change.at - carried_] = static_cast<char>(piece[change.at - carried_] ^ change.bits);
    }
    carried_ += piece.size();
    to_.engine->feed(piece);
    to_.advance();
    to_.engine->feed({});
    return true;
  }

 private:
  End& from_;
  End& to_;
  size_t piece_;
  std::array<Change, kChanges> changes_;
  std::string waiting_;
  size_t carried_ = 0;
};

void connect(fuzz::Input& input) {
  End client{fixed().client->client("localhost", fixed().now), 'c'};
  End server{fixed().server->server(fixed().now), 's'};
  bool touched = false;
  const auto way = [&](End& from, End& to) {
    const size_t piece = 1 + input.number(2) % 20'000;
    std::array<Change, kChanges> changes{};
    const size_t count = input.up_to(kChanges);
    for (size_t i = 0; i < count; ++i) {
      changes[i] = {.at = input.number(2), .bits = input.byte()};
      touched = touched || changes[i].bits != 0;
    }
    return Way(from, to, piece, changes);
  };
  Way there = way(client, server), back = way(server, client);
  client.advance();
  for (bool moved = true; moved;) {
    moved = there.carry();
    moved = back.carry() || moved;
  }
  fuzz::expect(client.received == std::string(client.received.size(), 's'), "the client got what nobody has sent");
  fuzz::expect(server.received == std::string(server.received.size(), 'c'), "the server got what nobody has sent");
  fuzz::expect(client.received.size() <= kSent && server.received.size() <= kSent, "more arrived than was sent");
  const bool all = client.received.size() == kSent && server.received.size() == kSent;
  fuzz::expect(touched || all, "an untouched connection has lost something");
}

void trust(std::string_view pem) {
  net::TlsSettings settings;
  settings.trust.pem = pem;
  context(settings);
}

void identify(fuzz::Input& input) {
  net::TlsSettings settings;
  settings.trust.verify = false;
  settings.identity.certificate_pem = input.take(input.number(2));
  settings.identity.key_pem = Secret(input.rest());
  settings.identity.key_password = Secret(kPassword);
  context(settings);
}

void open_store(std::string_view bytes) {
  std::FILE* const file = std::fopen(fixed().file.c_str(), "wb");
  if (file == nullptr) fuzz::broken("the scratch file cannot be written");
  std::fwrite(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  net::TlsSettings settings;
  settings.trust.verify = false;
  settings.identity.keystore_location = fixed().file;
  settings.identity.keystore_password = Secret(kPassword);
  context(settings);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fixed();
  fuzz::Input input(data, size);
  const auto what = static_cast<What>(input.byte() % kKinds);
  fuzz::Watch watch(size);
  watch.forgive(kOpenSsl);
  switch (what) {
    case What::connection:
      connect(input);
      break;
    case What::authority:
      trust(input.rest());
      break;
    case What::identity:
      identify(input);
      break;
    case What::keystore:
      open_store(input.rest());
      break;
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  const auto kind = static_cast<uint8_t>(seed % kKinds);
  const auto two = [](size_t number) {
    return std::string{static_cast<char>(number >> 8 & 255), static_cast<char>(number & 255)};
  };
  std::string all(1, static_cast<char>(kind));
  switch (static_cast<What>(kind)) {
    case What::connection:
      // Every second one is untouched.
      all += two(seed * 7919 % 20'000);
      all += seed % 8 == 0 ? "" : std::string("\x01", 1) + two(seed * 31 % 4000) + "\x10";
      break;
    case What::authority:
      all += fixed().authority.certificate();
      break;
    case What::identity:
      all += two(fixed().identity.certificate.size()) + fixed().identity.certificate + fixed().identity.key;
      break;
    case What::keystore:
      all += fixed().store;
      break;
  }
  if (all.size() > most) return 0;
  std::memcpy(data, all.data(), all.size());
  return all.size();
}
