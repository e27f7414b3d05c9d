// Counted steps: in a build with -Dfuzz=true every comparison in the library, and in what it inlines, counts one. The
// same work takes the same steps on every machine.
#pragma once

#include <cstdint>

namespace kafka::fuzz {

/// Steps since the program began; always 0 in other builds, and in the fuzzers.
uint64_t steps() noexcept;

}  // namespace kafka::fuzz
