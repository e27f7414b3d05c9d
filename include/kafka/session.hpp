// A session: one cluster on one libuv loop. You make producers, consumers and all other objects from it.
//
// Rules for every callback of this library:
// - It runs exactly once per operation, on the loop's thread, never inside the call that started the operation. Only
//   the callback queue's own frame is below it on the stack. A callback may destroy, close or start anything, including
//   the object that calls it.
// - It must not throw. A callback that throws terminates the program.
// - Destroying an object without close() aborts its operations: their callbacks are destroyed and never called. This is
//   the one exception to "exactly once".
// - After an object's close callback, no other callback of that object runs.
// Make every call on the loop's thread. The only exception is post().
#pragma once

#include <kafka/function.hpp>
#include <kafka/log.hpp>
#include <kafka/options.hpp>
#include <kafka/stats.hpp>
#include <kafka/types.hpp>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

typedef struct uv_loop_s uv_loop_t;

namespace kafka {

namespace session {
class Core;
struct Access;
}  // namespace session

/// One cluster on one loop. Creating it costs nothing: it connects when it first needs to.
class UVKAFKA_API Session {
 public:
  /// The loop must outlive the session. With bad options the session does nothing: see error().
  Session(uv_loop_t* loop, SessionOptions options);
  /// The same with the contact points as a list. `options.bootstrap_servers` is ignored.
  Session(uv_loop_t* loop, std::vector<ContactPoint> contact_points, SessionOptions options = {});
  /// Aborts if close() has not ended. uv_loop_close() returns 0 after one more turn of the loop.
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Names the option that is wrong and its range, or is no error.
  Error error() const;
  const std::vector<ContactPoint>& contact_points() const;
  const SessionOptions& options() const;

  /// The names of all topics in alphabetical order, internal ones included. Each call asks a broker.
  void list_topics(Function<void(Error, std::vector<std::string>)> done);
  /// Describes `topics`. Each call asks a broker. A topic that does not exist is in the result with its error. If
  /// `create` is true, a broker that creates topics on first use creates it (brokers before 0.11 always do). An empty
  /// set is invalid_argument; cluster() describes all topics.
  void get_metadata(std::set<std::string> topics, Function<void(Error, ClusterMetadata)> done, bool create = false);
  /// Describes the brokers and all topics. Each call asks a broker.
  void cluster(Function<void(Error, ClusterMetadata)> done);

  /// Gets the changes of connections and leaders, and the events of consumers without a handler of their own.
  void on_event(Function<void(const Event&)> handler);
  /// Log lines of `level` and above go to `sink`. Without a sink, warnings and errors go to stderr.
  void on_log(LogLevel level, LogSink sink);
  /// `resolver` looks up host names in place of libuv's thread pool. It must call `done` on the loop's thread, with
  /// numeric addresses or with an error.
  using ResolveDone = Function<void(Error, std::vector<std::string>)>;
  void set_resolver(Function<void(const std::string& host, ResolveDone done)> resolver);

  /// Runs `fn` on the loop's thread. Other threads may make this call, and no other, while the session object exists.
  /// Returns false once close() was called: `fn` is then destroyed and never called. Accepted functions run before the
  /// close callback.
  bool post(Function<void()> fn);

  /// Ends everything within options.close_timeout: no new work is taken, producers flush, commits of answered envelopes
  /// finish, everything left fails with `closed`, connections close, then `done` runs. You may call it at any time,
  /// from inside any callback, and more than once (each `done` runs).
  void close(Function<void()> done = {});
  void close(std::chrono::milliseconds deadline, Function<void()> done = {});
  bool closed() const;

  /// A snapshot of what was done and of what is held now; empty once closed. It walks over all brokers and partitions.
  Stats stats() const;

  /// An open session keeps the loop alive. After unref() it does not, nor do connections that it opens later. After
  /// ref() it does again.
  void unref();
  void ref();

 private:
  friend struct session::Access;
  explicit Session(std::shared_ptr<session::Core> core);

  std::shared_ptr<session::Core> core_;
};

}  // namespace kafka
