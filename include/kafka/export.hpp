// UVKAFKA_API marks what the shared library exports; everything else is hidden.
#pragma once

#if defined(_WIN32)
#define UVKAFKA_API
#else
#define UVKAFKA_API __attribute__((visibility("default")))
#endif
