// Columns: many messages at a time, each part of them as one array. For bindings, where every call and every object
// costs.
#ifndef KAFKA_C_COLUMNS_H
#define KAFKA_C_COLUMNS_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// `count` messages. Message k has the bytes of `values` from where message k - 1 ends to `value_ends[k]`; the bit
/// KAFKA_PACKED_NULL in an end says that the item is null. So with keys. kafka_topic_send_packed() takes the same
/// arrays.
typedef struct {
  size_t size;  ///< of this struct, set by KAFKA_INIT
  size_t count;
  const char *keys, *values;
  const uint32_t *key_ends, *value_ends;
  const int64_t* offsets;
  const int64_t* timestamps;  ///< milliseconds since 1970; -1: none
  const int32_t* partitions;
  const uint32_t* topic_indexes;  ///< into `topics`
  const char* const* topics;
  size_t topic_count;
} kafka_column_arrays;

/// The headers of the same messages, as they lie in their records.
typedef struct {
  size_t size;  ///< of this struct, set by KAFKA_INIT
  const char* raw_headers;
  const uint32_t* ends;
  const int32_t* counts;
} kafka_header_arrays;

/// `columns` is the callback's, which may keep it. Each of its messages is open until it is answered. It is freed with
/// kafka_columns_free(), and may outlive its consumer and its session.
typedef void (*kafka_columns_cb)(void* user, kafka_columns* columns);

/// Gives the arrays, which are valid as long as `columns`. Every thread may make this call, and read them.
UVKAFKA_API int kafka_columns_get(const kafka_columns* columns, kafka_column_arrays* to);
/// Gives the headers, valid as long as `columns`. They are gathered by the first call.
UVKAFKA_API int kafka_columns_headers(kafka_columns* columns, kafka_header_arrays* to);
/// Answers messages `first` to `first + count - 1` as kafka_envelope_commit() answers each alone. `cb`, which may be
/// NULL, runs once, when the last of them has its outcome, with the first error of one.
/// @return KAFKA_ALREADY_ANSWERED if one of them was answered: nothing is answered then. KAFKA_LOST if all of them are
///         lost: the answers change nothing. KAFKA_INVALID_ARGUMENT for a range that is empty or has no such messages.
UVKAFKA_API int kafka_columns_commit(kafka_columns* columns, size_t first, size_t count, kafka_bytes metadata,
                                     kafka_done_cb cb, void* user);
/// As kafka_envelope_ack() of each in that range. Results as above.
UVKAFKA_API int kafka_columns_ack(kafka_columns* columns, size_t first, size_t count);
/// As kafka_envelope_cancel() of each in that range. Results as above.
UVKAFKA_API int kafka_columns_cancel(kafka_columns* columns, size_t first, size_t count);
/// Frees it. Messages without an answer end the consumption with KAFKA_ENVELOPE_DROPPED. NULL is allowed. On another
/// thread nothing is done.
UVKAFKA_API void kafka_columns_free(kafka_columns* columns);

#ifdef __cplusplus
}
#endif
#endif
