// Lists of partitions.
#include "capi/partitions.hpp"

#include <new>
#include <utility>

#include "capi/bytes.hpp"
#include "capi/call.hpp"

using kafka::Error;
using kafka::capi::failed;
using kafka::capi::Place;
using kafka::capi::wrong_argument;

namespace kafka::capi {

Error read(const char* function, const kafka_place* given, Place& to) {
  if (!sized(given)) return wrong_argument(function, "place is NULL, or its size is not set");
  if (given->topic == nullptr) return wrong_argument(function, "place.topic is NULL");
  std::string_view metadata;
  if (!read(given->metadata, metadata)) return wrong_argument(function, "place.metadata has a length and no data");
  if (given->leader_epoch_plus_one < 0) return wrong_argument(function, "place.leader_epoch_plus_one is below 0");
  to.topic = given->topic;
  to.partition = given->partition;
  to.leader_epoch = given->leader_epoch_plus_one - 1;
  to.offset = given->offset;
  to.timestamp = given->timestamp == 0 ? -1 : given->timestamp;
  to.metadata = metadata;
  return {};
}

kafka_partitions to_c(const Partitions& partitions) {
  kafka_partitions list;
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) list.places.push_back({.topic = topic, .partition = number});
  }
  return list;
}

kafka_partitions to_c(const std::vector<TopicOffset>& offsets) {
  kafka_partitions list;
  for (const TopicOffset& each : offsets) {
    list.places.push_back({.topic = each.topic,
                           .partition = each.partition,
                           .offset = each.offset,
                           .timestamp = each.timestamp,
                           .error = kafka_error(each.error)});
  }
  return list;
}

kafka_partitions to_c(const std::vector<ConsumerOffset>& offsets) {
  kafka_partitions list;
  for (const ConsumerOffset& each : offsets) {
    list.places.push_back({.topic = each.topic,
                           .partition = each.partition,
                           .leader_epoch = each.leader_epoch,
                           .offset = each.offset,
                           .metadata = each.metadata,
                           .error = kafka_error(each.error)});
  }
  return list;
}

Partitions partitions(const kafka_partitions& list) {
  Partitions all;
  for (const Place& place : list.places) all[place.topic].push_back(place.partition);
  return all;
}

TopicOffset topic_offset(const Place& place) {
  if (place.timestamp > 0) return TopicOffset::at_time(place.topic, place.partition, place.timestamp);
  return {.topic = place.topic, .partition = place.partition, .offset = place.offset};
}

std::vector<TopicOffset> topic_offsets(const kafka_partitions& list) {
  std::vector<TopicOffset> all;
  for (const Place& place : list.places) all.push_back(topic_offset(place));
  return all;
}

std::vector<ConsumerOffset> consumer_offsets(const kafka_partitions& list) {
  std::vector<ConsumerOffset> all;
  for (const Place& place : list.places) {
    all.push_back({.topic = place.topic,
                   .partition = place.partition,
                   .offset = place.offset,
                   .metadata = place.metadata,
                   .leader_epoch = place.leader_epoch});
  }
  return all;
}

bool read(const char* const* names, size_t count, std::vector<std::string>& to) {
  if (count > 0 && names == nullptr) return false;
  for (size_t k = 0; k < count; ++k) {
    if (names[k] == nullptr) return false;
    to.emplace_back(names[k]);
  }
  return true;
}

}  // namespace kafka::capi

extern "C" {

kafka_partitions* kafka_partitions_new(void) { return new (std::nothrow) kafka_partitions; }

int kafka_partitions_add(kafka_partitions* list, const kafka_place* place) {
  if (list == nullptr) return failed(wrong_argument(__func__, "list is NULL"));
  Place added;
  if (const Error wrong = kafka::capi::read(__func__, place, added)) return failed(wrong);
  list->places.push_back(std::move(added));
  return KAFKA_OK;
}

int kafka_partitions_add_partition(kafka_partitions* list, const char* topic, int32_t partition) {
  if (list == nullptr || topic == nullptr) return failed(wrong_argument(__func__, "list and topic may not be NULL"));
  list->places.push_back({.topic = topic, .partition = partition});
  return KAFKA_OK;
}

size_t kafka_partitions_count(const kafka_partitions* list) { return list == nullptr ? 0 : list->places.size(); }

int kafka_partitions_get(const kafka_partitions* list, size_t index, kafka_place* to) {
  if (list == nullptr || index >= list->places.size())
    return failed(wrong_argument(__func__, "there is no such place"));
  if (!kafka::capi::sized(to)) return failed(wrong_argument(__func__, "to is NULL, or its size is not set"));
  const Place& place = list->places[index];
  to->topic = place.topic.c_str();
  to->partition = place.partition;
  to->leader_epoch_plus_one = place.leader_epoch + 1;
  to->offset = place.offset;
  to->timestamp = place.timestamp;
  to->metadata = kafka::capi::bytes(place.metadata);
  to->error = place.error.or_null();
  return KAFKA_OK;
}

kafka_partitions* kafka_partitions_copy(const kafka_partitions* list) {
  return list == nullptr ? nullptr : new (std::nothrow) kafka_partitions(*list);
}
void kafka_partitions_free(kafka_partitions* list) { delete list; }

}  // extern "C"
