// Coordinators (see coordinators.hpp).
#include "devbroker/coordinators.hpp"

#include <vector>

namespace kafka::devbroker {

namespace {

/// The name's partition among the 50 of the offsets topic: Java's String.hashCode modulo 50.
uint32_t offsets_partition(std::string_view name) {
  uint32_t hash = 0;
  for (char c : name) hash = hash * 31 + static_cast<unsigned char>(c);
  return (hash & 0x7FFFFFFFu) % 50;
}

}  // namespace

int32_t Coordinators::of(std::string_view name) const {
  if (auto at = moved_.find(name); at != moved_.end() && brokers_.listed(at->second)) return at->second;
  // The broker at the name's place, or the next one that is listed.
  const std::vector<int32_t> ids = brokers_.ids();
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t id = ids[(offsets_partition(name) + i) % ids.size()];
    if (brokers_.listed(id)) return id;
  }
  return -1;
}

Error Coordinators::move(std::string_view name, int32_t broker) {
  if (!brokers_.alive(broker)) return Error(Errc::broker_not_available, "broker " + std::to_string(broker));
  moved_[std::string(name)] = broker;
  on_moved_();
  return {};
}

}  // namespace kafka::devbroker
