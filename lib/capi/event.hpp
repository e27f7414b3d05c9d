// Events as the C API tells them.
#pragma once

#include <kafka/c/session.h>
#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include "capi/ground.hpp"

namespace kafka::capi {

/// None for NULL.
Function<void(const Event&)> event_handler(Ground& ground, kafka_event_cb callback, void* user);

}  // namespace kafka::capi
