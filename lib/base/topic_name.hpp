// Which names a topic can have.
#pragma once

#include <kafka/error.hpp>

#include <string_view>

namespace kafka {

/// Kafka's rules: 1 to 249 characters of [a-zA-Z0-9._-], not "." or "..". Anything else is invalid_topic.
Error check_topic_name(std::string_view name);

/// Topics of the brokers' own, for groups and transactions.
bool is_internal_topic(std::string_view name);

}  // namespace kafka
