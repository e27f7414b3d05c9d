#include "protocol/list_offsets.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(ListOffsetsRequest)
