// Which version of an API to speak on a connection: the newest that both sides have.
// Not here: asking (cluster/connection), when a peer counts as too old to be asked (cluster/endpoint).
#pragma once

#include <kafka/error.hpp>

#include <array>
#include <cstdint>
#include <optional>

#include "protocol/api.hpp"

namespace kafka::protocol {

/// The versions that a peer advertised.
class ApiVersionSet {
 public:
  /// Ignores keys that are no API of Kafka. A range that makes no sense counts as "not spoken".
  void set(ApiKey key, int16_t min, int16_t max) noexcept;
  void clear() noexcept { *this = ApiVersionSet(); }
  bool empty() const noexcept { return count_ == 0; }

  /// What the peer really takes, or nothing if it does not speak the API. Kafka 4 advertises Produce from version 0 on
  /// but refuses those below 3. Kafka 4 is recognised by its oldest version of Fetch.
  std::optional<VersionRange> range(ApiKey key) const noexcept;

  /// The newest version that both sides have and that is not above `cap`.
  /// Errors: unsupported_version, naming the API and both ranges; `version` keeps its value then.
  Error pick(ApiKey key, int16_t cap, int16_t& version) const;
  Error pick(ApiKey key, int16_t& version) const { return pick(key, kNoCap, version); }

 private:
  struct Entry {
    VersionRange said = {};
    bool known = false;
  };
  const Entry* find(ApiKey key) const noexcept;
  bool is_kafka4() const noexcept;

  std::array<Entry, kApiKeys> entries_ = {};
  size_t count_ = 0;
};

/// What 0.8.2 and 0.9 both speak. These releases cannot be asked. `groups`: the peer is 0.9, and has the APIs that came
/// with it.
ApiVersionSet legacy_versions(bool groups) noexcept;

}  // namespace kafka::protocol
