// Envelopes: a message, or a batch of messages of one partition, that the program has to answer.
#ifndef KAFKA_C_ENVELOPE_H
#define KAFKA_C_ENVELOPE_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Which clock a message's timestamp comes from.
typedef enum {
  KAFKA_TIMESTAMP_NONE = -1,
  KAFKA_TIMESTAMP_CREATE_TIME = 0,
  KAFKA_TIMESTAMP_LOG_APPEND_TIME = 1
} kafka_timestamp_type;

/// A message as it lies in the fetched batch. Its bytes are valid as long as its envelope, answered or not.
typedef struct {
  size_t size;
  int64_t offset;
  int64_t timestamp;        ///< milliseconds since 1970; -1: none
  kafka_bytes key;          ///< data NULL: no key
  kafka_bytes value;        ///< data NULL: a tombstone
  kafka_bytes raw_headers;  ///< as they lie in the record
  int32_t header_count;
  int32_t timestamp_type;  ///< a kafka_timestamp_type
} kafka_message;

/// `envelope` is the callback's, which may keep it. It is open until kafka_envelope_commit(), _ack() or _cancel()
/// answers it, and is freed with kafka_envelope_free(). It may outlive its consumer and its session.
typedef void (*kafka_envelope_cb)(void* user, kafka_envelope* envelope);

// What an envelope shows never changes, and every thread may read it. It is answered and freed on the loop's thread.

/// The topic of all messages; "" for NULL. Valid as long as the envelope.
UVKAFKA_API const char* kafka_envelope_topic(const kafka_envelope* envelope);
/// The partition of all messages; -1 for NULL.
UVKAFKA_API int32_t kafka_envelope_partition(const kafka_envelope* envelope);
/// How many messages it holds; 0 for NULL.
UVKAFKA_API size_t kafka_envelope_count(const kafka_envelope* envelope);
/// The first message, or NULL for NULL. The next one is `*stride` bytes behind it; `stride` may be NULL. Valid as long
/// as the envelope.
UVKAFKA_API const kafka_message* kafka_envelope_messages(const kafka_envelope* envelope, size_t* stride);
/// Parses the headers of a message in their order: `to` has room for `*count`, which becomes the number of headers.
/// @return KAFKA_TOO_LARGE if there is not enough room; nothing is written then.
UVKAFKA_API int kafka_message_headers(const kafka_message* message, kafka_header* to, size_t* count);

/// Stores the offset behind the last message in the group, with `length` bytes of metadata, which may be NULL. The next
/// envelope comes when the broker has confirmed that, or at once with commit.mode=pipelined. `cb`, which may be NULL,
/// gets the outcome. A commit that fails for good ends the consumption.
/// @return KAFKA_ALREADY_ANSWERED, KAFKA_LOST (the answer changes nothing), KAFKA_CLOSED.
UVKAFKA_API int kafka_envelope_commit(kafka_envelope* envelope, const char* metadata, size_t length, kafka_done_cb cb,
                                      void* user);
/// Moves on and stores nothing. The commit of a later message covers this one. Results as above.
UVKAFKA_API int kafka_envelope_ack(kafka_envelope* envelope);
/// kafka_envelope_ack() and kafka_envelope_free() in one call, which costs less for each message. It is freed whatever
/// the result is, but for KAFKA_WRONG_THREAD and for NULL. Results as above.
UVKAFKA_API int kafka_envelope_ack_free(kafka_envelope* envelope);
/// Ends the consumption: nothing more is dispatched, and the next consumption begins with this message. Results as
/// above.
UVKAFKA_API int kafka_envelope_cancel(kafka_envelope* envelope);
/// 1 once it is answered, else 0.
UVKAFKA_API int kafka_envelope_answered(const kafka_envelope* envelope);
/// Frees it. One without an answer ends the consumption with KAFKA_ENVELOPE_DROPPED. NULL is allowed. On another thread
/// nothing is done.
UVKAFKA_API void kafka_envelope_free(kafka_envelope* envelope);

#ifdef __cplusplus
}
#endif
#endif
