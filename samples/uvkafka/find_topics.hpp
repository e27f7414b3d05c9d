// Finds the topics that a command was told, before anything is read or sent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app.hpp"

namespace cli {

/// What happens if a topic does not exist.
enum class Creation : uint8_t {
  never,      ///< the run fails; nothing creates it, on any release of Kafka
  by_broker,  ///< brokers that create topics by themselves (auto.create.topics.enable) may create it
  wanted,     ///< it is created
};

struct WantedTopics {
  std::vector<std::string> names;
  std::vector<int32_t> partitions = {};  ///< of each topic; empty: all
  Creation creation = Creation::never;
};

/// The topics by name, as the cluster described them.
using FoundTopics = std::map<std::string, kafka::TopicInfo>;

/// Calls `found` once all topics exist and have the wanted partitions. Otherwise prints why not (a topic or a partition
/// does not exist, for example), and calls `failed`; without it, the run ends.
void find_topics(App& app, WantedTopics wanted, std::function<void(const FoundTopics&)> found,
                 std::function<void()> failed = {});

/// The wanted partitions of the topics that were found.
kafka::Partitions partitions_of(const FoundTopics& topics, const std::vector<int32_t>& wanted);

std::string no_such_partition(const std::string& topic, int64_t partition, size_t partitions);

/// True if Kafka allows the names. Otherwise prints on stderr what is wrong.
bool check_topics(const char* command, const std::vector<std::string>& topics);

}  // namespace cli
