// The assignors of brokers (KIP-848): who should have which partitions. `uniform` shares all partitions out as evenly
// as it can and moves as few as it can; `range` cuts each topic into one range per subscriber. Not here: how members
// get there (consumer_member). The assignors of clients are in group/.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/consumer_member.hpp"

namespace kafka::devbroker {

inline constexpr std::string_view kUniform = "uniform";
inline constexpr std::string_view kRange = "range";

struct Subscriber {
  std::string id = {};
  std::string sort_key = {};      ///< the instance id, else the member id
  std::vector<Uuid> topics = {};  ///< sorted
  Slots had = {};                 ///< its target until now
};

/// How many partitions each topic has.
using TopicSizes = std::map<Uuid, int32_t>;
/// Who should have what, by member id.
using Targets = std::map<std::string, Slots, std::less<>>;

bool is_server_assignor(std::string_view name) noexcept;
/// Topics without a size have no partitions.
Targets assign(std::string_view assignor, std::vector<Subscriber> subscribers, const TopicSizes& sizes);

}  // namespace kafka::devbroker
