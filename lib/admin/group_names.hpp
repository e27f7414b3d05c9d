// Kafka's words for types and states of groups.
#pragma once

#include <kafka/groups.hpp>

#include <string_view>

namespace kafka::admin {

/// Brokers differ in upper and lower case. A word that is not known is `unknown`.
GroupType group_type(std::string_view word);
/// Brokers of 0.9 to 0.11 say AwaitingSync for CompletingRebalance.
GroupState group_state(std::string_view word);

}  // namespace kafka::admin
