/* Uses every function of the C API against the dev broker, part by part. */
#include "use.h"

world_t world_new(void) {
  static uv_loop_t loop;
  user_count = 0;
  CHECK(uv_loop_init(&loop) == 0);
  world_t world;
  world.loop = &loop;
  kafka_devbroker_options how = KAFKA_INIT(kafka_devbroker_options);
  how.brokers = 2;
  how.default_partitions = 3;
  world.broker = kafka_devbroker_new(&loop, &how);
  CHECK(world.broker != NULL && kafka_devbroker_error(world.broker) == 0);
  kafka_options* options = options_for(world.broker);
  world.session = kafka_session_new(&loop, options);
  kafka_options_free(options);
  CHECK(world.session != NULL && kafka_session_error(world.session) == NULL);
  CHECK(kafka_session_on_drop(world.session, dropped) == 0);
  return world;
}

void world_free(world_t* world) {
  kafka_session_free(world->session);
  kafka_devbroker_free(world->broker);
  uv_run(world->loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_close(world->loop) == 0);
  check_users();
}

int main(void) {
  CHECK(kafka_version() >= 0x000100);
  CHECK(strchr(kafka_version_string(), '.') != NULL);
  use_options();
  use_errors();
  use_session();
  use_resolver();
  use_login_tokens();
  use_tls_files();
  use_producer();
  use_tokens();
  use_drops_of_producers();
  use_consumer();
  use_groups();
  use_loop();
  puts("ok");
  return 0;
}
