// Which API the run goes through: sim_random is compiled twice, and the classes of the client have the same names.
#pragma once

#ifdef UVKAFKA_THROUGH_C
#include "random/through_c.hpp"

namespace kafka::sim {

using through_c::BatchCallback;
using through_c::BatchEnvelope;
using through_c::Consumer;
using through_c::Fetcher;
using through_c::MessageCallback;
using through_c::MessageEnvelope;
using through_c::PartitionReader;
using through_c::Producer;
using through_c::Session;

/// kafka_producer_produce() has no codec for a partition, and no partition without records.
inline constexpr bool kThroughC = true;

}  // namespace kafka::sim
#else
#include <kafka/kafka.hpp>

namespace kafka::sim {

inline constexpr bool kThroughC = false;

}  // namespace kafka::sim
#endif
