// Consumers: of fixed partitions, of all partitions of topics, and members of groups; and fetchers, which have no
// group.
#ifndef KAFKA_C_CONSUMER_H
#define KAFKA_C_CONSUMER_H

#include <kafka/c/columns.h>
#include <kafka/c/envelope.h>
#include <kafka/c/partitions.h>
#include <kafka/c/session.h>
#include <kafka/c/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a member does when it is closed.
typedef enum {
  KAFKA_LEAVE_BY_KIND,  ///< a static member (group.instance.id) stays, any other one leaves
  KAFKA_LEAVE,          ///< it leaves: the group shares its partitions out at once
  KAFKA_STAY            ///< its partitions wait for it until its session ends
} kafka_leaving;

// Each of these is freed with kafka_consumer_free(). `options` may be NULL. With bad options, groups or topics it does
// nothing, and kafka_consumer_error() says why. They are NULL without a session, a group, topics or memory, on another
// thread, or if the options are not those of a consumer.

/// Reads fixed partitions from the group's offsets, without being a member of the group. Topics and numbers count.
UVKAFKA_API kafka_consumer* kafka_consumer_new(kafka_session* session, const char* group,
                                               const kafka_partitions* partitions, const kafka_options* options);
/// Reads all partitions of these topics, also those that are made later, without being a member of the group.
UVKAFKA_API kafka_consumer* kafka_consumer_new_all(kafka_session* session, const char* group, const char* const* topics,
                                                   size_t count, const kafka_options* options);
/// A member of the group, which shares the partitions of these topics out among its members. It joins with the first
/// consumption.
UVKAFKA_API kafka_consumer* kafka_member_new(kafka_session* session, const char* group, const char* const* topics,
                                             size_t count, const kafka_options* options);
/// The same for the topics whose whole names match a regular expression of RE2, now and later.
UVKAFKA_API kafka_consumer* kafka_member_new_pattern(kafka_session* session, const char* group, const char* pattern,
                                                     const kafka_options* options);
/// Reads without a group, from the offset of each place: a number, KAFKA_EARLIEST_OFFSET, or KAFKA_LATEST_OFFSET; or
/// from its timestamp, if that is above 0. Commits store nothing.
UVKAFKA_API kafka_consumer* kafka_fetcher_new(kafka_session* session, const kafka_partitions* places,
                                              const kafka_options* options);
/// Reads all partitions of these topics without a group, from where auto.offset.reset says.
UVKAFKA_API kafka_consumer* kafka_fetcher_new_all(kafka_session* session, const char* const* topics, size_t count,
                                                  const kafka_options* options);

/// Why it does nothing; NULL if it works. Valid as long as the consumer.
UVKAFKA_API const kafka_error* kafka_consumer_error(const kafka_consumer* consumer);

// A consumption hands out messages until it ends. One runs at a time: a second one ends at once with
// KAFKA_INVALID_ARGUMENT. `end` runs once, at the end: without an error after the limit, kafka_consumer_stop() or
// kafka_envelope_cancel(). It may be NULL; then the drop of `user` tells the end.

/// Hands out messages one after another: the next one comes when the last one is answered. The option `ordering` says
/// how many may be open at a time. `limit` 0: no end, else it ends after that many.
UVKAFKA_API int kafka_consumer_consume(kafka_consumer* consumer, int64_t limit, kafka_envelope_cb cb, kafka_done_cb end,
                                       void* user);
/// Hands out batches of 1 to `max` messages of one partition. It never waits to fill one.
UVKAFKA_API int kafka_consumer_consume_batches(kafka_consumer* consumer, int32_t max, kafka_envelope_cb cb,
                                               kafka_done_cb end, void* user);
/// Hands out what came in a turn of the loop together, in columns of 1 to `max` messages. Needs ordering=unordered;
/// max.open limits how many are open at a time.
UVKAFKA_API int kafka_consumer_consume_columns(kafka_consumer* consumer, size_t max, kafka_columns_cb cb,
                                               kafka_done_cb end, void* user);
/// Ends the consumption gently: open envelopes may still be answered, however long that takes. Then its `end` runs, and
/// then `done`, which may be NULL.
UVKAFKA_API int kafka_consumer_stop(kafka_consumer* consumer, kafka_plain_cb done, void* user);

/// Stop or restart dispatching of these partitions, at once; NULL: of all, and of those that come later.
/// KAFKA_INVALID_ARGUMENT if one of them is not read; nothing changes then.
UVKAFKA_API int kafka_consumer_pause(kafka_consumer* consumer, const kafka_partitions* partitions);
UVKAFKA_API int kafka_consumer_resume(kafka_consumer* consumer, const kafka_partitions* partitions);
/// Sets the position of a partition to the place's offset, or to its timestamp if that is above 0.
UVKAFKA_API int kafka_consumer_seek(kafka_consumer* consumer, const kafka_place* to);
/// The offset of the oldest open envelope, or of the next message; -1 while it is not known, or for wrong arguments.
UVKAFKA_API int64_t kafka_consumer_position(const kafka_consumer* consumer, const char* topic, int32_t partition);
/// 1 if every message up to the end that the last fetch saw was handed out, else 0.
UVKAFKA_API int kafka_consumer_at_end(const kafka_consumer* consumer, const char* topic, int32_t partition);
/// The partitions that are read now, to be freed with kafka_partitions_free(). NULL if `consumer` is NULL or another
/// thread's.
UVKAFKA_API kafka_partitions* kafka_consumer_partitions(const kafka_consumer* consumer);

/// Runs each time the end of a partition is reached.
typedef void (*kafka_partition_end_cb)(void* user, const char* topic, int32_t partition, int64_t offset);
/// `cb` runs once per end. It replaces the handler before; NULL ends it. So with all handlers.
UVKAFKA_API int kafka_consumer_on_partition_end(kafka_consumer* consumer, kafka_partition_end_cb cb, void* user);
/// `cb` gets resets, truncations, and stopped and resumed partitions. Without it the session's handler gets them.
UVKAFKA_API int kafka_consumer_on_event(kafka_consumer* consumer, kafka_event_cb cb, void* user);

/// Ends the consumption, finishes the commits of answered envelopes, then calls `done`, which may be NULL. Open
/// envelopes are KAFKA_LOST. `leaving` is a kafka_leaving; only for members it means something.
UVKAFKA_API int kafka_consumer_close(kafka_consumer* consumer, int leaving, kafka_plain_cb done, void* user);
/// Frees the consumer, and aborts what was not closed. NULL is allowed. On another thread nothing is done.
UVKAFKA_API void kafka_consumer_free(kafka_consumer* consumer);

// Of members of a group. For other consumers these calls are KAFKA_INVALID_ARGUMENT, and the handlers never run.

/// Subscribes to other topics: the group shares partitions out anew.
UVKAFKA_API int kafka_consumer_subscribe(kafka_consumer* consumer, const char* const* topics, size_t count);
/// Subscribes to the topics whose names match.
UVKAFKA_API int kafka_consumer_subscribe_pattern(kafka_consumer* consumer, const char* pattern);
/// Asks the group to share partitions out anew. The coordinator's log shows `reason` (Kafka 3.2 and later).
UVKAFKA_API int kafka_consumer_rebalance(kafka_consumer* consumer, const char* reason);
/// The member's place in its group, to be freed with kafka_result_free(). Tables: "member" (one row): state, member_id,
/// generation, assignor, leader; "owned": topic, partition. NULL if `consumer` is NULL, a fetcher, or another thread's.
UVKAFKA_API kafka_result* kafka_consumer_group(const kafka_consumer* consumer);

/// Partitions that came; none if the member has joined and got none. Valid during the call.
typedef void (*kafka_assigned_cb)(void* user, const kafka_partitions* partitions);
/// Partitions that go. Their open envelopes may be answered for `left_ms` milliseconds.
typedef void (*kafka_revoking_cb)(void* user, const kafka_partitions* partitions, int64_t left_ms);
/// Partitions that have gone. The group goes on when `revocation`, which is the callback's, is released.
typedef void (*kafka_revoked_cb)(void* user, kafka_revocation* revocation);
/// Partitions that others may own already, because the coordinator has put this member out for the reason `error`.
typedef void (*kafka_lost_cb)(void* user, const kafka_partitions* partitions, const kafka_error* error);
/// `cb` hears of partitions before their first message. A seek in it wins over the group's offset.
UVKAFKA_API int kafka_consumer_on_assigned(kafka_consumer* consumer, kafka_assigned_cb cb, void* user);
/// `cb` hears of partitions when nothing more of them is handed out.
UVKAFKA_API int kafka_consumer_on_revoking(kafka_consumer* consumer, kafka_revoking_cb cb, void* user);
/// `cb` hears of partitions when what was answered of them is stored.
UVKAFKA_API int kafka_consumer_on_revoked(kafka_consumer* consumer, kafka_revoked_cb cb, void* user);
/// `cb` hears of partitions whose unstored messages will be read again.
UVKAFKA_API int kafka_consumer_on_lost(kafka_consumer* consumer, kafka_lost_cb cb, void* user);
/// The partitions that have gone. Valid until the revocation is released; NULL for NULL.
UVKAFKA_API const kafka_partitions* kafka_revocation_partitions(const kafka_revocation* revocation);
/// Lets the group go on, and frees `revocation`. NULL is allowed. On another thread nothing is done.
UVKAFKA_API void kafka_revocation_release(kafka_revocation* revocation);

#ifdef __cplusplus
}
#endif
#endif
