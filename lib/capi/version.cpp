// The library's version.
#include "capi/version.hpp"

#include <kafka/kafka.h>

extern "C" {

uint32_t kafka_version(void) { return UVKAFKA_VERSION_NUMBER; }
const char* kafka_version_string(void) { return UVKAFKA_VERSION; }

}  // extern "C"
