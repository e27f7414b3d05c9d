// A request whose answer comes later: by a timer, or when something happens in the cluster.
//
// A handler that cannot answer yet leaves a Pending in its Context. The connection owns it, and serves no other request
// until it has answered, as a Kafka broker does. A connection that closes destroys it, and no answer is sent.
#pragma once

#include <kafka/function.hpp>

#include <utility>

namespace kafka::devbroker {

/// The part that does not depend on the message.
class Pending {
 public:
  virtual ~Pending() = default;

  /// What finish() calls: sends the answer. Set by the connection.
  void on_finished(Function<void()> done) { done_ = std::move(done); }

 protected:
  /// The answer is complete. Destroys this.
  void finish() {
    Function<void()> done = std::move(done_);
    done();
  }

 private:
  Function<void()> done_;
};

/// Owns the answer while it is made.
template <class Response>
class PendingAnswer : public Pending {
 public:
  Response response = {};
};

}  // namespace kafka::devbroker
