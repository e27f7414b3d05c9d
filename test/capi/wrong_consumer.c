/* Wrong arguments of lists, consumers, envelopes, columns, offsets, groups and private loops. */
#include "wrong.h"

static void never_envelope(void* user, kafka_envelope* envelope) {
  (void)envelope;
  never(user);
}
static void never_columns(void* user, kafka_columns* columns) {
  (void)columns;
  never(user);
}
static void never_places(void* user, const kafka_error* error, const kafka_partitions* places) {
  (void)error;
  (void)places;
  never(user);
}

static void wrong_partitions(void) {
  kafka_partitions* list = kafka_partitions_new();
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  REFUSED(kafka_partitions_add(NULL, &place));
  REFUSED(kafka_partitions_add(list, NULL));
  const size_t sizes[] = {0, sizeof(place) - 1, sizeof(place) + 1};
  for (int k = 0; k < 3; ++k) {
    place.size = sizes[k];
    REFUSED(kafka_partitions_add(list, &place));
    REFUSED(kafka_partitions_get(list, 0, &place));
  }
  place.size = sizeof(place);
  place.topic = NULL;
  REFUSED(kafka_partitions_add(list, &place));
  place.topic = "orders";
  place.metadata.length = 3;
  REFUSED(kafka_partitions_add(list, &place));
  place.metadata.length = 0;
  place.leader_epoch_plus_one = -1;
  REFUSED(kafka_partitions_add(list, &place));
  REFUSED(kafka_partitions_add_partition(NULL, "orders", 0));
  REFUSED(kafka_partitions_add_partition(list, NULL, 0));
  CHECK(kafka_partitions_count(NULL) == 0 && kafka_partitions_count(list) == 0);
  REFUSED(kafka_partitions_get(NULL, 0, &place));
  REFUSED(kafka_partitions_get(list, 0, &place));
  CHECK(kafka_partitions_add_partition(list, "orders", 0) == 0);
  REFUSED(kafka_partitions_get(list, 1, &place));
  REFUSED(kafka_partitions_get(list, 0, NULL));
  CHECK(kafka_partitions_copy(NULL) == NULL);
  kafka_partitions_free(NULL);
  kafka_partitions_free(list);
}

static void wrong_kinds(kafka_session* session) {
  const char* const topics[] = {"orders"};
  const char* const null_topic[] = {NULL};
  kafka_partitions* list = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(list, "orders", 0) == 0);
  kafka_options* others = kafka_options_new(KAFKA_SESSION_OPTIONS);
  REFUSED_OBJECT(kafka_consumer_new(NULL, "g", list, NULL));
  REFUSED_OBJECT(kafka_consumer_new(session, NULL, list, NULL));
  REFUSED_OBJECT(kafka_consumer_new(session, "g", NULL, NULL));
  REFUSED_OBJECT(kafka_consumer_new(session, "g", list, others));
  REFUSED_OBJECT(kafka_consumer_new_all(NULL, "g", topics, 1, NULL));
  REFUSED_OBJECT(kafka_consumer_new_all(session, NULL, topics, 1, NULL));
  REFUSED_OBJECT(kafka_consumer_new_all(session, "g", NULL, 1, NULL));
  REFUSED_OBJECT(kafka_consumer_new_all(session, "g", topics, 0, NULL));
  REFUSED_OBJECT(kafka_consumer_new_all(session, "g", null_topic, 1, NULL));
  REFUSED_OBJECT(kafka_member_new(NULL, "g", topics, 1, NULL));
  REFUSED_OBJECT(kafka_member_new(session, NULL, topics, 1, NULL));
  REFUSED_OBJECT(kafka_member_new(session, "g", null_topic, 1, NULL));
  REFUSED_OBJECT(kafka_member_new_pattern(NULL, "g", "o.*", NULL));
  REFUSED_OBJECT(kafka_member_new_pattern(session, NULL, "o.*", NULL));
  REFUSED_OBJECT(kafka_member_new_pattern(session, "g", NULL, NULL));
  REFUSED_OBJECT(kafka_fetcher_new(NULL, list, NULL));
  REFUSED_OBJECT(kafka_fetcher_new(session, NULL, NULL));
  REFUSED_OBJECT(kafka_fetcher_new_all(NULL, topics, 1, NULL));
  REFUSED_OBJECT(kafka_fetcher_new_all(session, null_topic, 1, others));
  kafka_options_free(others);

  /* What the library finds wrong leaves an object that says why. */
  CHECK(kafka_partitions_add_partition(list, "orders", 0) == 0);
  kafka_consumer* twice = kafka_consumer_new(session, "g", list, NULL);
  CHECK(kafka_error_code(kafka_consumer_error(twice)) == KAFKA_INVALID_ARGUMENT);
  kafka_consumer_free(twice);
  kafka_consumer* pattern = kafka_member_new_pattern(session, "g", "(", NULL);
  CHECK(kafka_consumer_error(pattern) != NULL);
  kafka_consumer_free(pattern);
  CHECK(kafka_consumer_error(NULL) == NULL);
  kafka_partitions_free(list);
}

static void wrong_control(kafka_session* session) {
  const char* const topics[] = {"orders"};
  const char* const null_topic[] = {NULL};
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  kafka_partitions* list = kafka_partitions_new();
  CHECK(kafka_partitions_add(list, &place) == 0);
  kafka_consumer* consumer = kafka_consumer_new(session, "g", list, NULL);
  kafka_consumer* fetcher = kafka_fetcher_new(session, list, NULL);
  REFUSED(kafka_consumer_consume(NULL, 0, never_envelope, never_done, NULL));
  REFUSED(kafka_consumer_consume(consumer, 0, NULL, never_done, NULL));
  REFUSED(kafka_consumer_consume(consumer, -1, never_envelope, never_done, NULL));
  REFUSED(kafka_consumer_consume_batches(NULL, 1, never_envelope, never_done, NULL));
  REFUSED(kafka_consumer_consume_batches(consumer, 1, NULL, never_done, NULL));
  REFUSED(kafka_consumer_consume_batches(consumer, 0, never_envelope, never_done, NULL));
  REFUSED(kafka_consumer_consume_columns(NULL, 1, never_columns, never_done, NULL));
  REFUSED(kafka_consumer_consume_columns(consumer, 1, never_columns, never_done, NULL)); /* not unordered */
  REFUSED(kafka_consumer_consume_columns(consumer, 1, NULL, never_done, NULL));
  REFUSED(kafka_consumer_consume_columns(consumer, 0, never_columns, never_done, NULL));
  REFUSED(kafka_consumer_stop(NULL, never, NULL));
  REFUSED(kafka_consumer_pause(NULL, list));
  REFUSED(kafka_consumer_resume(NULL, list));
  kafka_partitions* unread = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(unread, "payments", 0) == 0);
  REFUSED(kafka_consumer_pause(consumer, unread));
  REFUSED(kafka_consumer_resume(consumer, unread));
  kafka_partitions_free(unread);
  REFUSED(kafka_consumer_seek(NULL, &place));
  REFUSED(kafka_consumer_seek(consumer, NULL));
  place.partition = 7;
  REFUSED(kafka_consumer_seek(consumer, &place));
  CHECK(kafka_consumer_position(NULL, "orders", 0) == -1 && kafka_consumer_position(consumer, NULL, 0) == -1);
  REFUSED(kafka_consumer_at_end(NULL, "orders", 0));
  REFUSED(kafka_consumer_at_end(consumer, NULL, 0));
  REFUSED_OBJECT(kafka_consumer_partitions(NULL));
  REFUSED(kafka_consumer_on_partition_end(NULL, NULL, NULL));
  REFUSED(kafka_consumer_on_event(NULL, NULL, NULL));
  REFUSED(kafka_consumer_close(NULL, KAFKA_LEAVE, never, NULL));
  REFUSED(kafka_consumer_close(consumer, -1, never, NULL));
  REFUSED(kafka_consumer_close(consumer, 3, never, NULL));
  kafka_consumer_free(NULL);

  kafka_consumer* const no_members[] = {NULL, consumer, fetcher};
  for (int k = 0; k < 3; ++k) {
    REFUSED(kafka_consumer_subscribe(no_members[k], topics, 1));
    REFUSED(kafka_consumer_subscribe_pattern(no_members[k], "o.*"));
    REFUSED(kafka_consumer_rebalance(no_members[k], NULL));
  }
  kafka_consumer* member = kafka_member_new(session, "g", topics, 1, NULL);
  REFUSED(kafka_consumer_subscribe(member, NULL, 1));
  REFUSED(kafka_consumer_subscribe(member, topics, 0));
  REFUSED(kafka_consumer_subscribe(member, null_topic, 1));
  REFUSED(kafka_consumer_subscribe_pattern(member, NULL));
  kafka_consumer_free(member);
  REFUSED_OBJECT(kafka_consumer_group(NULL));
  REFUSED_OBJECT(kafka_consumer_group(fetcher));
  REFUSED(kafka_consumer_on_assigned(fetcher, NULL, NULL));
  REFUSED(kafka_consumer_on_assigned(NULL, NULL, NULL));
  REFUSED(kafka_consumer_on_revoking(NULL, NULL, NULL));
  REFUSED(kafka_consumer_on_revoked(NULL, NULL, NULL));
  REFUSED(kafka_consumer_on_lost(NULL, NULL, NULL));
  CHECK(kafka_revocation_partitions(NULL) == NULL);
  kafka_revocation_release(NULL);
  kafka_partitions_free(list);
  kafka_consumer_free(fetcher);
  kafka_consumer_free(consumer);
}

static void wrong_messages(void) {
  kafka_message message = KAFKA_INIT(kafka_message);
  kafka_header header;
  size_t count = 1;
  CHECK(kafka_envelope_topic(NULL)[0] == '\0' && kafka_envelope_partition(NULL) == -1);
  CHECK(kafka_envelope_count(NULL) == 0 && kafka_envelope_messages(NULL, NULL) == NULL);
  REFUSED(kafka_message_headers(NULL, &header, &count));
  REFUSED(kafka_message_headers(&message, NULL, &count));
  REFUSED(kafka_message_headers(&message, &header, NULL));
  message.size = 0;
  REFUSED(kafka_message_headers(&message, &header, &count));
  REFUSED(kafka_envelope_commit(NULL, NULL, 0, never_done, NULL));
  REFUSED(kafka_envelope_ack(NULL));
  REFUSED(kafka_envelope_ack_free(NULL));
  REFUSED(kafka_envelope_cancel(NULL));
  REFUSED(kafka_envelope_answered(NULL));
  kafka_envelope_free(NULL);

  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  kafka_header_arrays headers = KAFKA_INIT(kafka_header_arrays);
  kafka_bytes none = {NULL, 0};
  REFUSED(kafka_columns_get(NULL, &arrays));
  REFUSED(kafka_columns_headers(NULL, &headers));
  REFUSED(kafka_columns_commit(NULL, 0, 1, none, never_done, NULL));
  REFUSED(kafka_columns_ack(NULL, 0, 1));
  REFUSED(kafka_columns_cancel(NULL, 0, 1));
  kafka_columns_free(NULL);
}

static void wrong_groups(kafka_session* session) {
  const char* const names[] = {"g"};
  const char* const null_name[] = {NULL};
  kafka_partitions* list = kafka_partitions_new();
  REFUSED(kafka_offsets_at(NULL, list, 0, never_places, NULL));
  REFUSED(kafka_offsets_at(session, NULL, 0, never_places, NULL));
  REFUSED(kafka_offsets_at(session, list, 0, NULL, NULL));
  REFUSED(kafka_group_offsets(NULL, "g", list, never_places, NULL));
  REFUSED(kafka_group_offsets(session, NULL, list, never_places, NULL));
  REFUSED(kafka_group_offsets(session, "g", NULL, never_places, NULL));
  REFUSED(kafka_group_offsets(session, "g", list, NULL, NULL));
  REFUSED(kafka_group_commit(NULL, "g", list, never_places, NULL));
  REFUSED(kafka_group_commit(session, NULL, list, never_places, NULL));
  REFUSED(kafka_group_reset(NULL, "g", list, 0, never_places, NULL));
  REFUSED(kafka_group_reset(session, "g", NULL, 0, never_places, NULL));
  REFUSED(kafka_groups_list(NULL, NULL, NULL, never_result, NULL));
  REFUSED(kafka_groups_list(session, NULL, NULL, NULL, NULL));
  REFUSED(kafka_groups_list(session, "Asleep", NULL, never_result, NULL));
  REFUSED(kafka_groups_list(session, NULL, "Stable", never_result, NULL));
  REFUSED(kafka_groups_describe(NULL, names, 1, never_result, NULL));
  REFUSED(kafka_groups_describe(session, NULL, 1, never_result, NULL));
  REFUSED(kafka_groups_describe(session, null_name, 1, never_result, NULL));
  REFUSED(kafka_groups_describe(session, names, 1, NULL, NULL));
  REFUSED(kafka_groups_lag(NULL, "g", never_result, NULL));
  REFUSED(kafka_groups_lag(session, NULL, never_result, NULL));
  REFUSED(kafka_groups_lag(session, "g", NULL, NULL));
  REFUSED(kafka_groups_delete(NULL, names, 1, never_result, NULL));
  REFUSED(kafka_groups_delete(session, null_name, 1, never_result, NULL));
  REFUSED(kafka_groups_delete(session, names, 1, NULL, NULL));
  REFUSED(kafka_groups_delete_offsets(NULL, "g", list, never_result, NULL));
  REFUSED(kafka_groups_delete_offsets(session, NULL, list, never_result, NULL));
  REFUSED(kafka_groups_delete_offsets(session, "g", NULL, never_result, NULL));
  REFUSED(kafka_groups_delete_offsets(session, "g", list, NULL, NULL));
  REFUSED(kafka_groups_remove_members(NULL, "g", names, 1, NULL, 0, NULL, never_result, NULL));
  REFUSED(kafka_groups_remove_members(session, NULL, names, 1, NULL, 0, NULL, never_result, NULL));
  REFUSED(kafka_groups_remove_members(session, "g", NULL, 1, NULL, 0, NULL, never_result, NULL));
  REFUSED(kafka_groups_remove_members(session, "g", NULL, 0, null_name, 1, NULL, never_result, NULL));
  REFUSED(kafka_groups_remove_members(session, "g", names, 1, NULL, 0, NULL, NULL, NULL));
  kafka_partitions_free(list);
}

static void wrong_loop_thread(void* loop) {
  WRONG_THREAD(kafka_loop_timeout((kafka_loop*)loop));
  WRONG_THREAD(kafka_loop_run_once((kafka_loop*)loop));
  WRONG_THREAD(kafka_loop_on_wake((kafka_loop*)loop, NULL, NULL));
  WRONG_THREAD(kafka_loop_free((kafka_loop*)loop));
}
static void inside(void* user) {
  kafka_loop* loop = *(kafka_loop**)user;
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_loop_run_once(loop));
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_loop_free(loop));
  *(kafka_loop**)user = NULL;
}

static void wrong_loops(void) {
  CHECK(kafka_loop_uv(NULL) == NULL && kafka_loop_fd(NULL) == -1);
  REFUSED(kafka_loop_timeout(NULL));
  REFUSED(kafka_loop_run_once(NULL));
  REFUSED(kafka_loop_on_wake(NULL, NULL, NULL));
  CHECK(kafka_loop_free(NULL) == 0);
  kafka_loop* loop = kafka_loop_new();
  uv_thread_t thread;
  CHECK(uv_thread_create(&thread, wrong_loop_thread, loop) == 0);
  CHECK(uv_thread_join(&thread) == 0);
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "bootstrap.servers", "127.0.0.1:1") == 0);
  kafka_session* session = kafka_session_new(kafka_loop_uv(loop), options);
  kafka_options_free(options);
  kafka_loop* inner = loop;
  CHECK(kafka_session_post(session, inside, &inner) == 0);
  while (inner != NULL) CHECK(kafka_loop_run_once(loop) == 0);
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_loop_free(loop)); /* a session is on it */
  kafka_session_free(session);
  CHECK(kafka_loop_free(loop) == 0);
}

void wrong_consumer(kafka_session* session) {
  wrong_partitions();
  wrong_kinds(session);
  wrong_control(session);
  wrong_messages();
  wrong_groups(session);
  wrong_loops();
}

void wrong_thread_consumer(kafka_session* session, kafka_consumer* consumer) {
  const char* const topics[] = {"orders"};
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  kafka_partitions* list = kafka_partitions_new();
  CHECK(kafka_partitions_add(list, &place) == 0);
  REFUSED_OBJECT(kafka_consumer_new(session, "g", list, NULL));
  REFUSED_OBJECT(kafka_member_new(session, "g", topics, 1, NULL));
  REFUSED_OBJECT(kafka_fetcher_new(session, list, NULL));
  WRONG_THREAD(kafka_consumer_consume(consumer, 0, never_envelope, never_done, NULL));
  WRONG_THREAD(kafka_consumer_consume_batches(consumer, 1, never_envelope, never_done, NULL));
  WRONG_THREAD(kafka_consumer_consume_columns(consumer, 1, never_columns, never_done, NULL));
  WRONG_THREAD(kafka_consumer_stop(consumer, never, NULL));
  WRONG_THREAD(kafka_consumer_pause(consumer, list));
  WRONG_THREAD(kafka_consumer_resume(consumer, list));
  WRONG_THREAD(kafka_consumer_seek(consumer, &place));
  CHECK(kafka_consumer_position(consumer, "orders", 0) == -1);
  WRONG_THREAD(kafka_consumer_at_end(consumer, "orders", 0));
  REFUSED_OBJECT(kafka_consumer_partitions(consumer));
  WRONG_THREAD(kafka_consumer_on_event(consumer, NULL, NULL));
  WRONG_THREAD(kafka_consumer_on_partition_end(consumer, NULL, NULL));
  WRONG_THREAD(kafka_consumer_close(consumer, KAFKA_LEAVE, never, NULL));
  WRONG_THREAD(kafka_consumer_subscribe(consumer, topics, 1));
  WRONG_THREAD(kafka_consumer_subscribe_pattern(consumer, "o.*"));
  WRONG_THREAD(kafka_consumer_rebalance(consumer, NULL));
  REFUSED_OBJECT(kafka_consumer_group(consumer));
  WRONG_THREAD(kafka_consumer_on_assigned(consumer, NULL, NULL));
  WRONG_THREAD(kafka_consumer_on_revoking(consumer, NULL, NULL));
  WRONG_THREAD(kafka_consumer_on_revoked(consumer, NULL, NULL));
  WRONG_THREAD(kafka_consumer_on_lost(consumer, NULL, NULL));
  WRONG_THREAD(kafka_offsets_at(session, list, 0, never_places, NULL));
  WRONG_THREAD(kafka_group_offsets(session, "g", list, never_places, NULL));
  WRONG_THREAD(kafka_group_commit(session, "g", list, never_places, NULL));
  WRONG_THREAD(kafka_group_reset(session, "g", list, 0, never_places, NULL));
  WRONG_THREAD(kafka_groups_list(session, NULL, NULL, never_result, NULL));
  WRONG_THREAD(kafka_groups_describe(session, topics, 1, never_result, NULL));
  WRONG_THREAD(kafka_groups_lag(session, "g", never_result, NULL));
  WRONG_THREAD(kafka_groups_delete(session, topics, 1, never_result, NULL));
  WRONG_THREAD(kafka_groups_delete_offsets(session, "g", list, never_result, NULL));
  WRONG_THREAD(kafka_groups_remove_members(session, "g", topics, 1, NULL, 0, NULL, never_result, NULL));
  kafka_consumer_free(consumer); /* nothing happens */
  kafka_partitions_free(list);
}
