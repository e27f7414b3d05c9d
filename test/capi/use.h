/* The parts of the program that uses every function of the C API once. */
#ifndef UVKAFKA_TEST_CAPI_USE_H
#define UVKAFKA_TEST_CAPI_USE_H

#include "check.h"

/* What each part works with: a loop, brokers and a session. */
typedef struct {
  uv_loop_t* loop;
  kafka_devbroker* broker;
  kafka_session* session;
} world_t;

world_t world_new(void);
/* Frees everything, closes the loop and checks all users. */
void world_free(world_t* world);

void use_options(void);
void use_errors(void);
void use_session(void);
void use_resolver(void);
void use_login_tokens(void);
void use_tls_files(void);
void use_producer(void);
void use_tokens(void);
void use_drops_of_producers(void);
void use_consumer(void);
void use_groups(void);
void use_loop(void);

#endif
