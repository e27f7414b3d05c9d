#include "protocol/offset_fetch.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(OffsetFetchRequest)
