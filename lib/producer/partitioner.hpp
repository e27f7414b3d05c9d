// Which partition a key goes to: the hashes of other clients, bit by bit.
// Not here: records whose key says nothing (chooser.hpp).
#pragma once

#include <kafka/options.hpp>

#include <cstdint>
#include <string_view>

namespace kafka::producer {

/// Whether the key alone decides. A key whose data() is null is no key.
constexpr bool decides(Partitioner how, std::string_view key) noexcept {
  switch (how) {
    case Partitioner::murmur2_random:
    case Partitioner::fnv1a_random:
      return key.data() != nullptr;
    case Partitioner::consistent_random:
      return !key.empty();
    case Partitioner::murmur2:
    case Partitioner::fnv1a:
    case Partitioner::consistent:
      return true;
    case Partitioner::random:
    case Partitioner::round_robin:
      break;
  }
  return false;
}

/// The partition of a key that decides, in [0, count).
int32_t partition_of(Partitioner how, std::string_view key, int32_t count) noexcept;

}  // namespace kafka::producer
