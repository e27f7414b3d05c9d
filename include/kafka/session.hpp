// A session: one cluster on one libuv loop. You make producers, consumers and all other objects from it.
//
// Rules for every callback of this library:
// - It runs exactly once for each operation that was accepted, on the loop's thread, never inside the call that started
//   the operation. Only the callback queue's own frame is below it on the stack. A callback may destroy, close or start
//   anything, including the object that calls it.
// - A call that returns an Error or a bool (send(), commit(), seek(), post() ...) accepts the operation if it returns
//   no error, or true. Otherwise it destroys its callback uncalled before it returns, and the return value says all.
// - A call that returns nothing (produce(), cluster(), close() ...) always accepts, and its callback gets the errors.
// - It must not throw. A callback that throws terminates the program.
// - Destroying an object without close() aborts its operations: their callbacks are destroyed and never called. This is
//   the one exception to "exactly once".
// - After an object's close callback, no other callback of that object runs.
// - Callbacks of the same kind and object run in order. Whatever they take, those of other kinds and objects wait for
//   at most two turns of the loop before it is their turn.
// Make every call on the loop's thread. The only exception is post().
//
// An object that was moved from does nothing. Its calls say `closed` (those of an envelope: `already_answered`), and it
// may be destroyed or assigned to.
#pragma once

#include <kafka/function.hpp>
#include <kafka/log.hpp>
#include <kafka/options.hpp>
#include <kafka/stats.hpp>
#include <kafka/token.hpp>
#include <kafka/types.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
  /// The same with the contact points as a list. `options.bootstrap_servers` is ignored. A template, so that braces
  /// always mean the options.
  template <std::same_as<std::vector<ContactPoint>> ContactPoints>
  Session(uv_loop_t* loop, ContactPoints contact_points, SessionOptions options = {})
      : Session(loop, std::move(options), std::move(contact_points)) {}
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
  /// Creates a topic (CreateTopics, KIP-4; Kafka 0.10.1). It is tried again until `default_api_timeout` has passed.
  /// Errors: `topic_already_exists`; `unsupported_feature` from brokers before 0.10.1, and before 2.4 if a number is -1
  /// (KIP-464); what else the broker says, with its text. Brokers may take a moment longer to know the new topic.
  void create_topic(NewTopic topic, Function<void(Error)> done);

  /// Gets the changes of connections and leaders, and the events of consumers without a handler of their own.
  void on_event(Function<void(const Event&)> handler);
  /// Runs `handler` at the end of every turn of the loop in which callbacks of this session or of its objects ran:
  /// after the last of them, and before what they sent leaves. For programs that gather callbacks and hand them on
  /// together, such as bindings to other languages. It replaces the handler before; an empty one ends it. It does not
  /// run for callbacks of close() of the session itself, nor after them.
  void on_turn(Function<void()> handler);
  /// Log lines of `level` and above go to `sink`. Without a sink, warnings and errors go to stderr.
  void on_log(LogLevel level, LogSink sink);
  /// `resolver` looks up host names in place of libuv's thread pool. It must call `done` on the loop's thread, with
  /// numeric addresses or with an error.
  using ResolveDone = Function<void(Error, std::vector<std::string>)>;
  void set_resolver(Function<void(const std::string& host, ResolveDone done)> resolver);

  /// Logs in with this name and password from now on, by the mechanism that the session was made with. Connections that
  /// stand stay. A broker that has refused the credentials before is tried again at once. A connection whose login runs
  /// out (KIP-368) renews it with the new password; where the name is another one, it is replaced by a new connection.
  /// options() keeps the name that the session was made with.
  /// Errors, which change nothing: `wrong_state` (the session does not log in), `invalid_option` (an empty text, or one
  /// that no login can carry), `closed`.
  Error set_credentials(std::string_view user, Secret password);

  /// Asks `handler` for a token when a login by OAUTHBEARER needs one: before the first login, and again when
  /// `sasl_login_refresh_window_factor` of a token's life is over, if a connection was used meanwhile. One request is
  /// under way at a time, for all connections. If it fails while the last token is still good, that one is used on, and
  /// the next request follows after a pause. It replaces the handler before, and logins that have failed are tried
  /// again at once.
  /// Errors, which change nothing: `wrong_state` (the session does not log in by OAUTHBEARER, or it gets its tokens
  /// itself), `closed`.
  Error on_token(Function<void(TokenRequest)> handler);

  /// Certificates and keys for new connections; connections that stand keep theirs. All files are read in this call,
  /// those of the options again where `files` names no other: `set_tls({})` follows files that were renewed. Brokers
  /// that have refused the certificate before are tried again at once.
  /// Errors, which change nothing: `wrong_state` (the session speaks no TLS), `invalid_option` (a file that cannot be
  /// used, half of a pair, or a key that was an option as a text and is not kept: name its source), `closed`.
  Error set_tls(TlsFiles files);

  /// Runs `fn` on the loop's thread. Other threads may make this call, and no other, while the session object exists.
  /// Returns false once close() was called: `fn` is then destroyed uncalled before this returns. Accepted functions run
  /// before the close callback.
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
  Session(uv_loop_t* loop, SessionOptions options, std::vector<ContactPoint> contact_points);

  std::shared_ptr<session::Core> core_;
};

}  // namespace kafka
