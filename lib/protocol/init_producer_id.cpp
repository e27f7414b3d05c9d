#include "protocol/init_producer_id.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(InitProducerIdRequest)
