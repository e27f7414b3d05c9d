// DescribeConfigs (key 32): the configuration of topics, and the little that a broker of this kind has.
#include <algorithm>
#include <charconv>

#include "devbroker/handlers.hpp"
#include "protocol/describe_configs.hpp"

namespace kafka::devbroker {
namespace {

using Resource = protocol::DescribeConfigsRequest::DescribeConfigsResource;
using TopicConfigs = protocol::DescribeConfigsResponse::DescribeConfigsResult;

constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;

struct DescribedConfig {
  std::string_view name;
  std::string value;
  ConfigType type;
  int8_t source;
  bool read_only = false;
};

void add(const Resource& resource, const DescribedConfig& config, bool synonyms, TopicConfigs& out) {
  const auto& keys = resource.configuration_keys;
  // An empty list asks for all, too: clients before KIP-133's last form wrote it so.
  if (keys && !keys->empty() && std::find(keys->begin(), keys->end(), config.name) == keys->end()) return;
  auto& entry = out.configs.emplace_back();
  entry.name = config.name;
  entry.value = config.value;
  entry.read_only = config.read_only;
  entry.is_default = config.source == kDefaultConfig;
  entry.config_source = config.source;
  entry.config_type = static_cast<int8_t>(config.type);
  entry.documentation.reset();
  if (synonyms) entry.synonyms.push_back({std::string(config.name), config.value, config.source});
}

Error describe_topic(Cluster& cluster, const Resource& resource, bool synonyms, TopicConfigs& out) {
  const Topic* const topic = cluster.topics().find(resource.resource_name);
  if (topic == nullptr) return Error(Errc::unknown_topic_or_partition, resource.resource_name);
  for (const ConfigName& name : topic_config_names()) {
    bool is_default = false;
    std::string value = topic_config_value(name, topic->configs, topic->partitions.front()->config,
                                           cluster.options().message_max_bytes, is_default);
    add(resource, {name.name, std::move(value), name.type, is_default ? kDefaultConfig : kTopicConfig}, synonyms, out);
  }
  return {};
}

/// "" is the default of all brokers: nothing is set there.
Error describe_broker(Cluster& cluster, const Resource& resource, bool synonyms, TopicConfigs& out) {
  if (resource.resource_name.empty()) return {};
  int32_t id = -1;
  const std::string& text = resource.resource_name;
  std::from_chars(text.data(), text.data() + text.size(), id);
  if (cluster.brokers().find(id) == nullptr || std::to_string(id) != text) {
    return Error(Errc::invalid_request, "Unexpected broker id, expected one of the cluster, but received " + text);
  }
  const ClusterOptions& options = cluster.options();
  const auto number = [](int64_t value) { return std::to_string(value); };
  const DescribedConfig all[] = {
      {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false", ConfigType::boolean, kStaticConfig,
       true},
      {"broker.id", text, ConfigType::integer, kStaticConfig, true},
      {"default.replication.factor", number(options.replication_factor), ConfigType::integer, kStaticConfig, true},
      {"message.max.bytes", number(options.message_max_bytes), ConfigType::integer, kStaticConfig, true},
      {"num.partitions", number(options.default_partitions), ConfigType::integer, kStaticConfig, true},
  };
  for (const DescribedConfig& config : all) add(resource, config, synonyms, out);
  return {};
}

}  // namespace

void handle(Context& context, protocol::DescribeConfigsRequest& request, protocol::DescribeConfigsResponse& response) {
  for (const auto& resource : request.resources) {
    auto& out = response.results.emplace_back();
    out.resource_type = resource.resource_type;
    out.resource_name = resource.resource_name;
    out.error_message.reset();
    Error error = context.fault.at_topic(resource.resource_name);
    if (!error && resource.resource_type == kTopic) {
      error = describe_topic(context.cluster, resource, request.include_synonyms, out);
    } else if (!error && resource.resource_type == kBroker) {
      error = describe_broker(context.cluster, resource, request.include_synonyms, out);
    } else if (!error) {
      error = Error(Errc::invalid_request,
                    "Unsupported resource type: " + std::to_string(static_cast<int>(resource.resource_type)));
    }
    out.error_code = wire_code(error.code());
    if (error) out.error_message = error.message();
  }
}

}  // namespace kafka::devbroker
