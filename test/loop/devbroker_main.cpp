// A dev broker as a program, for other clients. Runs until SIGTERM or SIGINT.
//   devbroker_main PORT BROKERS VERSION [TOPIC:PARTITIONS]...      VERSION "" or e.g. 0.11
#include <uv.h>
#include <kafka/devbroker.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: devbroker_main PORT BROKERS VERSION [TOPIC:PARTITIONS]...\n");
    return 2;
  }
  uv_loop_t* loop = uv_default_loop();
  kafka::DevBroker broker(
      loop, {.brokers = std::atoi(argv[2]), .port = static_cast<uint16_t>(std::atoi(argv[1])), .version = argv[3]});
  if (broker.error()) {
    std::fprintf(stderr, "%s\n", broker.error().message().c_str());
    return 1;
  }
  for (int i = 4; i < argc; ++i) {
    const std::string text = argv[i];
    const size_t colon = text.rfind(':');
    const int partitions = colon == std::string::npos ? 1 : std::atoi(text.c_str() + colon + 1);
    if (kafka::Error error = broker.create_topic(text.substr(0, colon), partitions)) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
      return 1;
    }
  }
  struct Signals {
    uv_signal_t terminate;
    uv_signal_t interrupt;
    kafka::DevBroker* broker;
  } signals{{}, {}, &broker};
  auto end = [](uv_signal_t* handle, int) {
    auto* all = static_cast<Signals*>(handle->data);
    uv_close(reinterpret_cast<uv_handle_t*>(&all->terminate), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&all->interrupt), nullptr);
    all->broker->close();
  };
  for (auto [handle, number] : {std::pair{&signals.terminate, SIGTERM}, std::pair{&signals.interrupt, SIGINT}}) {
    uv_signal_init(loop, handle);
    handle->data = &signals;
    uv_signal_start(handle, end, number);
  }
  std::printf("%s\n", broker.bootstrap_servers().c_str());
  std::fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) == 0 ? 0 : 3;
}
