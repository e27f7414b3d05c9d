// Which broker coordinates a group or a transaction.
// Not here: what a coordinator keeps (group_store, producer_ids).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "devbroker/brokers.hpp"

namespace kafka::devbroker {

/// Owns the coordinators that were moved by hand. All others follow from the name, as in Kafka.
class Coordinators {
 public:
  /// `on_moved` is called when one was moved.
  Coordinators(const Brokers& brokers, std::function<void()> on_moved)
      : brokers_(brokers), on_moved_(std::move(on_moved)) {}

  /// -1: no broker is alive.
  int32_t of(std::string_view name) const;
  /// Errors: broker_not_available.
  Error move(std::string_view name, int32_t broker);

 private:
  const Brokers& brokers_;
  std::function<void()> on_moved_;
  std::map<std::string, int32_t, std::less<>> moved_;
};

}  // namespace kafka::devbroker
