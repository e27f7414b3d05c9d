#include "protocol/offset_commit.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(OffsetCommitRequest)
