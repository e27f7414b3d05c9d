/* Producers: each function once, and what it must do. */
#include "use.h"

static int64_t first_offset = -1;
static void on_report(void* user, const kafka_report* report) {
  CHECK(report->size == sizeof(*report));
  CHECK(report->code == 0 && report->error == NULL && report->persistence == KAFKA_PERSISTENCE_YES);
  if (first_offset < 0) first_offset = report->offset;
  ran(user);
}
static void on_failed_report(void* user, const kafka_report* report) {
  CHECK(report->code == KAFKA_CANCELLED && kafka_error_code(report->error) == KAFKA_CANCELLED);
  ran(user);
}
static void on_any_report(void* user, const kafka_report* report) {
  (void)report;
  ran(user);
}
static int32_t to_the_last(void* user, const kafka_record* record, int32_t partition_count) {
  CHECK(strncmp(record->topic.data, "orders", record->topic.length) == 0);
  CHECK(record->header_count == 1 && record->headers[0].key.length == 1);
  ran(user);
  return partition_count - 1;
}
static void on_produced(void* user, const kafka_error* error, const kafka_result* result) {
  int64_t offset = -1;
  CHECK(error == NULL && kafka_result_count(result, "partitions") == 2);
  CHECK(kafka_result_number(result, "partitions", 1, "offset", &offset) == 0 && offset == 0);
  ran(user);
}

void use_producer(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 3) == 0);
  kafka_options* options = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  CHECK(kafka_options_set(options, "buffer.memory", "65536") == 0);
  kafka_producer* producer = kafka_producer_new(world.session, options);
  kafka_options_free(options);
  CHECK(producer != NULL && kafka_producer_error(producer) == NULL);

  user_t* partitioner = handler("partitioner");
  accepted(partitioner, kafka_producer_set_partitioner(producer, to_the_last, partitioner));
  const kafka_header headers[] = {{{"h", 1}, {NULL, 0}}};
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.key = text("42");
  record.value = text("paid");
  record.headers = headers;
  record.header_count = 1;
  user_t* sent = once("a record");
  accepted(sent, kafka_producer_send(producer, &record, on_report, sent));
  CHECK(kafka_producer_send(producer, &record, NULL, NULL) == 0);
  size_t bytes = 0;
  CHECK(kafka_producer_queued(producer, &bytes) == 2 && bytes > 0);
  user_t* flushed = once("flush");
  accepted(flushed, kafka_producer_flush(producer, ran, flushed));
  run_until_ran(world.loop, flushed);
  CHECK(sent->ran == 1 && partitioner->ran == 2);
  CHECK(kafka_devbroker_end_offset(world.broker, "orders", 2) == 2);
  CHECK(kafka_producer_set_partitioner(producer, NULL, NULL) == 0);
  CHECK(partitioner->dropped == 1);

  /* A broker that is away for a moment costs nothing. */
  CHECK(kafka_devbroker_committed(world.broker, "nobody", "orders", 0) == -1);
  CHECK(kafka_devbroker_kill(world.broker, 1) == 0);
  CHECK(kafka_devbroker_kill(world.broker, 2) == 0);
  user_t* patient = once("a record while no broker is there");
  accepted(patient, kafka_producer_send(producer, &record, on_report, patient));
  uv_run(world.loop, UV_RUN_NOWAIT);
  CHECK(kafka_devbroker_restart(world.broker, 1) == 0);
  CHECK(kafka_devbroker_restart(world.broker, 2) == 0);
  run_until_ran(world.loop, patient);

  /* One unit of several partitions. */
  kafka_record records[] = {record, record, record};
  records[0].partition_plus_one = 1;
  records[1].partition_plus_one = 2;
  records[2].partition_plus_one = 1;
  CHECK(kafka_devbroker_create_topic(world.broker, "payments", 2) == 0);
  for (int k = 0; k < 3; ++k) records[k].topic = text("payments");
  user_t* produced = once("produce");
  accepted(produced, kafka_producer_produce(producer, records, 3, on_produced, produced));
  run_until_ran(world.loop, produced);
  CHECK(kafka_devbroker_end_offset(world.broker, "payments", 0) == 2);

  /* A full buffer: what is refused is told by the code alone. */
  char big[1000];
  memset(big, 'x', sizeof(big));
  record.value.data = big;
  record.value.length = sizeof(big);
  user_t* drain = once("drain");
  accepted(drain, kafka_producer_on_drain(producer, ran, drain));
  int code = 0;
  while (code == 0) {
    user_t* user = once("until the queue is full");
    code = kafka_producer_send(producer, &record, on_any_report, user);
    user->accepted = code == 0;
  }
  CHECK(code == KAFKA_QUEUE_FULL);
  CHECK(kafka_producer_would_block(producer, &record) == 1);
  user_t* room = once("room");
  accepted(room, kafka_producer_when_room(producer, sizeof(big), ran, room));
  CHECK(kafka_producer_when_room(producer, 1 << 20, ran, NULL) == KAFKA_MESSAGE_TOO_LARGE);
  run_until_ran(world.loop, drain);
  run_until_ran(world.loop, room);
  CHECK(kafka_producer_would_block(producer, &record) == 0);

  user_t* given_up = once("given up");
  flushed = once("flush before the abort");
  accepted(flushed, kafka_producer_flush(producer, ran, flushed));
  run_until_ran(world.loop, flushed);
  accepted(given_up, kafka_producer_send(producer, &record, on_failed_report, given_up));
  CHECK(kafka_producer_abort(producer) == 0);
  run_until_ran(world.loop, given_up);

  user_t* closed = once("producer closed");
  accepted(closed, kafka_producer_close(producer, -1, ran, closed));
  run_until_ran(world.loop, closed);
  user_t* late = once("sent too late");
  CHECK(kafka_producer_send(producer, &record, on_any_report, late) == KAFKA_CLOSED);
  kafka_producer_free(producer);
  world_free(&world);
}

/* The tokens that were reported, in their order. */
static struct {
  uint64_t next;
  size_t calls, failed;
} told;
static void on_reports(void* user, const kafka_report* reports, size_t count, size_t stride) {
  CHECK(count > 0 && count <= KAFKA_MOST_REPORTS && stride >= sizeof(kafka_report));
  for (size_t k = 0; k < count; ++k) {
    const kafka_report* report = (const kafka_report*)((const char*)reports + k * stride);
    CHECK(report->token == told.next++);
    if (report->code != 0) ++told.failed;
    CHECK((report->code == 0) == (report->error == NULL));
  }
  ++told.calls;
  ran(user);
}

/* A flush has ended: all of its reports were handed over before. */
static uint64_t told_at_flush;
static void on_flushed(void* user) {
  told_at_flush = told.next;
  ran(user);
}

void use_tokens(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 1) == 0);
  kafka_options* options = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  CHECK(kafka_options_set(options, "buffer.memory", "1000000") == 0);
  kafka_producer* producer = kafka_producer_new(world.session, options);
  kafka_options_free(options);
  user_t* reports = handler("reports");
  accepted(reports, kafka_producer_on_reports(producer, on_reports, reports));
  kafka_topic* topic = kafka_producer_topic(producer, "orders");
  CHECK(kafka_topic_error(topic) == 0 && strcmp(kafka_topic_name(topic), "orders") == 0);
  kafka_topic* wrong = kafka_producer_topic(producer, "no topic");
  CHECK(kafka_topic_error(wrong) == KAFKA_INVALID_TOPIC);
  CHECK(kafka_topic_send(producer, wrong, -1, NULL, 0, "x", 1, 1) == KAFKA_INVALID_TOPIC);
  kafka_topic_free(wrong);

  told.next = 1;
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.value = text("first");
  CHECK(kafka_producer_send_token(producer, &record, 1) == 0);
  CHECK(kafka_producer_send_token(producer, &record, 0) == 0);
  CHECK(kafka_topic_send(producer, topic, 0, "k", KAFKA_NTS, NULL, 0, 2) == 0);
  CHECK(kafka_topic_send(producer, topic, -1, NULL, 0, "", 0, 0) == 0);
  const char values[] = "onetwothree";
  const uint32_t value_ends[] = {3, 6, 6 | KAFKA_PACKED_NULL, 11};
  const uint32_t key_ends[] = {1, 1 | KAFKA_PACKED_NULL, 2, 3};
  size_t taken = 0;
  CHECK(kafka_topic_send_packed(producer, topic, 0, "abc", key_ends, values, value_ends, 4, 3, &taken) == 0);
  CHECK(taken == 4);
  CHECK(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, values, value_ends, 4, 0, &taken) == 0 && taken == 4);
  user_t* flushed = once("flush of tokens");
  accepted(flushed, kafka_producer_flush(producer, on_flushed, flushed));
  run_until_ran(world.loop, flushed);
  CHECK(told_at_flush == 7 && told.next == 7 && told.failed == 0);
  CHECK(kafka_devbroker_end_offset(world.broker, "orders", 0) == 12);

  /* Packed sends say how many found room. What was taken is reported. */
  enum { MANY = 20000 };
  uint32_t* ends = (uint32_t*)malloc(MANY * sizeof(uint32_t));
  char* big = (char*)malloc(MANY * 100);
  memset(big, 'x', MANY * 100);
  for (uint32_t k = 0; k < MANY; ++k) ends[k] = 100 * (k + 1);
  size_t all = 0;
  told.calls = 0;
  while (all < MANY) {
    const int code = kafka_topic_send_packed(producer, topic, 0, NULL, NULL, big, ends, MANY - all, told.next, &taken);
    CHECK(code == 0 || code == KAFKA_QUEUE_FULL);
    CHECK((code == 0) == (taken == MANY - all));
    all += taken;
    user_t* empty = once("flush of packed sends");
    accepted(empty, kafka_producer_flush(producer, ran, empty));
    run_until_ran(world.loop, empty);
  }
  CHECK(told.next == 7 + MANY && told.failed == 0);
  CHECK(told.calls >= MANY / KAFKA_MOST_REPORTS && told.calls < MANY / 10);
  free(ends);
  free(big);

  /* An abort is told as failures. */
  CHECK(kafka_topic_send(producer, topic, 0, NULL, 0, "x", 1, told.next) == 0);
  CHECK(kafka_producer_abort(producer) == 0);
  flushed = once("flush in the turn of an abort");
  accepted(flushed, kafka_producer_flush(producer, on_flushed, flushed));
  run_until_ran(world.loop, flushed);
  CHECK(told_at_flush == told.next && told.failed == 1);
  user_t* closed = once("close of tokens");
  accepted(closed, kafka_producer_close(producer, 1000, ran, closed));
  run_until_ran(world.loop, closed);
  CHECK(told.failed == 1);
  kafka_producer_free(producer);
  CHECK(reports->dropped == 1);
  kafka_topic_free(topic);
  world_free(&world);
}

void use_drops_of_producers(void) {
  world_t world = world_new();
  CHECK(kafka_devbroker_add_fault(world.broker, "Produce:times=always:delay=10000") == 0);
  kafka_producer* producer = kafka_producer_new(world.session, NULL);
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.value = text("x");
  for (int k = 0; k < 100; ++k) {
    user_t* user = once("never reported");
    accepted(user, kafka_producer_send(producer, &record, on_any_report, user));
    uv_run(world.loop, UV_RUN_NOWAIT);
  }
  user_t* flushed = once("never flushed");
  accepted(flushed, kafka_producer_flush(producer, ran, flushed));
  user_t* reports = handler("reports that never come");
  accepted(reports, kafka_producer_on_reports(producer, on_reports, reports));
  user_t* posted = once("posted and never run");
  accepted(posted, kafka_session_post(world.session, ran, posted));
  /* The owner goes first: the child stays, and says that it is closed. */
  kafka_session_free(world.session);
  world.session = NULL;
  CHECK(flushed->dropped == 1 && posted->dropped == 1);
  user_t* late = once("sent after the session was freed");
  CHECK(kafka_producer_send(producer, &record, on_any_report, late) == KAFKA_CLOSED);
  CHECK(kafka_devbroker_disconnect(world.broker, 0) == 0);
  kafka_producer_free(producer);
  CHECK(reports->dropped == 1);
  user_t* closed = once("broker closed");
  accepted(closed, kafka_devbroker_close(world.broker, ran, closed));
  run_until_ran(world.loop, closed);
  world_free(&world);
}
