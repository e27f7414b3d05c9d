/* Consumers, envelopes and columns: each function once, and what it must do. */
#include "use.h"

/* Writes `count` records to each of two partitions: key "k", value "v0", "v1", ..., one header. */
static void fill(world_t* world, int count) {
  kafka_producer* producer = kafka_producer_new(world->session, NULL);
  const kafka_header headers[] = {{{"name", 4}, {"value", 5}}, {{"null", 4}, {NULL, 0}}};
  for (int k = 0; k < count; ++k) {
    for (int partition = 0; partition < 2; ++partition) {
      char value[16];
      snprintf(value, sizeof(value), "v%d", k);
      kafka_record record = KAFKA_INIT(kafka_record);
      record.topic = text("orders");
      record.key = text("k");
      record.value = text(value);
      record.headers = headers;
      record.header_count = 2;
      record.partition_plus_one = partition + 1;
      CHECK(kafka_producer_send(producer, &record, NULL, NULL) == 0);
    }
  }
  user_t* flushed = once("fill");
  accepted(flushed, kafka_producer_flush(producer, ran, flushed));
  run_until_ran(world->loop, flushed);
  kafka_producer_free(producer);
}

static world_t filled_world(int count) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 2) == 0);
  fill(&world, count);
  return world;
}

static kafka_partitions* both_partitions(void) {
  kafka_partitions* list = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(list, "orders", 0) == 0);
  CHECK(kafka_partitions_add_partition(list, "orders", 1) == 0);
  CHECK(kafka_partitions_count(list) == 2);
  return list;
}

/* A consumption: its end is told to `user`, its messages are counted here. */
static struct {
  kafka_consumer* consumer;
  int messages;
  int commits; /* of envelopes whose commit was confirmed */
  int limit;   /* the last message is cancelled */
  kafka_envelope* kept;
} seen;

static void on_committed(void* user, const kafka_error* error) {
  CHECK(error == NULL);
  ++seen.commits;
  ran(user);
}

static void on_message(void* user, kafka_envelope* envelope) {
  (void)user;
  size_t stride = 0;
  const kafka_message* message = kafka_envelope_messages(envelope, &stride);
  CHECK(stride == sizeof(kafka_message) && message->size == sizeof(kafka_message));
  CHECK(strcmp(kafka_envelope_topic(envelope), "orders") == 0);
  CHECK(kafka_envelope_partition(envelope) >= 0 && kafka_envelope_count(envelope) == 1);
  CHECK(message->key.length == 1 && message->value.length >= 2 && message->value.data[0] == 'v');
  CHECK(message->timestamp > 0 && message->timestamp_type == KAFKA_TIMESTAMP_CREATE_TIME);
  CHECK(message->header_count == 2 && message->raw_headers.length > 9);
  kafka_header headers[2];
  size_t count = 1;
  CHECK(kafka_message_headers(message, headers, &count) == KAFKA_TOO_LARGE && count == 2);
  CHECK(kafka_message_headers(message, headers, &count) == 0 && count == 2);
  CHECK(headers[0].key.length == 4 && memcmp(headers[0].value.data, "value", 5) == 0);
  CHECK(headers[1].value.data == NULL);

  ++seen.messages;
  CHECK(kafka_envelope_answered(envelope) == 0);
  if (seen.messages == seen.limit) {
    CHECK(kafka_envelope_cancel(envelope) == 0);
  } else if (seen.messages % 4 == 0) {
    CHECK(kafka_envelope_ack_free(envelope) == 0);
    return;
  } else if (seen.messages % 2 == 0) {
    CHECK(kafka_envelope_ack(envelope) == 0);
  } else {
    user_t* commit = once("commit of an envelope");
    accepted(commit, kafka_envelope_commit(envelope, "mine", KAFKA_NTS, on_committed, commit));
  }
  CHECK(kafka_envelope_answered(envelope) == 1);
  CHECK(kafka_envelope_ack(envelope) == KAFKA_ALREADY_ANSWERED);
  CHECK(message->value.data[0] == 'v'); /* it shows its bytes until it is freed */
  kafka_envelope_free(envelope);
}

static void on_end_of_partition(void* user, const char* topic, int32_t partition, int64_t offset) {
  CHECK(strcmp(topic, "orders") == 0 && partition >= 0 && offset > 0);
  ran(user);
}
static void on_consumer_event(void* user, const kafka_event* event) {
  CHECK(event->size == sizeof(*event));
  ran(user);
}
static void dropped_end(void* user, const kafka_error* error) {
  CHECK(kafka_error_code(error) == KAFKA_ENVELOPE_DROPPED);
  ran(user);
}
static void refused_end(void* user, const kafka_error* error) {
  CHECK(kafka_error_code(error) == KAFKA_INVALID_ARGUMENT);
  ran(user);
}
static void drop_message(void* user, kafka_envelope* envelope) {
  (void)user;
  kafka_envelope_free(envelope);
}
/* An envelope may be read by any thread; only the loop's thread answers and frees it. */
static void read_elsewhere(void* given) {
  kafka_envelope* envelope = given;
  CHECK(kafka_envelope_messages(envelope, NULL)->value.data[0] == 'v');
  CHECK(kafka_envelope_ack(envelope) == KAFKA_WRONG_THREAD);
  CHECK(kafka_envelope_ack_free(envelope) == KAFKA_WRONG_THREAD);
  kafka_envelope_free(envelope); /* nothing happens */
}
static void ack_twice(void* user, kafka_envelope* envelope) {
  (void)user;
  CHECK(kafka_envelope_ack(envelope) == 0);
  CHECK(kafka_envelope_ack_free(envelope) == KAFKA_ALREADY_ANSWERED);
}
static void keep_message(void* user, kafka_envelope* envelope) {
  (void)user;
  seen.kept = envelope;
}

static void use_one_by_one(void) {
  world_t world = filled_world(5);
  kafka_partitions* list = both_partitions();
  memset(&seen, 0, sizeof(seen));
  kafka_consumer* consumer = kafka_consumer_new(world.session, "billing", list, NULL);
  CHECK(consumer != NULL && kafka_consumer_error(consumer) == NULL);
  user_t* ends = handler("partition ends");
  accepted(ends, kafka_consumer_on_partition_end(consumer, on_end_of_partition, ends));
  user_t* events = handler("consumer's events");
  accepted(events, kafka_consumer_on_event(consumer, on_consumer_event, events));

  user_t* ten = once("ten messages");
  accepted(ten, kafka_consumer_consume(consumer, 10, on_message, ended_well, ten));
  user_t* second = once("a second consumption at the same time");
  accepted(second, kafka_consumer_consume(consumer, 0, on_message, refused_end, second));
  run_until_ran(world.loop, ten);
  CHECK(second->ran == 1 && seen.messages == 10 && seen.commits == 5 && events->ran > 0);

  /* The next consumption has nothing to hand out: it hears of the ends, and stops. */
  user_t* nothing = once("a consumption at the end");
  accepted(nothing, kafka_consumer_consume(consumer, 0, on_message, ended_well, nothing));
  run_until(world.loop, &ends->ran, 2);
  user_t* stopped = once("stop at the end");
  accepted(stopped, kafka_consumer_stop(consumer, ran, stopped));
  run_until_ran(world.loop, stopped);
  CHECK(kafka_consumer_position(consumer, "orders", 0) == 5);
  CHECK(kafka_consumer_at_end(consumer, "orders", 0) == 1);
  CHECK(kafka_devbroker_committed(world.broker, "billing", "orders", 0) >= 1);

  /* Back to the beginning of one partition, with the other one paused. */
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  CHECK(kafka_consumer_seek(consumer, &place) == 0);
  kafka_partitions* one = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(one, "orders", 1) == 0);
  CHECK(kafka_consumer_pause(consumer, one) == 0);
  CHECK(kafka_consumer_resume(consumer, one) == 0);
  CHECK(kafka_consumer_pause(consumer, NULL) == 0);
  CHECK(kafka_consumer_resume(consumer, NULL) == 0);
  kafka_partitions_free(one);
  seen.limit = 13;
  user_t* cancelled = once("a consumption that is cancelled");
  accepted(cancelled, kafka_consumer_consume(consumer, 0, on_message, ended_well, cancelled));
  run_until_ran(world.loop, cancelled);
  CHECK(seen.messages == 13);
  kafka_partitions* read = kafka_consumer_partitions(consumer);
  kafka_partitions* copy = kafka_partitions_copy(read);
  CHECK(kafka_partitions_get(copy, 1, &place) == 0 && place.partition == 1);
  kafka_partitions_free(copy);
  kafka_partitions_free(read);

  /* A message that nobody answers ends the consumption. */
  user_t* unanswered = once("an envelope without an answer");
  accepted(unanswered, kafka_consumer_consume(consumer, 0, drop_message, dropped_end, unanswered));
  run_until_ran(world.loop, unanswered);

  user_t* twice = once("an envelope that is answered twice");
  accepted(twice, kafka_consumer_consume(consumer, 1, ack_twice, ended_well, twice));
  run_until_ran(world.loop, twice);

  stopped = once("stop");
  user_t* until_stop = once("a consumption until stop");
  accepted(until_stop, kafka_consumer_consume(consumer, 0, keep_message, ended_well, until_stop));
  while (seen.kept == NULL) uv_run(world.loop, UV_RUN_ONCE);
  accepted(stopped, kafka_consumer_stop(consumer, ran, stopped));
  for (int k = 0; k < 5; ++k) uv_run(world.loop, UV_RUN_NOWAIT);
  CHECK(stopped->ran == 0);
  uv_thread_t other;
  CHECK(uv_thread_create(&other, read_elsewhere, seen.kept) == 0);
  CHECK(uv_thread_join(&other) == 0);
  CHECK(kafka_envelope_answered(seen.kept) == 0);
  CHECK(kafka_envelope_ack_free(seen.kept) == 0);
  run_until_ran(world.loop, stopped);
  CHECK(until_stop->ran == 1);
  user_t* closed = once("consumer closed");
  accepted(closed, kafka_consumer_close(consumer, KAFKA_LEAVE_BY_KIND, ran, closed));
  run_until_ran(world.loop, closed);
  kafka_consumer_free(consumer);
  kafka_partitions_free(list);
  world_free(&world);
}

static void on_batch(void* user, kafka_envelope* envelope) {
  (void)user;
  size_t stride = 0;
  const char* at = (const char*)kafka_envelope_messages(envelope, &stride);
  const size_t count = kafka_envelope_count(envelope);
  CHECK(count >= 1 && count <= 3);
  for (size_t k = 0; k < count; ++k) {
    const kafka_message* message = (const kafka_message*)(at + k * stride);
    const kafka_message* first = (const kafka_message*)at;
    CHECK(message->offset == first->offset + (int64_t)k);
    ++seen.messages;
  }
  if (seen.messages == 10) CHECK(kafka_consumer_stop(seen.consumer, NULL, NULL) == 0);
  CHECK(kafka_envelope_commit(envelope, NULL, 0, NULL, NULL) == 0);
  kafka_envelope_free(envelope);
}

/* Batches, through every kind of consumer that is no member. */
static void use_batches(void) {
  world_t world = filled_world(5);
  const char* const topics[] = {"orders"};
  kafka_partitions* places = kafka_partitions_new();
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  place.offset = KAFKA_EARLIEST_OFFSET;
  for (place.partition = 0; place.partition < 2; ++place.partition) CHECK(kafka_partitions_add(places, &place) == 0);
  for (int kind = 0; kind < 3; ++kind) {
    memset(&seen, 0, sizeof(seen));
    seen.consumer = kind == 0   ? kafka_consumer_new_all(world.session, "all", topics, 1, NULL)
                    : kind == 1 ? kafka_fetcher_new(world.session, places, NULL)
                                : kafka_fetcher_new_all(world.session, topics, 1, NULL);
    CHECK(kafka_consumer_error(seen.consumer) == NULL);
    user_t* batches = once("batches");
    accepted(batches, kafka_consumer_consume_batches(seen.consumer, 3, on_batch, ended_well, batches));
    run_until_ran(world.loop, batches);
    CHECK(seen.messages == 10);
    kafka_consumer_free(seen.consumer);
  }
  kafka_partitions_free(places);
  world_free(&world);
}

static struct {
  int messages, calls, turns, ended;
  kafka_columns* first;
} columns_seen;

static void on_columns(void* user, kafka_columns* columns) {
  (void)user;
  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  CHECK(kafka_columns_get(columns, &arrays) == 0);
  CHECK(arrays.count >= 1 && arrays.count <= 40);
  kafka_header_arrays headers = KAFKA_INIT(kafka_header_arrays);
  CHECK(kafka_columns_headers(columns, &headers) == 0);
  uint32_t begin = 0;
  for (size_t k = 0; k < arrays.count; ++k) {
    CHECK((arrays.value_ends[k] & KAFKA_PACKED_NULL) == 0);
    char value[16];
    snprintf(value, sizeof(value), "v%d", (int)arrays.offsets[k]);
    CHECK(arrays.value_ends[k] - begin == strlen(value));
    CHECK(memcmp(arrays.values + begin, value, strlen(value)) == 0);
    begin = arrays.value_ends[k];
    CHECK(arrays.keys[k] == 'k' && arrays.key_ends[k] == k + 1);
    CHECK(arrays.timestamps[k] > 0 && arrays.partitions[k] >= 0 && arrays.partitions[k] < 2);
    CHECK(strcmp(arrays.topics[arrays.topic_indexes[k]], "orders") == 0);
    CHECK(headers.counts[k] == 2 && headers.ends[k] > 0);
  }
  columns_seen.messages += (int)arrays.count;
  ++columns_seen.calls;
  const size_t half = arrays.count / 2;
  if (half > 0) {
    user_t* commit = once("commit of a range");
    kafka_bytes metadata = {"half", 4};
    accepted(commit, kafka_columns_commit(columns, 0, half, metadata, ended_well, commit));
    CHECK(kafka_columns_ack(columns, 0, arrays.count) == KAFKA_ALREADY_ANSWERED);
  }
  if (columns_seen.first == NULL) {
    columns_seen.first = columns; /* the rest stays open */
  } else {
    user_t* commit = once("commit of the rest");
    kafka_bytes none = {NULL, 0};
    accepted(commit, kafka_columns_commit(columns, half, arrays.count - half, none, ended_well, commit));
    kafka_columns_free(columns);
  }
}
static void turn(void* user) {
  (void)user;
  ++columns_seen.turns;
}

/* Columns may be read by any thread; only the loop's thread answers and frees them. */
static void on_another_thread(void* given) {
  kafka_columns* columns = given;
  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  kafka_header_arrays headers = KAFKA_INIT(kafka_header_arrays);
  kafka_bytes none = {NULL, 0};
  CHECK(kafka_columns_get(columns, &arrays) == 0 && arrays.values[0] == 'v');
  CHECK(kafka_columns_headers(columns, &headers) == KAFKA_WRONG_THREAD);
  CHECK(kafka_columns_ack(columns, 0, arrays.count) == KAFKA_WRONG_THREAD);
  CHECK(kafka_columns_cancel(columns, 0, arrays.count) == KAFKA_WRONG_THREAD);
  CHECK(kafka_columns_commit(columns, 0, arrays.count, none, ended_well, NULL) == KAFKA_WRONG_THREAD);
  kafka_columns_free(columns); /* nothing happens */
}

/* Answers of messages that are not there, or of some that were answered, change nothing. */
static void wrong_ranges(kafka_columns* columns, size_t answered, size_t count) {
  kafka_bytes none = {NULL, 0};
  kafka_bytes no_data = {NULL, 3};
  const size_t ranges[][2] = {
      {0, 0},         {answered, 0}, {count, 1},    {count + 7, 1},       {answered + 1, count},
      {0, count + 1}, {1, SIZE_MAX}, {SIZE_MAX, 2}, {SIZE_MAX, SIZE_MAX},
  };
  for (size_t k = 0; k < sizeof(ranges) / sizeof(ranges[0]); ++k) {
    CHECK(kafka_columns_ack(columns, ranges[k][0], ranges[k][1]) == KAFKA_INVALID_ARGUMENT);
    CHECK(kafka_columns_cancel(columns, ranges[k][0], ranges[k][1]) == KAFKA_INVALID_ARGUMENT);
    CHECK(kafka_columns_commit(columns, ranges[k][0], ranges[k][1], none, ended_well, NULL) == KAFKA_INVALID_ARGUMENT);
  }
  CHECK(kafka_columns_commit(columns, answered, count - answered, no_data, ended_well, NULL) == KAFKA_INVALID_ARGUMENT);
  if (answered > 0) CHECK(kafka_columns_ack(columns, 0, count) == KAFKA_ALREADY_ANSWERED);

  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  arrays.size = sizeof(arrays) + 8;
  CHECK(kafka_columns_get(columns, &arrays) == KAFKA_INVALID_ARGUMENT);
  arrays.size = 0;
  CHECK(kafka_columns_get(columns, &arrays) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_columns_get(columns, NULL) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_columns_headers(columns, NULL) == KAFKA_INVALID_ARGUMENT);
}

static void use_columns(void) {
  world_t world = filled_world(100);
  memset(&columns_seen, 0, sizeof(columns_seen));
  kafka_options* options = kafka_options_new(KAFKA_CONSUMER_OPTIONS);
  CHECK(kafka_options_set(options, "ordering", "unordered") == 0);
  kafka_partitions* list = both_partitions();
  kafka_consumer* consumer = kafka_consumer_new(world.session, "columns", list, options);
  user_t* turns = handler("turns");
  accepted(turns, kafka_session_on_turn(world.session, turn, turns));
  user_t* columns = once("columns");
  accepted(columns, kafka_consumer_consume_columns(consumer, 40, on_columns, ended_well, columns));
  run_until(world.loop, &columns_seen.messages, 200);
  CHECK(columns_seen.calls >= 5 && columns_seen.calls <= 100);

  /* What stays open holds the stored offset back. */
  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  CHECK(kafka_columns_get(columns_seen.first, &arrays) == 0);
  for (int k = 0; k < 20; ++k) uv_run(world.loop, UV_RUN_NOWAIT);
  CHECK(kafka_devbroker_committed(world.broker, "columns", "orders", arrays.partitions[arrays.count - 1]) < 100);
  wrong_ranges(columns_seen.first, arrays.count / 2, arrays.count);
  uv_thread_t other;
  CHECK(uv_thread_create(&other, on_another_thread, columns_seen.first) == 0);
  CHECK(uv_thread_join(&other) == 0);
  CHECK(kafka_columns_ack(columns_seen.first, arrays.count / 2, arrays.count - arrays.count / 2) == 0);
  kafka_columns_free(columns_seen.first);
  user_t* stopped = once("columns stopped");
  accepted(stopped, kafka_consumer_stop(consumer, ran, stopped));
  run_until_ran(world.loop, stopped);
  CHECK(columns->ran == 1);
  CHECK(kafka_devbroker_committed(world.broker, "columns", "orders", 0) == 100);
  CHECK(kafka_devbroker_committed(world.broker, "columns", "orders", 1) == 100);
  kafka_consumer_free(consumer);

  /* Another consumer is freed with columns open and with a consumption: one drop, and answers are lost. */
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = "orders";
  place.offset = KAFKA_EARLIEST_OFFSET;
  kafka_partitions* start = kafka_partitions_new();
  CHECK(kafka_partitions_add(start, &place) == 0);
  consumer = kafka_fetcher_new(world.session, start, options);
  memset(&columns_seen, 0, sizeof(columns_seen));
  user_t* freed = once("columns of a consumer that is freed");
  accepted(freed, kafka_consumer_consume_columns(consumer, 40, on_columns, ended_well, freed));
  run_until(world.loop, &columns_seen.messages, 1);
  kafka_consumer_free(consumer);
  CHECK(freed->dropped == 1);
  CHECK(kafka_columns_get(columns_seen.first, &arrays) == 0 && arrays.values[0] == 'v');
  CHECK(kafka_columns_ack(columns_seen.first, arrays.count - 1, 1) == KAFKA_LOST);
  kafka_columns_free(columns_seen.first);

  /* A range that is cancelled ends the consumption, and the next one begins with its first message. */
  consumer = kafka_fetcher_new(world.session, start, options);
  int64_t begin = 0;
  for (int round = 0; round < 2; ++round) {
    memset(&columns_seen, 0, sizeof(columns_seen));
    user_t* cancelled = once("columns that are cancelled");
    accepted(cancelled, kafka_consumer_consume_columns(consumer, 40, on_columns, ended_well, cancelled));
    run_until(world.loop, &columns_seen.messages, 1);
    CHECK(kafka_columns_get(columns_seen.first, &arrays) == 0);
    /* The handler has committed the first half: nothing of a single message, which is what a busy machine may get. */
    CHECK(arrays.count >= 1);
    CHECK(arrays.offsets[0] == begin);
    const size_t half = arrays.count / 2;
    begin = arrays.offsets[half];
    CHECK(kafka_columns_cancel(columns_seen.first, half, arrays.count - half) == 0);
    CHECK(kafka_columns_ack(columns_seen.first, half, 1) == KAFKA_ALREADY_ANSWERED);
    kafka_columns_free(columns_seen.first);
    run_until_ran(world.loop, cancelled);
  }
  kafka_consumer_free(consumer);
  kafka_partitions_free(start);
  kafka_partitions_free(list);
  kafka_options_free(options);
  world_free(&world);
}

void use_consumer(void) {
  use_one_by_one();
  use_batches();
  use_columns();
}
