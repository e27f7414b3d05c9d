// What all headers of the C API share: how functions are exported, byte strings, handles and the types of callbacks.
// Programs include <kafka/kafka.h>, whose head has the rules for every function.
#ifndef KAFKA_C_TYPES_H
#define KAFKA_C_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifndef UVKAFKA_API
#if defined(__GNUC__)
#define UVKAFKA_API __attribute__((visibility("default")))
#else
#define UVKAFKA_API
#endif
#endif

/// In place of a length: the bytes end with NUL.
#define KAFKA_NTS ((size_t)-1)

/// In arrays of ends of packed keys and values: a bit that says that the item is null.
#define KAFKA_PACKED_NULL 0x80000000u

/// The first value of a struct that has a size: `kafka_record record = KAFKA_INIT(kafka_record);`. Every other member
/// is zero then, which is its default.
#ifdef __cplusplus
template <class T>
inline T kafka_initial_value() {
  T value = T();
  value.size = sizeof(T);
  return value;
}
#define KAFKA_INIT(T) kafka_initial_value<T>()
#else
#define KAFKA_INIT(T) \
  { .size = sizeof(T) }
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// The event loop of libuv: `uv_loop_t`.
struct uv_loop_s;

typedef struct kafka_columns kafka_columns;        ///< many messages as arrays, open until each is answered
typedef struct kafka_consumer kafka_consumer;      ///< a consumer, a member of a group, or a fetcher
typedef struct kafka_envelope kafka_envelope;      ///< one message or a batch, open until it is answered
typedef struct kafka_error kafka_error;            ///< why something failed
typedef struct kafka_loop kafka_loop;              ///< a private loop, for programs with a loop that is not libuv's
typedef struct kafka_options kafka_options;        ///< the options of one object
typedef struct kafka_partitions kafka_partitions;  ///< a list of partitions, with offsets
typedef struct kafka_producer kafka_producer;
typedef struct kafka_token_request kafka_token_request;  ///< a token that a session needs for a login
typedef struct kafka_resolution kafka_resolution;        ///< a host name that the program looks up
typedef struct kafka_result kafka_result;                ///< tables of what a call found
typedef struct kafka_revocation kafka_revocation;        ///< partitions that a member gives up
typedef struct kafka_session kafka_session;
typedef struct kafka_topic kafka_topic;  ///< a topic of one producer

/// Bytes. `data` NULL with length 0 is Kafka's null, where Kafka has one; `data` that is not NULL with length 0 is an
/// empty string. Length KAFKA_NTS: they end with NUL (in what the program passes in only).
typedef struct {
  const char* data;
  size_t length;
} kafka_bytes;

/// A header of a record. Keys are never null.
typedef struct {
  kafka_bytes key, value;
} kafka_header;

/// Something has happened.
typedef void (*kafka_plain_cb)(void* user);
/// An operation has ended. `error` is NULL if it succeeded; it is valid during the call.
typedef void (*kafka_done_cb)(void* user, const kafka_error* error);
/// An operation has ended. `result` is never NULL, and both are valid during the call.
typedef void (*kafka_result_cb)(void* user, const kafka_error* error, const kafka_result* result);
/// An operation has ended. `places` is never NULL, and both are valid during the call.
typedef void (*kafka_places_cb)(void* user, const kafka_error* error, const kafka_partitions* places);

#ifdef __cplusplus
}
#endif
#endif
