// uvkafka broker: the in-memory broker in a process of its own.
#include <kafka/devbroker.hpp>

#include "cli.hpp"

namespace cli {
namespace {

constexpr const char* kBrokerUsage =
    "uvkafka broker [--port 9092] [--brokers N] [--partitions N] [--topic NAME:PARTITIONS]...\n"
    "\n"
    "  --port PORT               broker k listens on 127.0.0.1:PORT + k - 1 (default 9092; 0 takes free ports)\n"
    "  --brokers N               number of brokers, 1 to 100 (default 1)\n"
    "  --partitions N            partitions of a topic that is created by its first use (default 1)\n"
    "  --topic NAME:PARTITIONS   create this topic; repeatable\n"
    "\n"
    "Keeps everything in memory until SIGINT or SIGTERM. For trying things out and for tests.\n";

}  // namespace

int broker(int argc, char** argv) {
  Arguments arguments;
  if (!arguments.parse(argc, argv,
                       {{"--port", "--port", true},
                        {"--brokers", "--brokers", true},
                        {"--partitions", "--partitions", true},
                        {"--topic", "--topic", true}},
                       kBrokerUsage)) {
    return kUsage;
  }
  if (arguments.helped()) return kDone;
  const auto port = number(arguments.get("--port", "9092"));
  const auto brokers = number(arguments.get("--brokers", "1"));
  const auto partitions = number(arguments.get("--partitions", "1"));
  if (!port || *port < 0 || *port > 65535) return usage_error("broker: --port wants 0 to 65535");
  if (!brokers || *brokers < 1 || *brokers > 100) return usage_error("broker: --brokers wants 1 to 100");
  if (!partitions || *partitions < 1 || *partitions > 100000)
    return usage_error("broker: --partitions wants 1 to 100000");

  uv_loop_t loop;
  uv_loop_init(&loop);
  int status = kDone;
  {
    kafka::DevBrokerOptions options;
    options.brokers = static_cast<int32_t>(*brokers);
    options.default_partitions = static_cast<int32_t>(*partitions);
    options.port = static_cast<uint16_t>(*port);
    kafka::DevBroker dev(&loop, options);
    kafka::Error error = dev.error();
    for (const std::string& topic : arguments.all("--topic")) {
      const size_t colon = topic.rfind(':');
      const auto count =
          colon == std::string::npos ? std::optional<int64_t>(1) : number(std::string_view(topic).substr(colon + 1));
      if (!error && (!count || *count < 1 || *count > 100000)) {
        error = kafka::Error(kafka::Errc::invalid_argument,
                             "--topic " + topic + ": NAME:PARTITIONS with 1 to 100000 partitions");
      }
      if (!error) error = dev.create_topic(topic.substr(0, colon), static_cast<int32_t>(*count));
    }
    uv_signal_t signals[2];
    for (int i = 0; i < 2; ++i) {
      uv_signal_init(&loop, &signals[i]);
      signals[i].data = &dev;
      uv_signal_start(
          &signals[i],
          [](uv_signal_t* signal, int) {
            static bool again = false;
            if (std::exchange(again, true)) std::_Exit(kFailed);
            static_cast<kafka::DevBroker*>(signal->data)->close();
          },
          i == 0 ? SIGINT : SIGTERM);
      uv_unref(reinterpret_cast<uv_handle_t*>(&signals[i]));
    }
    if (error) {
      std::fprintf(stderr, "uvkafka: %s\n", error.message().c_str());
      status = error == kafka::Errc::address_error ? kFailed : kUsage;
      dev.close();
    } else {
      std::printf("%s\n", dev.bootstrap_servers().c_str());
      std::fflush(stdout);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    for (uv_signal_t& signal : signals) uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return status;
}

}  // namespace cli
