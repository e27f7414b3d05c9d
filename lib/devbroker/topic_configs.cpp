#include "devbroker/topic_configs.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace kafka::devbroker {
namespace {

constexpr std::string_view kCleanupPolicy = "cleanup.policy";
constexpr std::string_view kMaxMessageBytes = "max.message.bytes";
constexpr std::string_view kTimestampType = "message.timestamp.type";
constexpr std::string_view kForever = "9223372036854775807";

constexpr ConfigName kNames[] = {
    {kCleanupPolicy, "delete", ConfigType::list},
    {"compression.type", "producer", ConfigType::string},
    {"delete.retention.ms", "86400000", ConfigType::long_integer},
    {"file.delete.delay.ms", "60000", ConfigType::long_integer},
    {"flush.messages", kForever, ConfigType::long_integer},
    {"flush.ms", kForever, ConfigType::long_integer},
    {"index.interval.bytes", "4096", ConfigType::integer},
    {"max.compaction.lag.ms", kForever, ConfigType::long_integer},
    {kMaxMessageBytes, "1048588", ConfigType::integer},
    {"message.timestamp.after.max.ms", "3600000", ConfigType::long_integer},
    {"message.timestamp.before.max.ms", kForever, ConfigType::long_integer},
    {kTimestampType, "CreateTime", ConfigType::string},
    {"min.cleanable.dirty.ratio", "0.5", ConfigType::decimal},
    {"min.compaction.lag.ms", "0", ConfigType::long_integer},
    {"min.insync.replicas", "1", ConfigType::integer},
    {"preallocate", "false", ConfigType::boolean},
    {"retention.bytes", "-1", ConfigType::long_integer},
    {"retention.ms", "604800000", ConfigType::long_integer},
    {"segment.bytes", "1073741824", ConfigType::integer},
    {"segment.index.bytes", "10485760", ConfigType::integer},
    {"segment.jitter.ms", "0", ConfigType::long_integer},
    {"segment.ms", "604800000", ConfigType::long_integer},
    {"unclean.leader.election.enable", "false", ConfigType::boolean},
};

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool fits(ConfigType type, std::string_view value) {
  switch (type) {
    case ConfigType::boolean:
      return value == "true" || value == "false";
    case ConfigType::integer: {
      const auto parsed = number(value);
      return parsed && *parsed >= INT32_MIN && *parsed <= INT32_MAX;
    }
    case ConfigType::long_integer:
      return number(value).has_value();
    case ConfigType::decimal:
      return !value.empty() && value.find_first_not_of("0123456789.") == std::string_view::npos;
    case ConfigType::string:
    case ConfigType::list:
      return true;
  }
  return true;
}

bool compacts(std::string_view policy) { return policy.find("compact") != std::string_view::npos; }

}  // namespace

std::span<const ConfigName> topic_config_names() noexcept { return kNames; }

Error set_topic_config(std::string_view name, std::string_view value, ConfigValues& values, DevTopicConfig& config) {
  const auto* const found = std::ranges::find(kNames, name, &ConfigName::name);
  if (found == std::end(kNames)) return Error(Errc::invalid_config, "Unknown topic config name: " + std::string(name));
  const auto wrong = [&] {
    return Error(Errc::invalid_config,
                 "Invalid value " + std::string(value) + " for configuration " + std::string(name));
  };
  if (!fits(found->type, value)) return wrong();
  if (name == kCleanupPolicy) {
    if (value != "delete" && value != "compact" && value != "compact,delete" && value != "delete,compact")
      return wrong();
    config.compacted = compacts(value);
  } else if (name == kTimestampType) {
    if (value != "CreateTime" && value != "LogAppendTime") return wrong();
    config.log_append_time = value == "LogAppendTime";
  } else if (name == kMaxMessageBytes) {
    if (*number(value) < 0) return wrong();
    config.message_max_bytes = static_cast<int32_t>(*number(value));
  }
  values.insert_or_assign(std::string(name), std::string(value));
  return {};
}

std::string topic_config_value(const ConfigName& name, const ConfigValues& values, const DevTopicConfig& config,
                               int32_t message_max_bytes, bool& is_default) {
  is_default = false;
  const auto set = values.find(name.name);
  if (name.name == kMaxMessageBytes && config.message_max_bytes > 0) return std::to_string(config.message_max_bytes);
  if (name.name == kTimestampType && config.log_append_time) return "LogAppendTime";
  if (name.name == kCleanupPolicy && config.compacted) {
    return set != values.end() && compacts(set->second) ? set->second : "compact";
  }
  if (set != values.end()) return set->second;
  is_default = true;
  return name.name == kMaxMessageBytes ? std::to_string(message_max_bytes) : std::string(name.value);
}

}  // namespace kafka::devbroker
