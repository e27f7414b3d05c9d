#include "protocol/metadata.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(MetadataRequest)
