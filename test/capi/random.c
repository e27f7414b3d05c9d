/* Random work through the C API, from one seed, that is cut off at a random moment: sessions, producers and consumers
   are freed in any order, inside of callbacks too. Then every user of a callback has to have been told exactly once.
   capi_random [FIRST_SEED COUNT] */
#include "check.h"

enum { PRODUCERS = 2, CONSUMERS = 2, ENVELOPES = 8, STEPS = 60 };

static uint64_t state;
/* A number below `limit`: xorshift. */
static uint32_t draw(uint32_t limit) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 33) % limit;
}

static struct {
  uv_loop_t loop;
  kafka_devbroker* broker;
  kafka_session* session;
  kafka_producer* producers[PRODUCERS];
  kafka_topic* topics[PRODUCERS];
  kafka_consumer* consumers[CONSUMERS];
  kafka_envelope* envelopes[ENVELOPES]; /* kept open */
  kafka_columns* columns;
} world;

static void free_something(void);
/* A consumer that was freed hands out nothing. */
static void check_consumers(void) { CHECK(world.consumers[0] != NULL || world.consumers[1] != NULL); }
/* What every callback does: it counts, and now and then frees an object, perhaps the one that called. */
static void happened(void* user) {
  CHECK(((user_t*)user)->dropped == 0); /* after a drop nothing comes */
  ran(user);
  if (draw(200) == 0) free_something();
}
static void plain(void* user) { happened(user); }
static void done(void* user, const kafka_error* error) {
  (void)error;
  happened(user);
}
static void result(void* user, const kafka_error* error, const kafka_result* tables) {
  (void)error;
  CHECK(tables != NULL);
  happened(user);
}
static void places(void* user, const kafka_error* error, const kafka_partitions* list) {
  (void)error;
  CHECK(list != NULL);
  happened(user);
}
static void report(void* user, const kafka_report* told) {
  CHECK((told->code == 0) == (told->error == NULL));
  happened(user);
}
static void reports(void* user, const kafka_report* told, size_t count, size_t stride) {
  CHECK(count > 0 && stride == sizeof(*told));
  happened(user);
}
static void event(void* user, const kafka_event* told) {
  (void)told;
  happened(user);
}

/* Answers an envelope in one of the ways that there are, and frees it. */
static void answer(kafka_envelope* envelope) {
  user_t* user;
  switch (draw(8)) {
    case 0:
      CHECK(kafka_envelope_cancel(envelope) <= 0);
      break;
    case 1:
      break; /* dropped */
    case 2:
      CHECK(kafka_envelope_ack(envelope) <= 0);
      break;
    case 3:
      CHECK(kafka_envelope_ack_free(envelope) <= 0);
      return;
    default:
      user = once("commit");
      user->accepted = kafka_envelope_commit(envelope, "m", 1, done, user) == 0;
  }
  kafka_envelope_free(envelope);
}

static void message(void* user, kafka_envelope* envelope) {
  check_consumers();
  CHECK(((user_t*)user)->dropped == 0);
  const uint32_t place = draw(4 * ENVELOPES);
  if (place < ENVELOPES && world.envelopes[place] == NULL) {
    world.envelopes[place] = envelope;
  } else {
    answer(envelope);
  }
  if (draw(200) == 0) free_something();
}

static void answer_columns(void) {
  kafka_columns* columns = world.columns;
  world.columns = NULL;
  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  CHECK(kafka_columns_get(columns, &arrays) == 0);
  const size_t first = draw((uint32_t)arrays.count);
  user_t* user = once("commit of a range");
  const kafka_bytes none = {NULL, 0};
  user->accepted = kafka_columns_commit(columns, first, arrays.count - first, none, done, user) == 0;
  if (draw(4) != 0) CHECK(first == 0 || kafka_columns_ack(columns, 0, first) <= 0);
  kafka_columns_free(columns);
}
static void columns(void* user, kafka_columns* given) {
  check_consumers();
  CHECK(((user_t*)user)->dropped == 0);
  if (world.columns != NULL) answer_columns();
  world.columns = given;
  if (draw(2) == 0) answer_columns();
  if (draw(100) == 0) free_something();
}

static void free_something(void) {
  const uint32_t which = draw(PRODUCERS + CONSUMERS + 1);
  if (which < PRODUCERS) {
    kafka_producer* producer = world.producers[which];
    world.producers[which] = NULL;
    kafka_producer_free(producer);
  } else if (which < PRODUCERS + CONSUMERS) {
    kafka_consumer* consumer = world.consumers[which - PRODUCERS];
    world.consumers[which - PRODUCERS] = NULL;
    kafka_consumer_free(consumer);
  } else {
    kafka_session* session = world.session;
    world.session = NULL;
    kafka_session_free(session);
  }
}

/* A call that took its callback has an accepted user. */
static void took(user_t* user, int code) { user->accepted = code == 0; }

static void produce_something(uint32_t which) {
  kafka_producer* producer = world.producers[which];
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.value = text("x");
  user_t* user = draw(8) == 0 ? handler("producer's handler") : once("producer's callback");
  if (user->handler) {
    took(user, kafka_producer_on_reports(producer, reports, user));
    return;
  }
  switch (draw(7)) {
    case 0:
      took(user, kafka_producer_flush(producer, plain, user));
      break;
    case 1:
      took(user, kafka_producer_when_room(producer, 100, plain, user));
      break;
    case 2:
      took(user, kafka_producer_on_drain(producer, plain, user));
      break;
    case 3:
      record.partition_plus_one = 1;
      took(user, kafka_producer_produce(producer, &record, 1, result, user));
      break;
    case 4:
      if (draw(4) == 0) took(user, kafka_producer_close(producer, draw(2) ? -1 : 5, plain, user));
      if (draw(4) == 0) CHECK(kafka_producer_abort(producer) <= 0);
      break;
    default:
      for (int k = 0; k < 20; ++k) {
        (void)kafka_topic_send(producer, world.topics[which], -1, NULL, 0, "v", 1, draw(2));
        user = once("send");
        took(user, kafka_producer_send(producer, &record, report, user));
      }
  }
}

static void consume_something(uint32_t which) {
  kafka_consumer* consumer = world.consumers[which];
  user_t* user = draw(6) == 0 ? handler("consumer's handler") : once("consumer's callback");
  if (user->handler) {
    took(user, kafka_consumer_on_event(consumer, event, user));
    return;
  }
  switch (draw(8)) {
    case 0:
      took(user, kafka_consumer_stop(consumer, plain, user));
      break;
    case 1:
      if (draw(4) == 0) took(user, kafka_consumer_close(consumer, KAFKA_LEAVE, plain, user));
      break;
    case 2:
    case 3:
      took(user, kafka_consumer_consume_columns(consumer, 1 + draw(20), columns, done, user));
      break;
    case 4:
      took(user, kafka_consumer_consume(consumer, 1 + draw(20), message, draw(2) ? done : NULL, user));
      break;
    default:
      took(user, kafka_consumer_consume(consumer, 0, message, done, user));
  }
}

static void use_session(void) {
  user_t* user = draw(3) == 0 ? handler("session's handler") : once("session's callback");
  kafka_partitions* list = kafka_partitions_new();
  CHECK(kafka_partitions_add_partition(list, "orders", 0) == 0);
  const uint32_t which = draw(5);
  if (user->handler) {
    took(user, which < 2   ? kafka_session_on_event(world.session, event, user)
               : which < 4 ? kafka_session_on_turn(world.session, plain, user)
                           : kafka_session_on_event(world.session, event, user));
  } else if (which == 0) {
    took(user, kafka_session_topics(world.session, result, user));
  } else if (which == 1) {
    took(user, kafka_offsets_at(world.session, list, KAFKA_LATEST_OFFSET, places, user));
  } else if (which == 2) {
    took(user, kafka_groups_list(world.session, NULL, NULL, result, user));
  } else if (which == 3) {
    took(user, kafka_session_post(world.session, plain, user));
  } else if (draw(6) == 0) {
    took(user, kafka_session_close(world.session, draw(2) ? 5 : 1000, plain, user));
  }
  kafka_partitions_free(list);
}

static void step(void) {
  const uint32_t which = draw(8);
  if (which < 3) {
    produce_something(draw(PRODUCERS));
  } else if (which < 6) {
    consume_something(draw(CONSUMERS));
  } else if (which == 6) {
    use_session();
  } else if (world.columns != NULL) {
    answer_columns();
  }
  const uint32_t open = draw(ENVELOPES);
  if (world.envelopes[open] != NULL && draw(3) == 0) {
    kafka_envelope* envelope = world.envelopes[open];
    world.envelopes[open] = NULL;
    answer(envelope);
  }
  if (draw(10) == 0) CHECK(kafka_devbroker_disconnect(world.broker, 0) == 0);
  for (uint32_t turns = draw(8); turns > 0; --turns) uv_run(&world.loop, UV_RUN_NOWAIT);
}

static void make(void) {
  memset(&world, 0, sizeof(world));
  user_count = 0;
  CHECK(uv_loop_init(&world.loop) == 0);
  world.broker = kafka_devbroker_new(&world.loop, NULL);
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 2) == 0);
  kafka_options* options = options_for(world.broker);
  world.session = kafka_session_new(&world.loop, options);
  kafka_options_free(options);
  CHECK(kafka_session_on_drop(world.session, dropped) == 0);
  CHECK(kafka_session_on_log(world.session, KAFKA_LOG_OFF, NULL, NULL) == 0);
  options = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  CHECK(kafka_options_set(options, "buffer.memory", "20000") == 0);
  for (int k = 0; k < PRODUCERS; ++k) {
    world.producers[k] = kafka_producer_new(world.session, options);
    world.topics[k] = kafka_producer_topic(world.producers[k], "orders");
  }
  kafka_options_free(options);
  options = kafka_options_new(KAFKA_CONSUMER_OPTIONS);
  CHECK(kafka_options_set(options, "ordering", draw(2) ? "unordered" : "partition") == 0);
  const char* const names[] = {"orders"};
  world.consumers[0] = kafka_consumer_new_all(world.session, "readers", names, 1, options);
  world.consumers[1] = draw(2) ? kafka_member_new(world.session, "members", names, 1, options)
                               : kafka_fetcher_new_all(world.session, names, 1, options);
  kafka_options_free(options);
}

static void free_all(void) {
  kafka_session* session = world.session;
  if (draw(2)) {
    kafka_session_free(session);
    session = NULL;
  }
  world.session = NULL;
  for (int k = 0; k < PRODUCERS; ++k) {
    kafka_topic_free(world.topics[k]);
    kafka_producer_free(world.producers[k]);
  }
  for (int k = 0; k < CONSUMERS; ++k) kafka_consumer_free(world.consumers[k]);
  for (int k = 0; k < ENVELOPES; ++k) kafka_envelope_free(world.envelopes[k]);
  kafka_columns_free(world.columns);
  kafka_session_free(session);
  kafka_devbroker_free(world.broker);
  /* Callbacks that still come find nothing to free. */
  memset(world.producers, 0, sizeof(world.producers));
  memset(world.consumers, 0, sizeof(world.consumers));
  memset(world.envelopes, 0, sizeof(world.envelopes));
  world.columns = NULL;
  /* Answers of objects without a session still come from the loop. */
  while (uv_run(&world.loop, UV_RUN_NOWAIT) != 0) {
  }
  CHECK(uv_loop_close(&world.loop) == 0);
}

static int seed; /* 0: all are done */
static void name_seed(void) {
  if (seed != 0) fprintf(stderr, "FAIL at seed %d\n", seed);
}

int main(int count, char** arguments) {
  const int first = count > 2 ? atoi(arguments[1]) : 1;
  const int seeds = count > 2 ? atoi(arguments[2]) : 200;
  int calls = 0, drops = 0;
  atexit(name_seed);
  for (seed = first; seed < first + seeds; ++seed) {
    state = (uint64_t)seed * 0x9E3779B97F4A7C15u + 1;
    make();
    const uint32_t steps = 1 + draw(STEPS);
    for (uint32_t k = 0; k < steps; ++k) step();
    free_all();
    for (int k = 0; k < user_count; ++k) {
      calls += users[k].accepted;
      drops += users[k].dropped;
    }
    check_users();
  }
  seed = 0;
  printf("%d seeds: %d calls were accepted, %d of them dropped\n", seeds, calls, drops);
  return 0;
}
