// Which version of an API to speak on a connection: the newest that both sides have.
// Not here: asking (cluster/connection), when a peer counts as too old to be asked (cluster/endpoint).
#pragma once

#include <kafka/error.hpp>

#include <array>
#include <cstdint>
#include <optional>

#include "codec/fields.hpp"
#include "protocol/api_key.hpp"

namespace kafka::protocol {

using VersionRange = codec::Versions;

/// The versions that this library has of an API, or none.
std::optional<VersionRange> supported(ApiKey key) noexcept;

/// What a peer said it speaks.
class ApiVersionSet {
 public:
  /// Keys that nobody knows are ignored. A range that makes no sense counts as "not spoken".
  void set(ApiKey key, int16_t min, int16_t max) noexcept;
  void clear() noexcept { *this = ApiVersionSet(); }
  bool empty() const noexcept { return count_ == 0; }

  /// What the peer really takes, or none if it does not speak the API. Kafka 4 says that it takes Produce from 0
  /// on and refuses all below 3; it is known by the old versions of Fetch that it has not.
  std::optional<VersionRange> range(ApiKey key) const noexcept;

  /// The newest version that both sides have and that is not above `cap`.
  /// Errors: unsupported_version, naming the API and both ranges; `version` is left alone then.
  Error pick(ApiKey key, int16_t cap, int16_t& version) const;
  Error pick(ApiKey key, int16_t& version) const { return pick(key, 32767, version); }

 private:
  struct Entry {
    VersionRange said = {};
    bool known = false;
  };
  const Entry* find(ApiKey key) const noexcept;

  std::array<Entry, kApiKeys> entries_ = {};
  size_t count_ = 0;
};

/// What 0.8.2 and 0.9 speak, which cannot be asked. Of the offset APIs only version 1: version 0 would
/// store in ZooKeeper.
ApiVersionSet legacy_versions() noexcept;

}  // namespace kafka::protocol
