#include "protocol/offset_for_leader_epoch.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(OffsetForLeaderEpochRequest)
