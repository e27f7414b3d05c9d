// KAFKA_API marks what the shared library exports; everything else is hidden.
#pragma once

#if defined(_WIN32)
#define KAFKA_API
#else
#define KAFKA_API __attribute__((visibility("default")))
#endif
