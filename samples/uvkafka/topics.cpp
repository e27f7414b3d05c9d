// uvkafka topics: lists brokers, topics and partitions.
#include <map>
#include <memory>

#include <set>

#include "app.hpp"
#include "commands.hpp"
#include "find_topics.hpp"

namespace cli {

const Command kTopics{"topics",
                      "list brokers, topics and partitions",
                      "-b HOST:PORT",
                      {{"-t", "--topic", "TOPIC", "list this topic only; repeatable"}},
                      true,
                      "",
                      "Prints brokers, topics, and for each partition leader, replicas, in-sync replicas, earliest and "
                      "latest offset.\n"};

namespace {

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
      app.output().line("broker " + std::to_string(broker.id) + " " + broker.host + ":" + std::to_string(broker.port) +
                        (broker.rack.empty() ? "" : " rack " + broker.rack));
    }
    for (const auto& [name, topic] : cluster.topics) {
      if (topic.error == kafka::Errc::unknown_topic_or_partition) {
        app.fail("topic " + name + " does not exist");
        continue;
      }
      if (topic.error) app.fail(topic.error, "topic " + name + ": ");
      app.output().line("topic " + name + " partitions " + std::to_string(topic.partitions.size()) +
                        (topic.internal ? " internal" : ""));
      for (const kafka::PartitionInfo& partition : topic.partitions) {
        const auto& [earliest, latest] = bounds[{name, partition.partition}];
        app.output().line("  partition " + std::to_string(partition.partition) + " leader " +
                          std::to_string(partition.leader) + " replicas " + list(partition.replicas) + " isr " +
                          list(partition.in_sync_replicas) + " earliest " + (earliest.empty() ? "?" : earliest) +
                          " latest " + (latest.empty() ? "?" : latest));
      }
    }
    app.finish();
  }

  void take(const std::vector<kafka::TopicOffset>& found, bool earliest) {
    for (const kafka::TopicOffset& entry : found) {
      auto& bound = bounds[{entry.topic, entry.partition}];
      if (entry.error) {
        app.fail(entry.error, entry.topic + "/" + std::to_string(entry.partition) + ": ");
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
  ClientOptions client;
  if (const auto status = arguments.parse(argc, argv, kTopics)) return *status;
  if (const auto status = read_client_options(arguments, kTopics, client)) return *status;
  const auto names = arguments.all("-t");
  if (!check_topics("topics", names)) return kUsage;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Listing listing(app);
  auto described = [&](kafka::Error error, kafka::ClusterMetadata cluster) {
    if (error) {
      if (error != kafka::Errc::closed) app.fail(error);
      return app.finish();
    }
    app.heard();
    listing.describe(std::move(cluster));
  };
  if (names.empty()) {
    app.session().cluster(described);
  } else {
    app.session().get_metadata({names.begin(), names.end()}, described);
  }
  return app.run();
}

}  // namespace cli
