/* Gives every function of the C API every kind of wrong argument: NULL, a bad length, a struct with another size, a
   wrong state, another thread. Each is refused with a code, no callback runs, and nothing is dropped. */
#include "wrong.h"

typedef struct {
  kafka_session* session;
  kafka_producer* producer;
  kafka_topic* topic;
  kafka_consumer* member;
} objects_t;

static void on_another_thread(void* given) {
  const objects_t* objects = (const objects_t*)given;
  wrong_thread_session(objects->session);
  wrong_thread_producer(objects->session, objects->producer, objects->topic);
  wrong_thread_consumer(objects->session, objects->member);
}

static void no_drop(void* user) {
  (void)user;
  CHECK(!"a user of a refused call was dropped");
}

int main(void) {
  uv_loop_t loop;
  CHECK(uv_loop_init(&loop) == 0);
  kafka_devbroker* broker = kafka_devbroker_new(&loop, NULL);
  kafka_options* options = options_for(broker);
  objects_t objects;
  objects.session = kafka_session_new(&loop, options);
  kafka_options_free(options);
  CHECK(kafka_session_on_drop(objects.session, no_drop) == 0);
  objects.producer = kafka_producer_new(objects.session, NULL);
  objects.topic = kafka_producer_topic(objects.producer, "orders");
  const char* const topics[] = {"orders"};
  objects.member = kafka_member_new(objects.session, "team", topics, 1, NULL);

  wrong_basics();
  wrong_session(&loop, objects.session);
  wrong_producer(objects.session);
  wrong_consumer(objects.session);
  wrong_devbroker(&loop, broker);

  uv_thread_t thread;
  CHECK(uv_thread_create(&thread, on_another_thread, &objects) == 0);
  CHECK(uv_thread_join(&thread) == 0);

  /* Nothing of all this reached the loop. */
  for (int k = 0; k < 10; ++k) uv_run(&loop, UV_RUN_NOWAIT);
  kafka_consumer_free(objects.member);
  kafka_topic_free(objects.topic);
  kafka_producer_free(objects.producer);
  kafka_session_free(objects.session);
  kafka_devbroker_free(broker);
  uv_run(&loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_close(&loop) == 0);
  puts("ok");
  return 0;
}
