// The configuration of topics as Kafka names it: which names there are, with their defaults and types.
// Not here: what the three that have an effect do (contents.hpp).
#pragma once

#include <kafka/devbroker.hpp>
#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace kafka::devbroker {

/// What was set for a topic, by name.
using ConfigValues = std::map<std::string, std::string, std::less<>>;

/// The numbers of the protocol.
enum class ConfigType : int8_t { boolean = 1, string = 2, integer = 3, long_integer = 5, decimal = 6, list = 7 };

/// Where a value comes from, as the protocol numbers it.
inline constexpr int8_t kTopicConfig = 1;
inline constexpr int8_t kStaticConfig = 4;
inline constexpr int8_t kDefaultConfig = 5;

struct ConfigName {
  std::string_view name;
  std::string_view value;  ///< the default
  ConfigType type;
};

/// In alphabetical order.
std::span<const ConfigName> topic_config_names() noexcept;

/// Takes one value into the values of a topic and, if the brokers act on it, into `config`.
/// Errors: invalid_config: there is no such name, or its value makes no sense.
Error set_topic_config(std::string_view name, std::string_view value, ConfigValues& values, DevTopicConfig& config);

/// What a topic has for this name: what was set, what configure_topic() said, or the default.
std::string topic_config_value(const ConfigName& name, const ConfigValues& values, const DevTopicConfig& config,
                               int32_t message_max_bytes, bool& is_default);

}  // namespace kafka::devbroker
