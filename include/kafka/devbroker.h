// The in-memory brokers of `uvkafka-dev` for programs in C: real sockets on the program's own loop, and faults on
// demand. The rules of <kafka/kafka.h> hold, except that there are no error objects: kafka_devbroker_message() says
// what was wrong last. Everything belongs to the thread that runs the loop.
#ifndef KAFKA_DEVBROKER_H
#define KAFKA_DEVBROKER_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kafka_devbroker kafka_devbroker;

/// Zeros are the defaults.
typedef struct {
  size_t size;                 ///< of this struct, set by KAFKA_INIT
  int32_t brokers;             ///< 1 to 100; 0: one
  int32_t default_partitions;  ///< of topics that are created on first use; 0: one
  int32_t port;                ///< broker k listens on port + k - 1; 0 takes free ports
  int32_t no_auto_create;      ///< other than 0: topics are not created on first use
  const char* version;         ///< speaks like this release, "0.8.2" to "4.3"; NULL: every version
  const char* sasl;          ///< "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER" or some of them; NULL: nobody logs in
  const char* const* users;  ///< "NAME:PASSWORD" of each, for PLAIN and SCRAM; NULL at the end
  const char* const* deny;   ///< users who may log in and do nothing; "ANONYMOUS" without `sasl`; NULL at the end
  int64_t session_lifetime_ms;  ///< a login holds so long (KIP-368); 0: as long as the connection
  const char* tls_cert;         ///< PEM file: the brokers' certificate, then its issuers; listeners speak TLS
  const char* tls_key;          ///< PEM file: its key
  const char* tls_client_ca;    ///< PEM file: clients must show a certificate of this authority
  const char* tls_make;         ///< a folder: ca.pem, broker.pem, broker.key, client.pem, client.key are made there
} kafka_devbroker_options;

/// Brokers that listen at once, on 127.0.0.1. `options` may be NULL. If they cannot serve, for example because a port
/// is taken, kafka_devbroker_error() is the code.
/// @return NULL without a loop or memory, or with options that cannot be read: the size is not set, the port is none, a
/// user is not NAME:PASSWORD.
UVKAFKA_API kafka_devbroker* kafka_devbroker_new(struct uv_loop_s* loop, const kafka_devbroker_options* options);
/// Why the brokers do not serve; 0 if they do.
UVKAFKA_API int kafka_devbroker_error(const kafka_devbroker* broker);
/// What the last call that failed found wrong; before one failed, why the brokers do not serve. Valid until the next
/// call.
UVKAFKA_API const char* kafka_devbroker_message(const kafka_devbroker* broker);
/// "host:port" of every broker, for bootstrap.servers; "" for NULL. Valid as long as the brokers.
UVKAFKA_API const char* kafka_devbroker_bootstrap(const kafka_devbroker* broker);
/// Creates a topic: KAFKA_TOPIC_ALREADY_EXISTS, KAFKA_INVALID_TOPIC, KAFKA_INVALID_PARTITIONS.
UVKAFKA_API int kafka_devbroker_create_topic(kafka_devbroker* broker, const char* name, int32_t partitions);
/// The offset behind the last record of a partition; -1 if there is no such partition.
UVKAFKA_API int64_t kafka_devbroker_end_offset(const kafka_devbroker* broker, const char* topic, int32_t partition);
/// The offset that a group has stored; -1 if there is none.
UVKAFKA_API int64_t kafka_devbroker_committed(const kafka_devbroker* broker, const char* group, const char* topic,
                                              int32_t partition);
/// A fault for requests of an API, as one line: `API[:times=N][:error=NAME|:delay=MS|:cut]`, for example
/// "Produce:times=2:error=NOT_LEADER_OR_FOLLOWER". `times` is once if it is not given, and may be `always`.
UVKAFKA_API int kafka_devbroker_add_fault(kafka_devbroker* broker, const char* text);
/// Ends all faults.
UVKAFKA_API int kafka_devbroker_clear_faults(kafka_devbroker* broker);
/// Resets the connections of broker `id` (1 and up) and closes its port; a living replica takes its partitions over.
UVKAFKA_API int kafka_devbroker_kill(kafka_devbroker* broker, int32_t id);
/// Starts a killed broker again. Acknowledged records are still there.
UVKAFKA_API int kafka_devbroker_restart(kafka_devbroker* broker, int32_t id);
/// Closes every connection of broker `id`, or of all for 0.
UVKAFKA_API int kafka_devbroker_disconnect(kafka_devbroker* broker, int32_t id);
/// Closes connections and listeners, then calls `done`, which may be NULL. Nothing keeps the loop alive then.
UVKAFKA_API int kafka_devbroker_close(kafka_devbroker* broker, kafka_plain_cb done, void* user);
/// Ends everything without a callback. NULL is allowed. The loop can be closed after one more turn.
UVKAFKA_API void kafka_devbroker_free(kafka_devbroker* broker);

#ifdef __cplusplus
}
#endif
#endif
