// uvkafka offsets: shows or resets the offsets that a group has committed.
#include "app.hpp"
#include "commands.hpp"
#include "find_topics.hpp"

namespace cli {

const Command kOffsets{
    "offsets",
    "show or reset the offsets that a group has committed",
    "-b HOST:PORT -g GROUP -t TOPIC",
    {{"-g", "--group", "GROUP", "the group"},
     {"-t", "--topic", "TOPIC", "a topic; repeatable"},
     {"", "--reset", "earliest|latest", "store the first or the end offset of every partition"}},
    true,
    "",
    "Prints TOPIC PARTITION OFFSET METADATA. The offset is that of the next message, or - if none is stored.\n"};

int offsets(int argc, char** argv) {
  Arguments arguments;
  ClientOptions client;
  if (const auto status = arguments.parse(argc, argv, kOffsets)) return *status;
  if (const auto status = read_client_options(arguments, kOffsets, client)) return *status;
  const auto topics = arguments.all("-t");
  if (!arguments.has("-g") || topics.empty()) return usage_error("offsets: -g GROUP and -t TOPIC are needed");
  if (!check_topics("offsets", topics)) return kUsage;
  if (arguments.get("-g").empty()) return usage_error("offsets: -g must not be empty");
  const std::string reset = arguments.get("--reset");
  if (arguments.has("--reset") && reset != "earliest" && reset != "latest") {
    return usage_error("offsets: --reset wants earliest or latest");
  }
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  kafka::ConsumerGroup group(app.session(), arguments.get("-g"));
  auto print = [&](kafka::Error error, std::vector<kafka::ConsumerOffset> found) {
    for (const kafka::ConsumerOffset& entry : found) {
      if (entry.error) {
        app.fail(entry.error, entry.topic + "/" + std::to_string(entry.partition) + ": ");
      } else {
        app.output().line(entry.topic + " " + std::to_string(entry.partition) + " " +
                          (entry.offset < 0 ? "-" : std::to_string(entry.offset)) + " " + entry.metadata);
      }
    }
    if (error && found.empty() && !app.interrupted()) app.fail(error);
    app.finish();
  };
  find_topics(app, {topics}, [&](const FoundTopics& found) {
    const kafka::Partitions all = partitions_of(found, {});
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
