// Which release of Kafka each broker speaks like.
// Not here: what differs between releases (profile).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <string_view>

#include "devbroker/profile.hpp"

namespace kafka::devbroker {

/// Owns the choice of a release for the cluster, and for single brokers that differ.
class Releases {
 public:
  Releases() : of_all_(find_profile("")) {}

  /// Broker 0: all of them. Errors: invalid_argument.
  Error as_version(std::string_view release, int32_t broker = 0);
  /// Broker 0: what brokers speak that do not differ.
  const Profile& profile(int32_t broker = 0) const;

 private:
  const Profile* of_all_;
  std::map<int32_t, const Profile*> of_one_;
};

}  // namespace kafka::devbroker
