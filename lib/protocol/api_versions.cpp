#include "protocol/api_versions.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(ApiVersionsRequest)
