/* What the C programs of these tests share: checks that say where they failed, and a ledger of users: whoever gave a
   callback to the library is told exactly once how it ended. */
#ifndef UVKAFKA_TEST_CAPI_CHECK_H
#define UVKAFKA_TEST_CAPI_CHECK_H

#include <kafka/devbroker.h>
#include <kafka/kafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      fprintf(stderr, "FAIL %s:%d: %s\n", __FILE__, __LINE__, #condition);               \
      fprintf(stderr, "     last error: %s\n", kafka_error_message(kafka_last_error())); \
      exit(1);                                                                           \
    }                                                                                    \
  } while (0)

/* A user of one callback: how often the callback ran, and how often it was dropped. */
typedef struct {
  const char* name;
  int accepted; /* the call returned 0 */
  int handler;  /* it may run many times, and is dropped once */
  int ran;
  int dropped;
} user_t;

enum { MOST_USERS = 4096 };
extern user_t users[MOST_USERS]; /* one ledger for all parts of a program */
extern int user_count;

/* A new user for a callback that ends an operation. */
static inline user_t* once(const char* name) {
  CHECK(user_count < MOST_USERS);
  user_t* user = &users[user_count++];
  memset(user, 0, sizeof(*user));
  user->name = name;
  return user;
}
/* A new user for a handler. */
static inline user_t* handler(const char* name) {
  user_t* user = once(name);
  user->handler = 1;
  return user;
}
/* Notes that the call with this user returned `code`, which must be 0. */
static inline user_t* accepted(user_t* user, int code) {
  if (code != 0) fprintf(stderr, "%s: %s\n", user->name, kafka_error_message(kafka_last_error()));
  CHECK(code == 0);
  user->accepted = 1;
  return user;
}
static inline void dropped(void* user) { ((user_t*)user)->dropped++; }

/* Everything was freed: each user was told once how it ended, and those that were refused never. */
static inline void check_users(void) {
  int wrong = 0;
  for (int k = 0; k < user_count; ++k) {
    const user_t* user = &users[k];
    const int ends = user->handler ? user->dropped : user->ran + user->dropped;
    if (ends == user->accepted) continue;
    ++wrong;
    fprintf(stderr, "FAIL %s: accepted %d, ran %d, dropped %d\n", user->name, user->accepted, user->ran, user->dropped);
  }
  CHECK(wrong == 0);
}

static inline void ran(void* user) { ((user_t*)user)->ran++; }
static inline void ended(void* user, const kafka_error* error) {
  (void)error;
  ran(user);
}
static inline void ended_well(void* user, const kafka_error* error) {
  if (error != NULL) fprintf(stderr, "%s: %s\n", ((user_t*)user)->name, kafka_error_message(error));
  CHECK(error == NULL);
  ran(user);
}

/* Runs the loop until `*count` is at least `least`; a test that hangs is ended by its time limit. */
static inline void run_until(uv_loop_t* loop, const int* count, int least) {
  while (*count < least) {
    CHECK(uv_run(loop, UV_RUN_ONCE) != 0 || *count >= least);
  }
}
static inline void run_until_ran(uv_loop_t* loop, const user_t* user) { run_until(loop, &user->ran, 1); }

/* Session options for this broker. */
static inline kafka_options* options_for(const kafka_devbroker* broker) {
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "bootstrap.servers", kafka_devbroker_bootstrap(broker)) == 0);
  return options;
}

static inline kafka_bytes text(const char* nul_ended) {
  kafka_bytes bytes;
  bytes.data = nul_ended;
  bytes.length = KAFKA_NTS;
  return bytes;
}

#endif
