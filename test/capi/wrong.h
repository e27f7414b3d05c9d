/* The parts of the program that gives every function of the C API every kind of wrong argument. */
#ifndef UVKAFKA_TEST_CAPI_WRONG_H
#define UVKAFKA_TEST_CAPI_WRONG_H

#include "check.h"

/* The call is refused with this code, and says why. */
#define REFUSED_WITH(code, call)                               \
  do {                                                         \
    CHECK((call) == (code));                                   \
    CHECK(kafka_error_code(kafka_last_error()) == (code));     \
    CHECK(kafka_error_message(kafka_last_error())[0] != '\0'); \
  } while (0)
#define REFUSED(call) REFUSED_WITH(KAFKA_INVALID_ARGUMENT, call)
/* The call gives no object, and says why. */
#define REFUSED_OBJECT(call)                          \
  do {                                                \
    CHECK((call) == NULL);                            \
    CHECK(kafka_error_code(kafka_last_error()) != 0); \
  } while (0)
#define WRONG_THREAD(call) REFUSED_WITH(KAFKA_WRONG_THREAD, call)

/* A callback of a call that was refused. */
static inline void never(void* user) {
  (void)user;
  CHECK(!"a callback of a refused call ran");
}
static inline void never_done(void* user, const kafka_error* error) {
  (void)error;
  never(user);
}
static inline void never_result(void* user, const kafka_error* error, const kafka_result* result) {
  (void)error;
  (void)result;
  never(user);
}
static inline void never_report(void* user, const kafka_report* report) {
  (void)report;
  never(user);
}

void wrong_basics(void);
void wrong_session(uv_loop_t* loop, kafka_session* session);
void wrong_producer(kafka_session* session);
void wrong_consumer(kafka_session* session);
void wrong_devbroker(uv_loop_t* loop, kafka_devbroker* broker);

/* Every call on these objects from another thread. */
void wrong_thread_session(kafka_session* session);
void wrong_thread_consumer(kafka_session* session, kafka_consumer* consumer);
void wrong_thread_producer(kafka_session* session, kafka_producer* producer, kafka_topic* topic);

#endif
