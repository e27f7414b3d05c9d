// How a broker of one release of Kafka differs from others: the versions that it advertises and serves, and rules that
// changed from release to release. The versions come from the rows of the messages (protocol/api.hpp).
#pragma once

#include <kafka/api_key.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "devbroker/group_rules.hpp"
#include "devbroker/producers.hpp"
#include "protocol/api.hpp"

namespace kafka::devbroker {

struct ApiRange {
  ApiKey api;
  protocol::VersionRange served;
  int16_t advertised_min;  ///< Kafka 4 advertises versions of Produce that it refuses (KAFKA-18659)
};

struct Profile {
  std::string_view release;  ///< "" for everything at once
  /// Which member of a row has the newest version; null: the newest that this library knows.
  int16_t protocol::NewestIn::*newest;
  /// Releases without ApiVersions close the connection when they are asked.
  bool has_api_versions;
  /// From 2.4 on the refusal of an ApiVersions version names the versions there are (KIP-511).
  bool lists_on_refusal;
  ProducerRules producers;
  /// From 4.0 on the oldest versions are gone (KIP-896).
  bool is_kafka4 = false;
  GroupRules groups = {};
  /// 0.9 drops requests of APIs that it does not know, ApiVersions among them, and serves the next one. Others close
  /// the connection.
  bool drops_unknown = false;

  /// Releases before 2.4 call such records corrupt.
  bool knows_invalid_records() const noexcept { return lists_on_refusal; }

  /// From 3.0 on the end of a token ends its login, also without a limit of the broker's own
  /// (connections.max.reauth.ms).
  bool ends_with_token() const noexcept;

  /// Nothing if this release does not know the API.
  std::optional<ApiRange> find(ApiKey api) const noexcept;
  /// All APIs of this release, in the order of their keys.
  std::vector<ApiRange> apis() const;
};

/// Null for a name that no profile has.
const Profile* find_profile(std::string_view release) noexcept;

/// "0.8.2, 0.9, ...", for error texts.
std::string release_names();

}  // namespace kafka::devbroker
