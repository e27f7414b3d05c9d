// Partitions as people read them, and as -p takes them.
#pragma once

#include <kafka/types.hpp>

#include <string>

namespace cli {

/// "orders/0-2,5 payments/0"; "" if there are none.
std::string list_of(const kafka::Partitions& partitions);

}  // namespace cli
