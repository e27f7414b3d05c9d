// The seam between the client and the outside world. Everything above it is deterministic: time, randomness, sockets,
// name look-ups and deferred work come from here and from nowhere else.
// Implementations: UvReactor (uv_reactor.hpp, the only user of <uv.h>) and SimReactor (test/sim).
// Not here: framing (frame_reader), TLS (tls_stream, a stream around a stream), connections to brokers
// (cluster/connection).
//
// Rules that both implementations keep:
// - Nothing that is passed in is called before the call that passed it has returned.
// - A callable is moved out before it runs; handlers may destroy any object of this seam from inside
//   any callback, the object that is calling included.
// - Destroying a Timer, Stream, Listener, Lookup or Work ends it silently: nothing of it is called again.
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "net/http_post.hpp"
#include "net/work.hpp"

namespace kafka::net {

using Duration = std::chrono::nanoseconds;
struct ReactorClock {  // a name for the type; read through Reactor::now() only
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ReactorClock>;
  static constexpr bool is_steady = true;
};
using TimePoint = ReactorClock::time_point;

/// A numeric address and a port.
struct Address {
  std::string ip;  ///< "127.0.0.1", "::1"
  uint16_t port = 0;
  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};
/// True if `host` is an IPv4 or IPv6 literal, which needs no look-up.
bool is_numeric(std::string_view host);
std::string to_string(const Address& address);

/// What a stream tells its owner. One of these sequences happens: on_connected, any number of reads, at most one
/// on_closed; or on_closed alone. Accepted streams skip on_connected.
class StreamHandler {
 public:
  virtual ~StreamHandler() = default;
  virtual void on_connected() {}
  /// Where the next bytes go; at least one byte. The memory stays the handler's.
  virtual std::span<char> read_buffer() = 0;
  /// `count` bytes (>= 1) were written to the start of the last read_buffer().
  virtual void on_read(size_t count) = 0;
  /// The last write that was outstanding has been given to the kernel.
  virtual void on_written() {}
  /// The stream has ended: Errc::disconnected (the text says "end of stream" or the system's
  /// reason) or Errc::connect_failed. Nothing follows.
  virtual void on_closed(Error error) = 0;
};

/// A connected or connecting byte stream. Destroying it closes it at once and drops what is unsent;
/// segments of writes under way stay referenced until the system has let go of them.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Gathers `segments` into one write, in order. Before on_connected: queued until then.
  virtual void write(std::vector<Bytes> segments) = 0;
  /// Bytes given to write() that the kernel has not taken.
  virtual size_t unwritten() const = 0;
  /// Stops or restarts on_read; reading is on at first. While it is off the end of the stream may go
  /// unnoticed.
  virtual void set_reading(bool on) = 0;
  /// So many bytes have to come before on_read is of use: the rest of a frame. The stream may wait for a part of them,
  /// which saves turns of the loop. It waits no longer once the stream has ended. 0: every byte counts, as at first.
  virtual void await([[maybe_unused]] size_t bytes) {}
  /// True if the connection stands, and on_connected waits for a handshake of the stream's own (TLS).
  virtual bool securing() const { return false; }
  virtual Address local() const = 0;
  virtual Address peer() const = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual Address local() const = 0;
};

/// A running name look-up; destroying it drops the answer.
class Lookup {
 public:
  virtual ~Lookup() = default;
};

/// One-shot timer. Default-constructed or fired: inactive. Destroying or resetting cancels.
class Timer {
 public:
  struct Handle {
    virtual ~Handle() = default;  // cancels
  };
  Timer() = default;
  explicit Timer(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
  void cancel() { handle_.reset(); }
  /// True from after() until the callable starts to run or the timer is cancelled, if the owner
  /// clears it as its first act in the callable.
  bool active() const { return handle_ != nullptr; }

 private:
  std::unique_ptr<Handle> handle_;
};

/// Keeps the loop alive while it exists.
class Hold {
 public:
  struct Handle {
    virtual ~Handle() = default;
  };
  Hold() = default;
  explicit Hold(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
  void release() { handle_.reset(); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  std::unique_ptr<Handle> handle_;
};

using AcceptCallback = Function<void(std::unique_ptr<Stream>, StreamHandler*& handler)>;
using ResolveCallback = Function<void(Error, std::vector<std::string> ips)>;

class Reactor {
 public:
  virtual ~Reactor() = default;

  /// Monotonic. One value for all that a turn of the loop receives, one (not smaller) for its deferred work.
  TimePoint now() const { return phase_.now != TimePoint() ? phase_.now : read_clock(); }
  /// Milliseconds since 1970; one value per turn. For record timestamps only.
  int64_t wall_clock_ms() const { return phase_.wall_clock_ms != 0 ? phase_.wall_clock_ms : read_wall_clock(); }
  /// How long this turn, or its deferred work, has taken so far (always 0 in simulation); for bounding
  /// the work per turn.
  virtual Duration turn_time() const = 0;
  /// Runs `fn` once, when `delay` has passed since now(). What was received until then is handled first.
  virtual Timer after(Duration delay, Function<void()> fn) = 0;
  /// Runs `fn` at the end of the current turn, in the order of the calls. What is deferred while
  /// the queue is drained runs in the next turn, which then comes without waiting.
  virtual void defer(Function<void()> fn) = 0;
  /// The only method that other threads may call. Runs `fn` on the loop's thread.
  virtual void post(Function<void()> fn) = 0;
  /// Keeps the loop alive. Timers, streams, listeners and look-ups do not; deferred and posted work does until it has
  /// run.
  virtual Hold hold() = 0;
  /// `handler` must outlive the stream.
  virtual std::unique_ptr<Stream> connect(const Address& address, StreamHandler& handler) = 0;
  /// Calls `on_accept` for each connection; it must set the handler (which outlives the stream)
  /// before it returns, or drop the stream. Port 0 picks a free one (see Listener::local()).
  virtual std::unique_ptr<Listener> listen(const Address& address, AcceptCallback on_accept, Error& error) = 0;
  /// Looks `host` up; numeric hosts never come here. All addresses, IPv4 and IPv6, without repeats.
  virtual std::unique_ptr<Lookup> resolve(const std::string& host, ResolveCallback done) = 0;
  /// Makes one HTTP request. `done` runs once, unless the exchange is destroyed before. A reactor that makes none says
  /// unsupported_feature.
  virtual std::unique_ptr<HttpExchange> http_post(HttpPost post, HttpDone done);
  /// Runs `fn`, which may block, away from the loop, and then `done` on the loop. Nothing waits for a call whose Work
  /// is destroyed: what `fn` holds is destroyed on the loop when it has returned. `fn` throws nothing. This one is for
  /// reactors without a pool: it runs `fn` at the end of the turn.
  virtual std::unique_ptr<Work> work(Function<void()> fn, Function<void()> done);
  virtual uint64_t random() = 0;

 protected:
  virtual TimePoint read_clock() const = 0;
  virtual int64_t read_wall_clock() const = 0;

  // What both clocks have said in this phase of the turn; 0: nothing yet. Every record asks for it, so it is not behind
  // a virtual call.
  struct Phase {
    TimePoint now{};
    int64_t wall_clock_ms = 0;
  };
  mutable Phase phase_;
};

}  // namespace kafka::net
