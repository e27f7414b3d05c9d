/* A project of C alone, without a C++ compiler: it uses the C API as far as that goes without a broker. */
#include <kafka/kafka.h>
#include <stdio.h>
#include <uv.h>

static void closed(void* user) { *(int*)user = 1; }

int main(void) {
  int is_closed = 0;
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  kafka_options_set(options, "bootstrap.servers", "127.0.0.1:1");
  kafka_session* session = kafka_session_new(uv_default_loop(), options);
  kafka_options_free(options);
  kafka_session_close(session, -1, closed, &is_closed);
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  kafka_session_free(session);
  uv_run(uv_default_loop(), UV_RUN_NOWAIT);
  printf("uvkafka %s\n", kafka_version_string());
  return is_closed ? uv_loop_close(uv_default_loop()) : 1;
}
