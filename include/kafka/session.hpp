// A session: one cluster on one libuv loop. Producers, consumers and the rest are made from it.
//
// Rules of every callback of this library:
// - It runs exactly once per operation, on the loop's thread, never inside the call that started it,
//   with only the callback queue's own frame below it. Anything may be destroyed, closed or started
//   from inside it, the object calling included.
// - It must not throw; a callback that does terminates the program.
// - Destroying an object without close() aborts its operations: their callbacks are destroyed
//   uncalled. That is the one exception to "exactly once".
// - After the close callback nothing of the object runs.
// Every call belongs to the loop's thread, post() alone excepted.
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

/// One cluster on one loop. Opening it costs nothing: connections are made when first needed.
class KAFKA_API Session {
 public:
  /// The loop must outlive the session. Bad options leave an inert session: see error().
  Session(uv_loop_t* loop, SessionOptions options);
  /// The same with the contact points as a list; `options.bootstrap_servers` is ignored.
  Session(uv_loop_t* loop, std::vector<ContactPoint> contact_points, SessionOptions options = {});
  /// Without close(): aborts. uv_loop_close() returns 0 after one more turn of the loop.
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// The option that is wrong and its range, or no error.
  Error error() const;
  const std::vector<ContactPoint>& contact_points() const;
  const SessionOptions& options() const;

  /// Names of all topics, internal ones included, in order; asked anew each time.
  void list_topics(Function<void(Error, std::vector<std::string>)> done);
  /// Describes `topics`; asked anew. A topic that does not exist is in the result with its error, and
  /// is created by brokers that do so on first use if `create` is true (brokers before 0.11 always do).
  /// An empty set is invalid_argument; for all topics use cluster().
  void get_metadata(std::set<std::string> topics, Function<void(Error, ClusterMetadata)> done, bool create = false);
  /// Brokers and all topics, asked anew.
  void cluster(Function<void(Error, ClusterMetadata)> done);

  /// Connection states, leader changes; consumers without a handler of their own report here too.
  void on_event(Function<void(const Event&)> handler);
  /// Log lines at `level` and above go to `sink` instead of stderr (warnings and errors).
  void on_log(LogLevel level, LogSink sink);
  /// Looks names up instead of libuv's thread pool: call `done` with numeric addresses, or with an
  /// error, on the loop's thread.
  using ResolveDone = Function<void(Error, std::vector<std::string>)>;
  void set_resolver(Function<void(const std::string& host, ResolveDone done)> resolver);

  /// Runs `fn` on the loop's thread. The only call that other threads may make, and only while the
  /// session object exists. False once close began: `fn` is destroyed uncalled then; what was
  /// accepted runs before the close callback.
  bool post(Function<void()> fn);

  /// Ends everything within options.close_timeout: intake stops, producers flush, commits of answered
  /// envelopes finish, what remains fails with `closed`, connections close, then `done` runs. Works at
  /// any time, also twice (each `done` runs), and from inside any callback.
  void close(Function<void()> done = {});
  void close(std::chrono::milliseconds deadline, Function<void()> done = {});
  bool closed() const;

  /// What was done and is held now; empty once closed. Costs a walk over all brokers and partitions.
  Stats stats() const;

  /// An open session keeps the loop alive; after unref() it does not (connections opened later
  /// neither), after ref() it does again.
  void unref();
  void ref();

 private:
  friend struct session::Access;
  explicit Session(std::shared_ptr<session::Core> core);

  std::shared_ptr<session::Core> core_;
};

}  // namespace kafka
