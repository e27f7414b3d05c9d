// Lists of partitions of the C API, and their forms in the C++ API.
#pragma once

#include <kafka/c/partitions.h>
#include <kafka/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "capi/error.hpp"

namespace kafka::capi {

/// A partition, and what a list has of it.
struct Place {
  std::string topic = {};
  int32_t partition = 0;
  int32_t leader_epoch = -1;
  int64_t offset = 0;
  int64_t timestamp = -1;
  std::string metadata = {};
  kafka_error error = {};
};

}  // namespace kafka::capi

struct kafka_partitions {
  std::vector<kafka::capi::Place> places;
};

namespace kafka::capi {

/// Reads a place that the program filled in; the error names the member that is wrong.
Error read(const char* function, const kafka_place* given, Place& to);

kafka_partitions to_c(const Partitions& partitions);
kafka_partitions to_c(const std::vector<TopicOffset>& offsets);
kafka_partitions to_c(const std::vector<ConsumerOffset>& offsets);
/// Each partition once or more, as the list has it.
Partitions partitions(const kafka_partitions& list);
std::vector<TopicOffset> topic_offsets(const kafka_partitions& list);
TopicOffset topic_offset(const Place& place);
std::vector<ConsumerOffset> consumer_offsets(const kafka_partitions& list);

/// Reads an array of names that end with NUL. False if one is null.
bool read(const char* const* names, size_t count, std::vector<std::string>& to);

}  // namespace kafka::capi
