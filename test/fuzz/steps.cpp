// What the compiler calls in a build with -Dfuzz=true (-fsanitize-coverage=trace-cmp): these functions at each
// comparison, the others once. The library brings them as weak ones, so that every program links and clang's fuzzer can
// put its own in their place. A program that counts brings them once more, not weak: the address sanitizer has weak
// ones that count nothing, and they would come first.
#include "steps.hpp"

#if defined(__clang__)
#define UVKAFKA_UNCOUNTED __attribute__((no_sanitize("coverage")))
#else
#define UVKAFKA_UNCOUNTED __attribute__((no_sanitize_coverage))
#endif
#ifdef UVKAFKA_COUNT_STEPS
#define UVKAFKA_OURS UVKAFKA_UNCOUNTED
#else
#define UVKAFKA_OURS __attribute__((weak)) UVKAFKA_UNCOUNTED
#endif
#define UVKAFKA_HOOK extern "C" UVKAFKA_OURS

namespace {
uint64_t counted = 0;
}  // namespace

UVKAFKA_HOOK void __sanitizer_cov_trace_cmp1(uint8_t, uint8_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_cmp2(uint16_t, uint16_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_cmp4(uint32_t, uint32_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_cmp8(uint64_t, uint64_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_const_cmp1(uint8_t, uint8_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_const_cmp2(uint16_t, uint16_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_const_cmp4(uint32_t, uint32_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_const_cmp8(uint64_t, uint64_t) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_cmpf(float, float) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_cmpd(double, double) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_trace_switch(uint64_t, void*) { ++counted; }
UVKAFKA_HOOK void __sanitizer_cov_8bit_counters_init(char*, char*) {}
UVKAFKA_HOOK void __sanitizer_cov_pcs_init(const uintptr_t*, const uintptr_t*) {}

UVKAFKA_OURS uint64_t kafka::fuzz::steps() noexcept { return counted; }
