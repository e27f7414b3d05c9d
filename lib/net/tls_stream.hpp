// A stream around a stream, with TLS between them. Its owner sees an ordinary stream, which is connected once the
// handshake has passed and the peer's certificate was verified.
// Not here: what TLS does (tls_engine), sockets (uv_stream).
#pragma once

#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "net/reactor.hpp"
#include "net/tls_engine.hpp"
#include "net/tls_outbox.hpp"

namespace kafka::net {

/// Errors beyond those of every stream: ssl_error if the handshake failed, or if the peer refused this end before it
/// sent anything (with TLS 1.3 that refusal of a client's certificate comes behind the handshake); protocol_error if
/// what came later could not be opened. An end without close_notify is an end like any other: every request is framed,
/// so nothing can be cut off unnoticed.
class TlsStream final : public Stream, private StreamHandler {
 public:
  /// How much may be sealed and not yet taken by the kernel. It also bounds what one turn of the loop seals.
  static constexpr size_t kSealedAhead = 256 * 1024;
  static constexpr size_t kReadBytes = 64 * 1024;
  /// Sealed, of TLS 1.2, which adds most (RFC 5246, 6.2.3).
  static constexpr size_t kLargestRecord = 5 + 16 * 1024 + 2048;

  TlsStream(Reactor& reactor, std::unique_ptr<TlsEngine> engine);
  ~TlsStream() override;

  /// As a client. `handler` outlives this object.
  void connect(const Address& address, StreamHandler& handler);
  /// As a server: returns what handles the accepted stream. set_handler() follows, before anything comes.
  StreamHandler& accept(std::unique_ptr<Stream> lower);
  void set_handler(StreamHandler& handler) { handler_ = &handler; }
  Scope::Guard guard() const { return scope_.guard(); }

  void write(std::vector<Bytes> segments) override;
  size_t unwritten() const override;
  void set_reading(bool on) override;
  void await(size_t bytes) override { awaited_ = bytes; }
  bool securing() const override { return state_ == State::securing; }
  Address local() const override { return lower_ ? lower_->local() : Address(); }
  Address peer() const override { return lower_ ? lower_->peer() : Address(); }

 private:
  enum class State : uint8_t { connecting, securing, open, ended };

  void on_connected() override;
  std::span<char> read_buffer() override;
  void on_read(size_t count) override;
  void on_written() override;
  void on_closed(Error error) override;

  void take(std::string_view sealed);
  void secure();
  void open_all();
  void keep_rest();
  void resume();
  void send();
  void flush();
  void fail();
  void fail_later();
  void finish(Error error);

  Reactor& reactor_;
  StreamHandler* handler_ = nullptr;
  std::unique_ptr<TlsEngine> engine_;
  TlsOutbox outbox_;
  State state_ = State::connecting;
  bool accepted_ = false;
  bool reading_ = true;
  bool resuming_ = false;
  bool heard_ = false;         // something of the peer was opened
  bool owes_written_ = false;  // the owner is told once all of its bytes are out
  size_t awaited_ = 0;         // by the owner: sealed bytes are more
  Bytes kept_;                 // came while reading was off
  Error end_;                  // of the lower stream, to be told behind kept_
  Timer failure_;
  Scope scope_;
  std::unique_ptr<Stream> lower_;  // last: nothing of it may call a half-destroyed object
};

/// `handler` outlives the stream.
std::unique_ptr<Stream> tls_connect(Reactor& reactor, const Address& address, std::unique_ptr<TlsEngine> engine,
                                    StreamHandler& handler);

/// For Reactor::listen(): accepts with TLS, and gives `on_accept` a stream that is open once the handshake has passed.
AcceptCallback tls_accept(Reactor& reactor, std::shared_ptr<const TlsContext> context, AcceptCallback on_accept);

}  // namespace kafka::net
