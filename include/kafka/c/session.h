// Sessions: one cluster on one libuv loop. Producers, consumers and all other objects are made from one.
#ifndef KAFKA_C_SESSION_H
#define KAFKA_C_SESSION_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a kafka_event tells; the meaning of each is that of kafka::Event::Type.
typedef enum {
  KAFKA_EVENT_BROKER_CONNECTED,
  KAFKA_EVENT_BROKER_DISCONNECTED,
  KAFKA_EVENT_CONNECT_FAILED,
  KAFKA_EVENT_LEADER_CHANGED,
  KAFKA_EVENT_OFFSET_RESET,
  KAFKA_EVENT_LOG_TRUNCATED,
  KAFKA_EVENT_TOPIC_RECREATED,
  KAFKA_EVENT_PARTITION_STOPPED,
  KAFKA_EVENT_PARTITION_RESUMED,
  KAFKA_EVENT_MEMBER_SLOW,
  KAFKA_EVENT_MEMBER_SUSPENDED,
  KAFKA_EVENT_TOPIC_NOT_READ,
  KAFKA_EVENT_REBOOTSTRAP
} kafka_event_type;

/// Something that happened and is not the result of a call. Valid during the callback.
typedef struct {
  size_t size;
  int type;            ///< a kafka_event_type; newer libraries may have more
  int32_t broker_id;   ///< -1: a contact point
  int32_t partition;   ///< -1: none
  int32_t ordinary;    ///< of lost connections: 1 if the broker was well until a moment ago, and may just be restarting
  int64_t offset;      ///< -1: none
  const char* broker;  ///< "host:port"; "" for none
  const char* topic;   ///< "" for none
  const char* text;    ///< one line for people
  const kafka_error* error;  ///< NULL: none
} kafka_event;
typedef void (*kafka_event_cb)(void* user, const kafka_event* event);

/// Levels of the log, from the least to the most severe.
typedef enum {
  KAFKA_LOG_TRACE,
  KAFKA_LOG_DEBUG,
  KAFKA_LOG_INFO,
  KAFKA_LOG_WARNING,
  KAFKA_LOG_ERROR,
  KAFKA_LOG_OFF
} kafka_log_level;
/// One line of the log, without a line break and without a NUL. Valid during the callback.
typedef void (*kafka_log_cb)(void* user, int level, kafka_bytes line);
/// `callback_user` is the user of a callback that can no longer run.
typedef void (*kafka_drop_cb)(void* callback_user);

/// A session on `loop`, which must outlive it. It connects when it first needs to. It belongs to the thread of this
/// call, which must be the thread that runs the loop. `options` may be NULL; without bootstrap.servers or with other
/// bad options the session does nothing, and kafka_session_error() says why.
/// @return NULL without a loop or memory, or if the options are not those of a session.
UVKAFKA_API kafka_session* kafka_session_new(struct uv_loop_s* loop, const kafka_options* options);
/// Which option is wrong and its range; NULL if none is. Valid as long as the session.
UVKAFKA_API const kafka_error* kafka_session_error(const kafka_session* session);
/// Ends everything within `deadline_ms` (below 0: close.timeout.ms): no new work is taken, producers flush, commits of
/// answered envelopes finish, everything left fails with KAFKA_CLOSED, connections close, then `done` runs, which may
/// be NULL. It may be called at any time and more than once.
UVKAFKA_API int kafka_session_close(kafka_session* session, int64_t deadline_ms, kafka_plain_cb done, void* user);
/// Frees the session. If it was not closed, everything is aborted: callbacks do not run any more, see
/// kafka_session_on_drop(). Objects that were made from it stay valid until they are freed, and say KAFKA_CLOSED. The
/// loop can be closed after one more turn. NULL is allowed. On another thread nothing is done.
UVKAFKA_API void kafka_session_free(kafka_session* session);
/// 1 once the callback of kafka_session_close() is due, else 0.
UVKAFKA_API int kafka_session_closed(const kafka_session* session);
/// After kafka_session_unref(), the session does not keep the loop alive, nor do its connections; after
/// kafka_session_ref() it does again.
UVKAFKA_API int kafka_session_ref(kafka_session* session);
UVKAFKA_API int kafka_session_unref(kafka_session* session);

/// Logs in with this name and the `size` bytes of the password from now on, by the mechanism that the session was made
/// with. Connections that stand stay; a broker that has refused the credentials before is tried again at once. The
/// library copies the password, and wipes its copy when it is done with it: yours is yours to wipe.
/// KAFKA_WRONG_STATE if the session does not log in; KAFKA_INVALID_OPTION for an empty text, or one with a zero byte.
UVKAFKA_API int kafka_session_set_credentials(kafka_session* session, const char* user, const char* password,
                                              size_t size);

/// A session that logs in by OAUTHBEARER needs a token. `request` is the callback's: it answers with
/// kafka_token_request_set() or kafka_token_request_fail(), during the callback or later, on the loop's thread.
typedef void (*kafka_token_cb)(void* user, kafka_token_request* request);
/// `cb` is asked for a token before the first login, and again when sasl.login.refresh.window.factor of a token's life
/// is over, if a connection was used meanwhile. One request is under way at a time. Logins that have failed are tried
/// again at once. KAFKA_WRONG_STATE if the session does not log in by OAUTHBEARER, or gets its tokens itself.
UVKAFKA_API int kafka_session_on_token(kafka_session* session, kafka_token_cb cb, void* user);
/// Answers and frees `request`: with the `size` bytes of a token that is good until `expires_ms` (milliseconds since
/// 1970). `principal` is shown in errors; with NULL it is `sub` of the token. `extensions` has `count` pairs, 2 *
/// `count` texts, each a name and its value; they go to the broker as they are (KIP-342). The library copies the token,
/// and wipes its copy. KAFKA_INVALID_ARGUMENT, which frees nothing, for an empty token or one with characters that RFC
/// 6750 does not allow, one that has expired, or an extension that cannot be sent. The request may outlive the session;
/// then nothing happens.
UVKAFKA_API int kafka_token_request_set(kafka_token_request* request, const char* token, size_t size,
                                        int64_t expires_ms, const char* principal, const char* const* extensions,
                                        size_t count);
/// Answers and frees `request`: no token is to be had. Logins that wait for it fail with this text. A login asks again
/// after a pause.
UVKAFKA_API int kafka_token_request_fail(kafka_token_request* request, const char* text);

/// Files of TLS for a session that runs. A member that is NULL: as its options have it. A session keeps no passwords,
/// so those that the files need stand here, each time.
typedef struct {
  size_t size;                       ///< of this struct, set by KAFKA_INIT
  const char* ca_location;           ///< as ssl.ca.location
  const char* certificate_location;  ///< as ssl.certificate.location
  const char* crl_location;          ///< as ssl.crl.location
  const char* key_location;          ///< as ssl.key.location
  const char* key_password;          ///< as ssl.key.password
  const char* keystore_location;     ///< as ssl.keystore.location; in place of certificate and key
  const char* keystore_password;     ///< as ssl.keystore.password
  const char* truststore_password;   ///< as ssl.truststore.password
} kafka_tls_files;
/// Certificates and keys for new connections; connections that stand keep theirs. All files are read in this call; with
/// NULL those that the session has, again. Errors change nothing: KAFKA_WRONG_STATE if the session speaks no TLS,
/// KAFKA_INVALID_OPTION for a file that cannot be used, and for half of a pair.
UVKAFKA_API int kafka_session_set_tls(kafka_session* session, const kafka_tls_files* files);

/// Runs `cb` on the loop's thread. Other threads may make this call, and no other, while the session exists.
/// KAFKA_CLOSED once kafka_session_close() was called; then `cb` does not run.
UVKAFKA_API int kafka_session_post(kafka_session* session, kafka_plain_cb cb, void* user);

// Handlers. Each call replaces the handler before it. `cb` NULL ends it, and `user` is not kept then.

/// `cb` runs once for every `user` whose callback can no longer run: because its object or the session was freed, or
/// the handler was replaced. For a callback that ends an operation, `cb` runs if that callback never ran; for a
/// handler, which may run many times, `cb` runs once when the last time is over. It runs before the call that caused it
/// returns (or from the loop, if no call did). It may free objects of this session; it should call nothing else. This
/// handler itself has no user, and is not told of. Without it nobody is told.
UVKAFKA_API int kafka_session_on_drop(kafka_session* session, kafka_drop_cb cb);
/// `cb` gets changes of connections and leaders, and the events of consumers without a handler of their own.
UVKAFKA_API int kafka_session_on_event(kafka_session* session, kafka_event_cb cb, void* user);
/// `cb` gets the log lines of `level` (a kafka_log_level) and above. Without a handler, warnings and errors go to
/// stderr.
UVKAFKA_API int kafka_session_on_log(kafka_session* session, int level, kafka_log_cb cb, void* user);
/// `cb` runs at the end of every turn of the loop in which callbacks of this session ran: after the last of them, and
/// before what they sent leaves. Bindings hand over what they have gathered there.
UVKAFKA_API int kafka_session_on_turn(kafka_session* session, kafka_plain_cb cb, void* user);

/// Looks up `host` and answers with kafka_resolution_finish(), during the callback or later. `resolution` is the
/// callback's.
typedef void (*kafka_resolve_cb)(void* user, const char* host, kafka_resolution* resolution);
/// `cb` looks up host names in place of libuv's thread pool.
UVKAFKA_API int kafka_session_set_resolver(kafka_session* session, kafka_resolve_cb cb, void* user);
/// Answers and frees `resolution`: with `count` numeric addresses, or with a code that is not 0 for a failure. It may
/// outlive the session; then nothing happens. Nothing is freed if an argument is wrong.
UVKAFKA_API int kafka_resolution_finish(kafka_resolution* resolution, int code, const char* const* addresses,
                                        size_t count);

/// The names of all topics, in table "topics" of the result (column "name"). Each call asks a broker.
UVKAFKA_API int kafka_session_topics(kafka_session* session, kafka_result_cb cb, void* user);
/// Describes brokers and these topics; with `count` 0 all topics. `create` other than 0 lets a broker create those that
/// do not exist. Each call asks a broker. Tables of the result, each row with its error:
/// "cluster" (one row): id, controller; "brokers": id, host, port, rack; "topics": name, internal; "partitions": topic,
/// partition, leader, leader_epoch; "replicas": topic, partition, broker, in_sync.
UVKAFKA_API int kafka_session_metadata(kafka_session* session, const char* const* topics, size_t count, int create,
                                       kafka_result_cb cb, void* user);

/// What the session has done and holds now, to be freed with kafka_result_free(); empty once closed. The meaning of
/// each column is that of the member of kafka::Stats with its name. Tables: "brokers", "round_trips" (a row for each
/// bucket of a broker's histogram), "producers", "producer_partitions", "consumers", "members" (a row for each consumer
/// that is a member of its group), "consumer_partitions". NULL if `session` is NULL or another thread's.
UVKAFKA_API kafka_result* kafka_session_stats(const kafka_session* session);
/// The same in the text format of Prometheus, to be freed with kafka_free(). Names begin with `prefix` and an
/// underscore; NULL means "uvkafka". NULL as kafka_session_stats().
UVKAFKA_API char* kafka_session_prometheus(const kafka_session* session, const char* prefix);

#ifdef __cplusplus
}
#endif
#endif
