#include "protocol/produce.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(ProduceRequest)
