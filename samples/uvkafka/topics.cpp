// uvkafka topics: lists brokers, topics and partitions.
#include <map>
#include <memory>

#include "cli.hpp"

namespace cli {
namespace {

constexpr const char* kTopicsUsage =
    "uvkafka topics -b BOOTSTRAP [-t TOPIC] [-X option=value]...\n"
    "\n"
    "  -b, --bootstrap HOST:PORT[,...]  brokers to connect to first; they tell the others\n"
    "  -t, --topic TOPIC                list this topic only\n"
    "  -X option=value                  a session option by its Java name, e.g. request.timeout.ms=5000\n"
    "\n"
    "Prints brokers, topics, and for each partition leader, replicas, in-sync replicas, earliest and latest offset.\n";

std::string list(const std::vector<int32_t>& ids) {
  std::string text;
  for (int32_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text.empty() ? "-" : text;
}

struct Listing {
  App& app;
  kafka::OffsetMaster offsets;
  kafka::ClusterMetadata cluster;
  std::map<kafka::TopicPartition, std::pair<std::string, std::string>> bounds;  // earliest, latest

  explicit Listing(App& of) : app(of), offsets(of.session()) {}

  void print() {
    for (const kafka::BrokerInfo& broker : cluster.brokers) {
      std::printf("broker %d %s:%d%s%s\n", broker.id, broker.host.c_str(), broker.port,
                  broker.rack.empty() ? "" : " rack ", broker.rack.c_str());
    }
    for (const auto& [name, topic] : cluster.topics) {
      std::printf("topic %s partitions %zu%s\n", name.c_str(), topic.partitions.size(),
                  topic.internal ? " internal" : "");
      if (topic.error) app.fail("topic " + name + ": " + topic.error.message());
      for (const kafka::PartitionInfo& partition : topic.partitions) {
        const auto& [earliest, latest] = bounds[{name, partition.partition}];
        std::printf("  partition %d leader %d replicas %s isr %s earliest %s latest %s\n", partition.partition,
                    partition.leader, list(partition.replicas).c_str(), list(partition.in_sync_replicas).c_str(),
                    earliest.empty() ? "?" : earliest.c_str(), latest.empty() ? "?" : latest.c_str());
      }
    }
    app.finish();
  }

  void take(const std::vector<kafka::TopicOffset>& found, bool earliest) {
    for (const kafka::TopicOffset& entry : found) {
      auto& bound = bounds[{entry.topic, entry.partition}];
      if (entry.error) {
        app.fail(entry.topic + "/" + std::to_string(entry.partition) + ": " + entry.error.message());
        continue;
      }
      (earliest ? bound.first : bound.second) = std::to_string(entry.offset);
    }
  }

  void describe(kafka::ClusterMetadata described) {
    cluster = std::move(described);
    kafka::Partitions partitions;
    for (const auto& [name, topic] : cluster.topics) {
      for (const kafka::PartitionInfo& partition : topic.partitions) {
        if (partition.leader >= 0) partitions[name].push_back(partition.partition);
      }
    }
    if (partitions.empty()) return print();
    offsets.fetch_earliest(partitions, [this, partitions](kafka::Error, std::vector<kafka::TopicOffset> found) {
      take(found, true);
      offsets.fetch_latest(partitions, [this](kafka::Error, std::vector<kafka::TopicOffset> latest) {
        take(latest, false);
        print();
      });
    });
  }
};

}  // namespace

int topics(int argc, char** argv) {
  Arguments arguments;
  if (!arguments.parse(argc, argv, {{"-b", "--bootstrap", true}, {"-t", "--topic", true}, {"-X", "", true}},
                       kTopicsUsage)) {
    return kUsage;
  }
  if (arguments.helped()) return kDone;
  if (!arguments.has("-b")) return usage_error("topics: -b BOOTSTRAP is needed");
  if (arguments.has("-t") && !check_topic("topics", arguments.get("-t"))) return kUsage;
  kafka::SessionOptions options{.bootstrap_servers = arguments.get("-b")};
  if (const auto error = read_options(arguments, options)) return usage_error(error.message());
  App app(std::move(options));
  if (const auto error = app.session().error()) return usage_error(error.message());
  Listing listing(app);
  auto described = [&](kafka::Error error, kafka::ClusterMetadata cluster) {
    if (error) {
      if (!app.interrupted()) app.fail(error.message());
      return app.finish();
    }
    app.heard();
    listing.describe(std::move(cluster));
  };
  if (arguments.has("-t")) {
    app.session().get_metadata({arguments.get("-t")}, described);
  } else {
    app.session().cluster(described);
  }
  return app.run();
}

}  // namespace cli
