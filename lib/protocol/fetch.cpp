#include "protocol/fetch.hpp"

#include "protocol/instantiate.hpp"

UVKAFKA_INSTANTIATE(FetchRequest)
