// Lines of the CPU's caches. With thousands of partitions neither they nor their batches are in them, and waiting for
// memory is most of what a record costs.
#pragma once

#include <cstddef>

namespace kafka::producer {

inline constexpr size_t kLine = 64;

}  // namespace kafka::producer
