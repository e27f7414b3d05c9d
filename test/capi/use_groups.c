/* Members of groups, offsets and the administration of groups: each function once, and what it must do. */
#include "use.h"

static const char* const topics[] = {"orders"};
static int assigned_partitions, revoking, lost_partitions;
static kafka_envelope* open_envelope;

static void on_assigned(void* user, const kafka_partitions* partitions) {
  assigned_partitions += (int)kafka_partitions_count(partitions);
  ran(user);
}
static void on_revoking(void* user, const kafka_partitions* partitions, int64_t left_ms) {
  CHECK(left_ms > 0 && kafka_partitions_count(partitions) > 0);
  ++revoking;
  ran(user);
}
static void on_revoked(void* user, kafka_revocation* revocation) {
  CHECK(kafka_partitions_count(kafka_revocation_partitions(revocation)) > 0);
  kafka_revocation_release(revocation);
  ran(user);
}
static void on_lost(void* user, const kafka_partitions* partitions, const kafka_error* error) {
  CHECK(error != NULL);
  lost_partitions += (int)kafka_partitions_count(partitions);
  ran(user);
}
static void commit_message(void* user, kafka_envelope* envelope) {
  (void)user;
  CHECK(kafka_envelope_commit(envelope, NULL, 0, NULL, NULL) == 0);
  kafka_envelope_free(envelope);
}
static void keep_open(void* user, kafka_envelope* envelope) {
  (void)user;
  open_envelope = envelope;
}

static void on_list(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL && kafka_result_count(result, "groups") == 1 && kafka_result_count(result, "failures") == 0);
  CHECK(strcmp(kafka_result_string(result, "groups", 0, "name"), "team") == 0);
  CHECK(strcmp(kafka_result_string(result, "groups", 0, "type"), "Classic") == 0);
  ran(user);
}
static char member_id[128];
static void on_description(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL && kafka_result_count(result, "members") == 2 && kafka_result_count(result, "assigned") == 2);
  CHECK(strcmp(kafka_result_string(result, "groups", 0, "state"), "Stable") == 0);
  CHECK(strcmp(kafka_result_string(result, "subscriptions", 0, "topic"), "orders") == 0);
  snprintf(member_id, sizeof(member_id), "%s", kafka_result_string(result, "members", 0, "member_id"));
  ran(user);
}
static void on_lag(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL && kafka_result_count(result, "partitions") == 2);
  int64_t end = -1;
  CHECK(kafka_result_number(result, "partitions", 0, "end", &end) == 0 && end >= 0);
  ran(user);
}
static void on_done(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL);
  CHECK(kafka_result_count(result, "groups") + kafka_result_count(result, "partitions") +
            kafka_result_count(result, "members") ==
        1);
  ran(user);
}

static void use_members(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 2) == 0);
  assigned_partitions = revoking = 0;
  kafka_consumer* first = kafka_member_new(world.session, "team", topics, 1, NULL);
  user_t* assigned = handler("assigned");
  accepted(assigned, kafka_consumer_on_assigned(first, on_assigned, assigned));
  user_t* going = handler("revoking");
  accepted(going, kafka_consumer_on_revoking(first, on_revoking, going));
  user_t* gone = handler("revoked");
  accepted(gone, kafka_consumer_on_revoked(first, on_revoked, gone));
  user_t* lost = handler("lost");
  accepted(lost, kafka_consumer_on_lost(first, on_lost, lost));
  user_t* reading = once("first member");
  accepted(reading, kafka_consumer_consume(first, 0, commit_message, ended, reading));
  run_until(world.loop, &assigned_partitions, 2);
  kafka_result* stats = kafka_session_stats(world.session);
  int64_t owned = -1;
  CHECK(kafka_result_count(stats, "members") == 1 && kafka_result_number(stats, "members", 0, "owned", &owned) == 0);
  CHECK(owned == 2 && strcmp(kafka_result_string(stats, "members", 0, "state"), "stable") == 0);
  kafka_result_free(stats);
  kafka_result* view = kafka_consumer_group(first);
  CHECK(strcmp(kafka_result_string(view, "member", 0, "state"), "stable") == 0);
  CHECK(kafka_result_count(view, "owned") == 2);
  kafka_result_free(view);

  /* A second member takes one of the two partitions over. */
  kafka_consumer* second = kafka_member_new_pattern(world.session, "team", "ord.*", NULL);
  CHECK(kafka_consumer_error(second) == NULL);
  user_t* also = handler("assigned to the second");
  accepted(also, kafka_consumer_on_assigned(second, on_assigned, also));
  user_t* reading_too = once("second member");
  accepted(reading_too, kafka_consumer_consume(second, 0, commit_message, ended, reading_too));
  run_until(world.loop, &gone->ran, 1);
  run_until_ran(world.loop, also);
  for (int owned = 0; owned != 2;) {
    uv_run(world.loop, UV_RUN_ONCE);
    kafka_consumer* const both[] = {first, second};
    owned = 0;
    for (int k = 0; k < 2; ++k) {
      view = kafka_consumer_group(both[k]);
      if (strcmp(kafka_result_string(view, "member", 0, "state"), "stable") == 0) {
        owned += kafka_result_count(view, "owned") == 1;
      }
      kafka_result_free(view);
    }
  }
  CHECK(revoking >= 1);

  user_t* listed = once("list of groups");
  accepted(listed, kafka_groups_list(world.session, "Stable,Empty", "Classic", on_list, listed));
  run_until_ran(world.loop, listed);
  const char* const names[] = {"team"};
  user_t* described = once("description of a group");
  accepted(described, kafka_groups_describe(world.session, names, 1, on_description, described));
  run_until_ran(world.loop, described);
  user_t* lag = once("lag");
  accepted(lag, kafka_groups_lag(world.session, "team", on_lag, lag));
  run_until_ran(world.loop, lag);

  /* A member that is removed has lost its partitions, and joins again. */
  const char* const ids[] = {member_id};
  user_t* removed = once("removal of a member");
  accepted(removed, kafka_groups_remove_members(world.session, "team", ids, 1, NULL, 0, "a test", on_done, removed));
  run_until_ran(world.loop, removed);

  CHECK(kafka_consumer_subscribe(first, topics, 1) == 0);
  CHECK(kafka_consumer_rebalance(first, "a test") == 0);
  CHECK(kafka_consumer_subscribe_pattern(second, "orders") == 0);
  user_t* closed = once("members closed");
  accepted(closed, kafka_consumer_close(first, KAFKA_LEAVE, ran, closed));
  run_until_ran(world.loop, closed);
  closed = once("second member closed");
  accepted(closed, kafka_consumer_close(second, KAFKA_LEAVE, ran, closed));
  run_until_ran(world.loop, closed);
  kafka_consumer_free(first);
  kafka_consumer_free(second);

  kafka_partitions* one = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(one, "orders", 0) == 0);
  user_t* offsets = once("offsets deleted");
  accepted(offsets, kafka_groups_delete_offsets(world.session, "team", one, on_done, offsets));
  run_until_ran(world.loop, offsets);
  user_t* deleted = once("group deleted");
  accepted(deleted, kafka_groups_delete(world.session, names, 1, on_done, deleted));
  run_until_ran(world.loop, deleted);
  kafka_partitions_free(one);
  world_free(&world);
}

static int64_t told_offset;
static void on_places(void* user, const kafka_error* error, const kafka_partitions* places) {
  kafka_place place = KAFKA_INIT(kafka_place);
  CHECK(error == NULL && kafka_partitions_count(places) == 1);
  CHECK(kafka_partitions_get(places, 0, &place) == 0 && place.error == NULL);
  CHECK(strcmp(place.topic, "orders") == 0 && place.partition == 1);
  told_offset = place.offset;
  ran(user);
}

static void use_offsets(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 2) == 0);
  kafka_producer* producer = kafka_producer_new(world.session, NULL);
  for (int k = 0; k < 5; ++k) {
    kafka_topic* topic = kafka_producer_topic(producer, "orders");
    CHECK(kafka_topic_send(producer, topic, 1, NULL, 0, "x", 1, 0) == 0);
    kafka_topic_free(topic);
  }
  user_t* flushed = once("five records");
  accepted(flushed, kafka_producer_flush(producer, ran, flushed));
  run_until_ran(world.loop, flushed);
  kafka_producer_free(producer);

  kafka_partitions* one = kafka_partitions_new();
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  place.partition = 1;
  place.offset = 3;
  place.metadata = text("three");
  CHECK(kafka_partitions_add(one, &place) == 0);
  const int64_t times[] = {KAFKA_EARLIEST_OFFSET, KAFKA_LATEST_OFFSET, 1};
  const int64_t found[] = {0, 5, 0};
  for (int k = 0; k < 3; ++k) {
    user_t* at = once("offsets at a time");
    accepted(at, kafka_offsets_at(world.session, one, times[k], on_places, at));
    run_until_ran(world.loop, at);
    CHECK(told_offset == found[k]);
  }
  user_t* stored = once("group commit");
  accepted(stored, kafka_group_commit(world.session, "team", one, on_places, stored));
  run_until_ran(world.loop, stored);
  user_t* read = once("group offsets");
  accepted(read, kafka_group_offsets(world.session, "team", one, on_places, read));
  run_until_ran(world.loop, read);
  CHECK(told_offset == 3);
  for (int to_end = 0; to_end < 2; ++to_end) {
    user_t* reset = once("group reset");
    accepted(reset, kafka_group_reset(world.session, "team", one, to_end, on_places, reset));
    run_until_ran(world.loop, reset);
    CHECK(kafka_devbroker_committed(world.broker, "team", "orders", 1) == (to_end ? 5 : 0));
  }
  kafka_partitions_free(one);
  world_free(&world);
}

/* Everything is freed in the middle of work, the session first. */
static void use_drops_of_consumers(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 1) == 0);
  kafka_producer* producer = kafka_producer_new(world.session, NULL);
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.value = text("x");
  CHECK(kafka_producer_send(producer, &record, NULL, NULL) == 0);
  kafka_consumer* consumer = kafka_consumer_new_all(world.session, "team", topics, 1, NULL);
  user_t* reading = once("reading when everything is freed");
  accepted(reading, kafka_consumer_consume(consumer, 0, keep_open, ended, reading));
  open_envelope = NULL;
  while (open_envelope == NULL) uv_run(world.loop, UV_RUN_ONCE);
  user_t* commit = once("commit when everything is freed");
  accepted(commit, kafka_envelope_commit(open_envelope, NULL, 0, ended, commit));
  user_t* stopped = once("stop when everything is freed");
  accepted(stopped, kafka_consumer_stop(consumer, ran, stopped));
  kafka_session_free(world.session);
  world.session = NULL;
  CHECK(commit->dropped + reading->dropped + stopped->dropped == 3);
  CHECK(kafka_envelope_answered(open_envelope) == 1);
  kafka_consumer_free(consumer);
  CHECK(kafka_envelope_messages(open_envelope, NULL)->value.data[0] == 'x');
  kafka_envelope_free(open_envelope);
  kafka_producer_free(producer);
  world_free(&world);
}

void use_groups(void) {
  use_members();
  use_offsets();
  use_drops_of_consumers();
}
