// Whether this build has the address sanitizer. g++ and clang++ tell it in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define UVKAFKA_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UVKAFKA_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef UVKAFKA_ADDRESS_SANITIZER
#define UVKAFKA_ADDRESS_SANITIZER 0
#endif
