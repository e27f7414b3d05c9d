#include "protocol/find_coordinator.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(FindCoordinatorRequest)
