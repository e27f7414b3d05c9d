// uvkafka offsets: shows or resets the offsets that a group has committed.
#include "cli.hpp"

namespace cli {
namespace {

constexpr const char* kOffsetsUsage =
    "uvkafka offsets -b BOOTSTRAP -g GROUP -t TOPIC [--reset earliest|latest] [-X option=value]...\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  brokers to connect to first; they tell the others\n"
    "  -g, --group GROUP                the group\n"
    "  -t, --topic TOPIC                the topic\n"
    "      --reset earliest|latest      store the first or the end offset of every partition\n"
    "  -X option=value                  a session option by its Java name\n"
    "\n"
    "Prints TOPIC PARTITION OFFSET METADATA. The offset is that of the next message, or - if none is stored.\n";

}  // namespace

int offsets(int argc, char** argv) {
  Arguments arguments;
  if (!arguments.parse(argc, argv,
                       {{"-b", "--bootstrap", true},
                        {"-g", "--group", true},
                        {"-t", "--topic", true},
                        {"--reset", "--reset", true},
                        {"-X", "", true}},
                       kOffsetsUsage)) {
    return kUsage;
  }
  if (arguments.helped()) return kDone;
  if (!arguments.has("-b") || !arguments.has("-g") || !arguments.has("-t")) {
    return usage_error("offsets: -b BOOTSTRAP, -g GROUP and -t TOPIC are needed");
  }
  if (!check_topic("offsets", arguments.get("-t"))) return kUsage;
  if (arguments.get("-g").empty()) return usage_error("offsets: -g must not be empty");
  const std::string reset = arguments.get("--reset");
  if (arguments.has("--reset") && reset != "earliest" && reset != "latest") {
    return usage_error("offsets: --reset wants earliest or latest");
  }
  kafka::SessionOptions options{.bootstrap_servers = arguments.get("-b")};
  if (const auto error = read_options(arguments, options)) return usage_error(error.message());
  App app(std::move(options));
  if (const auto error = app.session().error()) return usage_error(error.message());
  const std::string topic = arguments.get("-t");
  kafka::ConsumerGroup group(app.session(), arguments.get("-g"));
  auto print = [&](kafka::Error error, std::vector<kafka::ConsumerOffset> found) {
    for (const kafka::ConsumerOffset& entry : found) {
      if (entry.error) {
        app.fail(entry.topic + "/" + std::to_string(entry.partition) + ": " + entry.error.message());
      } else {
        std::printf("%s %d %s %s\n", entry.topic.c_str(), entry.partition,
                    entry.offset < 0 ? "-" : std::to_string(entry.offset).c_str(), entry.metadata.c_str());
      }
    }
    if (error && found.empty() && !app.interrupted()) app.fail(error.message());
    app.finish();
  };
  find_partitions(app, topic, {}, [&](std::vector<int32_t> partitions) {
    const kafka::Partitions all{{topic, std::move(partitions)}};
    auto show = [&, all](kafka::Error error, std::vector<kafka::ConsumerOffset> done) {
      if (error) return print(error, std::move(done));
      group.fetch_offsets(all, print);
    };
    if (reset == "earliest") {
      group.reset_offsets_to_earliest(all, show);
    } else if (reset == "latest") {
      group.reset_offsets_to_latest(all, show);
    } else {
      group.fetch_offsets(all, print);
    }
  });
  return app.run();
}

}  // namespace cli
