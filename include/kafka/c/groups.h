// Offsets of partitions, offsets that groups have stored, and the administration of groups.
#ifndef KAFKA_C_GROUPS_H
#define KAFKA_C_GROUPS_H

#include <kafka/c/partitions.h>
#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// Every call ends within default.api.timeout.ms. The error of a callback is the first one of an entry, or why nothing
// could be asked; entries without an error are valid all the same.

/// Where each partition begins (`time` KAFKA_EARLIEST_OFFSET) or ends (KAFKA_LATEST_OFFSET), or its first record whose
/// timestamp is `time` (milliseconds since 1970) or later. The places have offset, timestamp and error.
UVKAFKA_API int kafka_offsets_at(kafka_session* session, const kafka_partitions* partitions, int64_t time,
                                 kafka_places_cb cb, void* user);
/// What the group has stored for each partition. The places have offset (-1: nothing), metadata, epoch and error.
UVKAFKA_API int kafka_group_offsets(kafka_session* session, const char* group, const kafka_partitions* partitions,
                                    kafka_places_cb cb, void* user);
/// Stores offset, metadata and epoch of each place. A group with live members refuses it (KAFKA_UNKNOWN_MEMBER_ID).
UVKAFKA_API int kafka_group_commit(kafka_session* session, const char* group, const kafka_partitions* places,
                                   kafka_places_cb cb, void* user);
/// Stores the beginning of each partition, or its end if `to_end` is not 0.
UVKAFKA_API int kafka_group_reset(kafka_session* session, const char* group, const kafka_partitions* partitions,
                                  int to_end, kafka_places_cb cb, void* user);

/// Lists the groups of the cluster. `states` and `types` are conditions in Kafka's words, separated by commas
/// ("Stable", "Classic"); NULL: none. Tables: "groups": name, protocol_type, state, type; "failures" (brokers that
/// could not be asked): broker, address.
UVKAFKA_API int kafka_groups_list(kafka_session* session, const char* states, const char* types, kafka_result_cb cb,
                                  void* user);
/// Describes groups. Tables: "groups" (in the order of `names`): name, type, state, protocol_type, assignor, epoch,
/// assignment_epoch; "members": group, member_id, instance_id, client_id, host, rack, type, epoch, pattern;
/// "subscriptions": group, member_id, topic; "assigned" and "target": group, member_id, topic, partition.
UVKAFKA_API int kafka_groups_describe(kafka_session* session, const char* const* names, size_t count,
                                      kafka_result_cb cb, void* user);
/// How far a group is behind. Table "partitions": topic, partition, committed, end, lag, member_id.
UVKAFKA_API int kafka_groups_lag(kafka_session* session, const char* group, kafka_result_cb cb, void* user);
/// Deletes groups with their offsets. Table "groups": name.
UVKAFKA_API int kafka_groups_delete(kafka_session* session, const char* const* names, size_t count, kafka_result_cb cb,
                                    void* user);
/// Deletes the group's offsets of these partitions. Table "partitions": topic, partition.
UVKAFKA_API int kafka_groups_delete_offsets(kafka_session* session, const char* group,
                                            const kafka_partitions* partitions, kafka_result_cb cb, void* user);
/// Removes members by their ids and instance ids, either of which may be NULL with count 0. `reason` may be NULL. Table
/// "members": member_id, instance_id.
UVKAFKA_API int kafka_groups_remove_members(kafka_session* session, const char* group, const char* const* member_ids,
                                            size_t member_count, const char* const* instance_ids, size_t instance_count,
                                            const char* reason, kafka_result_cb cb, void* user);

#ifdef __cplusplus
}
#endif
#endif
