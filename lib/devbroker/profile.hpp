// Which versions of which APIs a broker of some release advertises and serves.
#pragma once

#include <kafka/devbroker.hpp>

#include <cstdint>
#include <span>
#include <string_view>

#include "devbroker/producers.hpp"

namespace kafka::devbroker {

struct ApiRange {
  ApiKey api;
  int16_t advertised_min;
  int16_t max;
  int16_t served_min;  ///< Kafka 4 advertises versions of Produce that it refuses (KAFKA-18659)
};

struct Profile {
  std::string_view release;  ///< "" for everything at once
  std::span<const ApiRange> apis;
  /// Releases without ApiVersions close the connection when they are asked.
  bool has_api_versions;
  /// From 2.4 on the refusal of an ApiVersions version names the versions there are (KIP-511).
  bool lists_on_refusal;
  ProducerRules producers;

  /// Older releases, before 2.4 too, call such records corrupt.
  bool knows_invalid_records() const noexcept { return lists_on_refusal; }

  /// Null if this release does not know the API.
  const ApiRange* find(int16_t api) const noexcept;
};

/// Null for a name that no profile has.
const Profile* find_profile(std::string_view release) noexcept;

}  // namespace kafka::devbroker
