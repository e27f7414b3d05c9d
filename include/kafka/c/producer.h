// Producers: single records with a callback each, records with tokens whose reports come as arrays, and packed sends.
#ifndef KAFKA_C_PRODUCER_H
#define KAFKA_C_PRODUCER_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A record to send. Zeros are the defaults.
typedef struct {
  size_t size;                  ///< of this struct, set by KAFKA_INIT
  kafka_bytes topic;            ///< ignored by calls that have a topic of their own
  kafka_bytes key;              ///< data NULL: no key
  kafka_bytes value;            ///< data NULL: a tombstone, which tells a compacted topic to forget the key
  const kafka_header* headers;  ///< Kafka 0.11 and later
  size_t header_count;
  int64_t timestamp;           ///< milliseconds since 1970; 0: now
  int32_t partition_plus_one;  ///< 1 is partition 0; 0: the partitioner chooses
} kafka_record;

/// Whether a record is in the log.
typedef enum { KAFKA_PERSISTENCE_NO, KAFKA_PERSISTENCE_MAYBE, KAFKA_PERSISTENCE_YES } kafka_persistence;

/// The outcome of one record.
typedef struct {
  size_t size;
  uint64_t token;     ///< as it was sent; 0 for a record that had a callback
  int64_t offset;     ///< in its partition; -1 with acks=0, or if the leader did not tell it
  int64_t timestamp;  ///< as it is stored
  int32_t partition;
  int code;                  ///< 0, or why it was not sent
  int persistence;           ///< a kafka_persistence
  const kafka_error* error;  ///< NULL: none
} kafka_report;
typedef void (*kafka_report_cb)(void* user, const kafka_report* report);
/// `count` reports in the order of their outcomes, `stride` bytes apart: programs that were compiled with an older
/// header walk over longer reports with it. Valid during the call.
typedef void (*kafka_reports_cb)(void* user, const kafka_report* reports, size_t count, size_t stride);
/// Chooses a partition in [0, partition_count). Any other number fails the record. It runs inside of the call that
/// sends, and must not call the library.
typedef int32_t (*kafka_partitioner_cb)(void* user, const kafka_record* record, int32_t partition_count);

/// The most reports that a kafka_reports_cb gets at a time.
#define KAFKA_MOST_REPORTS 1000

/// A producer. `options` may be NULL. With bad options it does nothing, and kafka_producer_error() says why.
/// @return NULL without a session or memory, on another thread, or if the options are not those of a producer.
UVKAFKA_API kafka_producer* kafka_producer_new(kafka_session* session, const kafka_options* options);
/// Which option is wrong and its range; NULL if none is. Valid as long as the producer.
UVKAFKA_API const kafka_error* kafka_producer_error(const kafka_producer* producer);

/// Sends one record, whose bytes are copied. `cb` gets its report; it may be NULL.
/// @return KAFKA_QUEUE_FULL (see kafka_producer_on_drain()), KAFKA_MESSAGE_TOO_LARGE, KAFKA_INVALID_TOPIC,
///         KAFKA_INVALID_ARGUMENT, KAFKA_CLOSED. A record that was taken can still fail with KAFKA_TIMED_OUT
///         (delivery.timeout.ms) or with a broker's code.
UVKAFKA_API int kafka_producer_send(kafka_producer* producer, const kafka_record* record, kafka_report_cb cb,
                                    void* user);
/// The same with a token in place of a callback: the handler of kafka_producer_on_reports() gets its report. Token 0
/// wants no report.
UVKAFKA_API int kafka_producer_send_token(kafka_producer* producer, const kafka_record* record, uint64_t token);
/// `cb` gets the reports of records with tokens, many at a time: at the end of each turn of the loop, and before the
/// callbacks of flush and close. It replaces the handler before; NULL ends it. While there is none such reports are
/// dropped.
UVKAFKA_API int kafka_producer_on_reports(kafka_producer* producer, kafka_reports_cb cb, void* user);

/// A topic to send many records to: its name is checked and looked up once. It may outlive the producer, and is freed
/// with kafka_topic_free(). For a name that no topic can have see kafka_topic_error().
/// @return NULL without a producer, a name or memory, or on another thread.
UVKAFKA_API kafka_topic* kafka_producer_topic(kafka_producer* producer, const char* name);
/// KAFKA_INVALID_TOPIC if no topic can have this name, else 0.
UVKAFKA_API int kafka_topic_error(const kafka_topic* topic);
/// The topic's name; "" for NULL. Valid as long as the topic.
UVKAFKA_API const char* kafka_topic_name(const kafka_topic* topic);
/// NULL is allowed. On another thread nothing is done.
UVKAFKA_API void kafka_topic_free(kafka_topic* topic);
/// As kafka_producer_send_token(), without a struct. `partition` -1: the partitioner chooses. `key` NULL: no key;
/// `value` NULL: a tombstone.
UVKAFKA_API int kafka_topic_send(kafka_producer* producer, kafka_topic* topic, int32_t partition, const void* key,
                                 size_t key_length, const void* value, size_t value_length, uint64_t token);
/// Sends `count` records whose values lie one behind the other in `values`: value k begins where k - 1 ends, and ends
/// at `value_ends[k]`. The same with `keys`, which may be NULL: no keys. An end with the bit KAFKA_PACKED_NULL makes
/// the item null. Record k has the token `first_token` + k; `first_token` 0: no reports. If a record is not taken, its
/// code is returned, and `*taken` (which may not be NULL) says how many before it were: this call and KAFKA_QUEUE_FULL
/// are an exception to "not 0: nothing was taken".
/// @return also KAFKA_INVALID_ARGUMENT if an end is below the one before; then nothing was taken.
UVKAFKA_API int kafka_topic_send_packed(kafka_producer* producer, kafka_topic* topic, int32_t partition,
                                        const void* keys, const uint32_t* key_ends, const void* values,
                                        const uint32_t* value_ends, size_t count, uint64_t first_token, size_t* taken);

/// Sends `count` records, each with a partition, and reports once, when the last partition has its outcome. If they do
/// not fit into buffer.memory, none is sent. A partition that fails is tried again alone. The error is the first one of
/// a partition. Table "partitions" of the result: topic, partition, offset (of its first record), persistence (a
/// kafka_persistence that holds for all of its records).
UVKAFKA_API int kafka_producer_produce(kafka_producer* producer, const kafka_record* records, size_t count,
                                       kafka_result_cb cb, void* user);
/// Sends everything that waits. `done` runs when every record that was sent before this call has its outcome.
UVKAFKA_API int kafka_producer_flush(kafka_producer* producer, kafka_plain_cb done, void* user);
/// Gives up every record without an outcome: each is reported as KAFKA_CANCELLED.
UVKAFKA_API int kafka_producer_abort(kafka_producer* producer);
/// `cb` runs once after a KAFKA_QUEUE_FULL, when there is room again. Set it again for the next time. It replaces the
/// one before; NULL ends it.
UVKAFKA_API int kafka_producer_on_drain(kafka_producer* producer, kafka_plain_cb cb, void* user);
/// 1 if sending this record would return KAFKA_QUEUE_FULL now, else 0. Then the handler of kafka_producer_on_drain()
/// runs when there is room again. A negative code if an argument is wrong.
UVKAFKA_API int kafka_producer_would_block(kafka_producer* producer, const kafka_record* record);
/// Runs `cb` when a record with `bytes` bytes of key and value finds room in buffer.memory. Many may wait: they run in
/// the order of these calls. When the producer is closed all run.
/// @return KAFKA_MESSAGE_TOO_LARGE if buffer.memory is smaller than such a record; KAFKA_CLOSED.
UVKAFKA_API int kafka_producer_when_room(kafka_producer* producer, size_t bytes, kafka_plain_cb cb, void* user);
/// `cb` chooses partitions in place of the option `partitioner`. It replaces the one before; NULL gives the choice
/// back.
UVKAFKA_API int kafka_producer_set_partitioner(kafka_producer* producer, kafka_partitioner_cb cb, void* user);
/// The number of records without an outcome. `bytes`, which may be NULL, gets what they use of buffer.memory. 0 for a
/// wrong argument.
UVKAFKA_API size_t kafka_producer_queued(const kafka_producer* producer, size_t* bytes);
/// Takes no more records, flushes within `deadline_ms` (below 0: delivery.timeout.ms), fails the rest with
/// KAFKA_CLOSED, then calls `done`, which may be NULL.
UVKAFKA_API int kafka_producer_close(kafka_producer* producer, int64_t deadline_ms, kafka_plain_cb done, void* user);
/// Frees the producer. If it was not closed, records that wait are dropped, and their callbacks never run. NULL is
/// allowed. On another thread nothing is done.
UVKAFKA_API void kafka_producer_free(kafka_producer* producer);

#ifdef __cplusplus
}
#endif
#endif
