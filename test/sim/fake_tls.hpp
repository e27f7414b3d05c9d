// TLS without secrets, in place of OpenSSL's: everything of it that concerns whoever carries the bytes, drawn from a
// seed. Records of any size, tickets between them, alerts, and ends with and without a word. A record knows its place
// in the stream, so bytes that were lost, doubled or exchanged on the way are found at once. Not here: certificates,
// and what OpenSSL makes of a peer that is no TLS (tls_stream_test.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_engine.hpp"
#include "random/random.hpp"

namespace kafka::sim {

struct FakeTlsSettings {
  size_t largest_record = 16384;  ///< of plain bytes; each record draws its size
  size_t largest_hello = 4000;    ///< of a handshake message, certificates included
  int tickets_percent = 50;       ///< of the accepted connections; and a hundredth of it before later records
  int silent_ends_percent = 0;    ///< of the ends: the peer gets no word of it
  int alerts_per_mille = 0;       ///< of what is sealed: the engine fails instead, and tells the peer
};

/// Makes engines. Outlives them.
class FakeTls final : public net::TlsContext {
 public:
  explicit FakeTls(uint64_t seed, FakeTlsSettings settings = {}) : settings_(settings), random_(seed, 16) {}
  std::unique_ptr<net::TlsEngine> client(std::string_view host, int64_t wall_clock_ms) const override;
  std::unique_ptr<net::TlsEngine> server(int64_t wall_clock_ms) const override;

  /// Records came in another order, or not as they were sealed.
  std::function<void(const std::string&)> on_disorder;

  /// No engine sends an alert of its own any more.
  void heal() noexcept { settings_.alerts_per_mille = 0; }
  const FakeTlsSettings& settings() const noexcept { return settings_; }
  Random& random() const noexcept { return random_; }

 private:
  FakeTlsSettings settings_;
  mutable Random random_;
};

/// What is in the records of one direction of a connection, for those who look on.
class FakeTlsTap {
 public:
  /// The plain bytes that end in these sealed ones.
  std::string open(std::string_view sealed);

 private:
  std::string rest_;
};

}  // namespace kafka::sim
