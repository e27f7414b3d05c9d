// TLS as bytes in, bytes out: an engine for one connection, and the context that makes engines for a session.
// Implementations: OpenSSL's (tls_context.cpp, tls_openssl_engine.cpp), tls_none.cpp in a build without it, and a fake
// one of the tests. Not here: sockets and turns of the loop (tls_stream).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace kafka::net {

struct TlsSettings;

/// One end of one connection. It knows no socket: the caller carries the bytes.
class TlsEngine {
 public:
  enum class Step : uint8_t {
    done,         ///< the handshake is over; or: everything was done that was asked for
    wants_input,  ///< nothing more can be done before the peer has sent more
    ended,        ///< the peer has said that nothing follows
    failed,       ///< error() says why; nothing but take_output(), which may hold an alert, makes sense any more
  };

  virtual ~TlsEngine() = default;

  /// What the peer has sent. The caller keeps the memory until unread() is empty, or until the next feed().
  virtual void feed(std::string_view sealed) = 0;
  /// What of it was not looked at yet: later bytes belong behind it.
  virtual std::string_view unread() const = 0;
  virtual Step handshake() = 0;
  /// Opens as much as fits; `count` says how much that is, whatever the step. `done`: `to` is full.
  virtual Step read(std::span<char> to, size_t& count) = 0;
  /// Whether opened bytes wait for read().
  virtual bool holds_plain() const = 0;
  /// So many plain bytes will be sealed before the next take_output().
  virtual void expect(size_t plain) = 0;
  /// Seals all of `plain`, in records of at most 16 KiB: done or failed.
  virtual Step seal(std::string_view plain) = 0;
  /// Tells the peer that nothing follows.
  virtual void end() = 0;
  /// What must be sent to the peer, in order. Handshakes, reading and the end leave something, too.
  virtual Bytes take_output() = 0;
  /// Why it failed: ssl_error.
  virtual const Error& error() const = 0;
};

/// The certificates, keys and choices of a session. Open connections do not need it any more.
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  /// For a connection to `host`, the name that a certificate must be for. Certificates must be valid at
  /// `wall_clock_ms`.
  virtual std::unique_ptr<TlsEngine> client(std::string_view host, int64_t wall_clock_ms) const = 0;
  /// For an accepted connection.
  virtual std::unique_ptr<TlsEngine> server(int64_t wall_clock_ms) const = 0;
};

/// Reads every file that the settings name. Null with invalid_option, which names the option, the file and what is
/// wrong with it; unsupported_feature in a build without TLS.
std::shared_ptr<const TlsContext> make_tls_context(const TlsSettings& settings, Error& error);
/// Whether this build has TLS.
bool tls_available();

}  // namespace kafka::net
