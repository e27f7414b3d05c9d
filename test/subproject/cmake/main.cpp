// Links the library, and closes a session that never connected.
#include <kafka/kafka.hpp>
#include <uv.h>

int main() {
  uv_loop_t* loop = uv_default_loop();
  bool closed = false;
  kafka::Session session(loop, {.bootstrap_servers = "127.0.0.1:1"});
  session.close([&closed] { closed = true; });
  uv_run(loop, UV_RUN_DEFAULT);
  return closed ? 0 : 1;
}
