// Lists of partitions as arrays of objects: {topic, partition, offset, timestamp, metadata, leaderEpoch, error}.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <memory>

namespace addon {

struct FreePartitions {
  void operator()(kafka_partitions* list) const { kafka_partitions_free(list); }
};
using Partitions = std::unique_ptr<kafka_partitions, FreePartitions>;

/// Null for undefined and null; then it means all of them, where a call says so.
Partitions read_places(napi_env env, napi_value array);
napi_value make_places(napi_env env, const kafka_partitions* list);

}  // namespace addon
