// Lists of partitions, with offsets and what else belongs to each.
#ifndef KAFKA_C_PARTITIONS_H
#define KAFKA_C_PARTITIONS_H

#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// In place of an offset: the first record of the partition, and the end of it.
#define KAFKA_EARLIEST_OFFSET ((int64_t)-2)
#define KAFKA_LATEST_OFFSET ((int64_t)-1)

/// A partition, and a place in it. Which members count is said by the call that takes the list, or gives it.
typedef struct {
  size_t size;        ///< of this struct, set by KAFKA_INIT
  const char* topic;  ///< valid as long as the list that gave it
  int32_t partition;
  int32_t leader_epoch_plus_one;  ///< of the record before `offset`; 0: not known
  int64_t offset;                 ///< in results -1: there is none
  int64_t timestamp;              ///< milliseconds since 1970; 0, and in results -1: none
  kafka_bytes metadata;           ///< stored with an offset; valid as long as the list that gave it
  const kafka_error* error;       ///< in results; NULL: none. Valid as long as the list
} kafka_place;

/// An empty list, to be freed with kafka_partitions_free(). NULL without memory.
UVKAFKA_API kafka_partitions* kafka_partitions_new(void);
/// Adds a place, which is copied; its error is ignored.
UVKAFKA_API int kafka_partitions_add(kafka_partitions* list, const kafka_place* place);
/// The same for a partition alone.
UVKAFKA_API int kafka_partitions_add_partition(kafka_partitions* list, const char* topic, int32_t partition);
/// How many places there are; 0 for NULL.
UVKAFKA_API size_t kafka_partitions_count(const kafka_partitions* list);
/// Gives place `index`. KAFKA_INVALID_ARGUMENT if there is none.
UVKAFKA_API int kafka_partitions_get(const kafka_partitions* list, size_t index, kafka_place* to);
/// A copy that is the caller's. NULL for NULL.
UVKAFKA_API kafka_partitions* kafka_partitions_copy(const kafka_partitions* list);
/// Frees a list that is the caller's. NULL is allowed.
UVKAFKA_API void kafka_partitions_free(kafka_partitions* list);

#ifdef __cplusplus
}
#endif
#endif
