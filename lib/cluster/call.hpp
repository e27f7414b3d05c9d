// One request on its way to one broker, with its type erased: the connection does not know the message, and the caller
// does not know the connection.
// Not here: retries (coordinator, metadata, and the rooms above), order and matching (in_flight).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "net/reactor.hpp"
#include "protocol/api_table.hpp"
#include "protocol/message.hpp"

namespace kafka::cluster {

/// Which of a broker's connections. A broker serves one request per connection at a time, so a request that waits at
/// the broker must never stand in front of others.
enum class Purpose : uint8_t { general, produce, coordinator };
inline constexpr size_t kPurposes = 3;
/// Connections of one user alone, one per broker: the long polls of two consumers must not wait for each other.
enum class Lane : uint64_t {};

/// Whether the request can have been executed: decides between persistence no and maybe.
enum class Sent : uint8_t { no, maybe };

/// How long a call waits: `timeout` for the answer, in which the pauses of a broker over quota do not count, and
/// `at_most` in all, pauses included.
struct Patience {
  Patience(net::Duration for_answer) : timeout(for_answer) {}
  Patience(net::Duration for_answer, net::Duration in_all) : timeout(std::min(for_answer, in_all)), at_most(in_all) {}

  net::Duration timeout;
  net::Duration at_most = net::Duration::max();
};

struct CallInfo {
  int16_t version = -1;  ///< negotiated on the connection; -1 if it was never encoded
  Sent sent = Sent::no;
  /// The version goes by a guess: the broker closed a few connections instead of answering ApiVersions.
  bool guessed = false;
  /// The broker refused the connection for good (Handshake::fail_for_good()).
  bool refused = false;
  net::TimePoint sent_at{};
};

/// Is told of the pause that a broker over quota asks for. It is told before the caller gets the answer, since the
/// caller may send the next request at once.
class ThrottleSink {
 public:
  virtual void on_throttle(net::Duration pause) = 0;

 protected:
  ~ThrottleSink() = default;
};

class Call {
 public:
  Call(protocol::ApiKey api, net::TimePoint deadline) : api_(api), deadline_(deadline) {}
  virtual ~Call() = default;

  protocol::ApiKey api() const noexcept { return api_; }
  /// Pauses that the broker asks for do not count: `throttled` is Throttle::total() of its endpoint.
  net::TimePoint deadline(net::Duration throttled) const noexcept {
    return entered_ < net::Duration::zero() ? deadline_ : std::min(limit_, deadline_ + (throttled - entered_));
  }
  /// The call ends then, whatever pauses the broker asks for.
  void set_limit(net::TimePoint limit) noexcept { limit_ = limit; }
  /// `throttled` is Throttle::past() when the call is first given to the endpoint; later calls change nothing.
  void enter(net::Duration throttled) noexcept {
    if (entered_ < net::Duration::zero()) entered_ = throttled;
  }
  int16_t max_version() const noexcept { return max_version_; }
  void set_max_version(int16_t version) noexcept { max_version_ = version; }
  bool expects_response() const noexcept { return expects_response_; }
  void set_expects_response(bool expects) noexcept { expects_response_ = expects; }

  /// Writes the body at `version`. May be called again on another connection after a failure that
  /// left nothing sent.
  virtual Error encode(int16_t version, codec::Writer& writer) = 0;
  /// Ends the call, exactly once: with an error, or with the body of the answer. A call that expects no answer ends
  /// when the request has been handed to the kernel, with a null `body`. If the answer asks for a pause, `throttled` is
  /// told first, if set.
  virtual void finish(Error error, codec::Reader* body, ThrottleSink* throttled = nullptr) = 0;

  CallInfo info;

 private:
  protocol::ApiKey api_;
  net::TimePoint deadline_;
  net::TimePoint limit_ = net::TimePoint::max();
  net::Duration entered_{-1};
  int16_t max_version_ = 32767;
  bool expects_response_ = true;
};

/// A call with its message. `prepare`, if set, adapts the request to the version just before it is
/// encoded (an error there fails the call with nothing sent).
template <class Request>
class TypedCall final : public Call {
 public:
  using Response = protocol::ResponseOf<Request>;
  using Done = Function<void(Error, Response&, const CallInfo&)>;
  using Prepare = Function<Error(Request&, int16_t version)>;

  TypedCall(Request request, net::TimePoint deadline, Done done, Prepare prepare = {})
      : Call(protocol::key_of<Request>, deadline),
        request_(std::move(request)),
        done_(std::move(done)),
        prepare_(std::move(prepare)) {}

  Error encode(int16_t version, codec::Writer& writer) override {
    if (prepare_) {
      if (Error error = prepare_(request_, version)) return error;
    }
    return protocol::encode(request_, version, writer);
  }

  void finish(Error error, codec::Reader* body, ThrottleSink* throttled) override {
    Response response{};
    if (!error && body != nullptr) {
      error = protocol::decode(*body, info.version, response);
      if constexpr (requires { response.throttle_time_ms; }) {
        const bool ours = info.version >= protocol::throttles_client_from(api());
        if (!error && ours && response.throttle_time_ms > 0 && throttled != nullptr) {
          throttled->on_throttle(std::chrono::milliseconds(response.throttle_time_ms));
        }
      }
    }
    Done done = std::move(done_);
    done(std::move(error), response, info);
  }

 private:
  Request request_;
  Done done_;
  Prepare prepare_;
};

}  // namespace kafka::cluster
