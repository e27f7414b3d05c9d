// The names of Kafka's APIs. Their numbers stand in the public header.
// Not here: versions (api.hpp).
#pragma once

#include <kafka/api_key.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace kafka::protocol {

using kafka::ApiKey;

/// One more than the largest key.
inline constexpr int16_t kApiKeys = static_cast<int16_t>(ApiKey::delete_share_group_offsets) + 1;

/// Kafka's name, for example "Produce"; empty for a number that is no API.
std::string_view known_name(ApiKey key) noexcept;

/// As known_name(), but "Api N" for a number that is no API.
std::string name(ApiKey key);

}  // namespace kafka::protocol
