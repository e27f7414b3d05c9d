#include "partitions.hpp"

#include <string>

#include "error.hpp"
#include "value.hpp"

namespace addon {

Partitions read_places(napi_env env, napi_value array) {
  uint32_t length = 0;
  if (array == nullptr || napi_get_array_length(env, array, &length) != napi_ok) return nullptr;
  Partitions list(kafka_partitions_new());
  for (uint32_t k = 0; k < length; ++k) {
    napi_value each = nullptr;
    if (napi_get_element(env, array, k, &each) != napi_ok) continue;
    const std::string topic = read_string(env, read_property(env, each, "topic"));
    const std::string metadata = read_string(env, read_property(env, each, "metadata"));
    kafka_place place = KAFKA_INIT(kafka_place);
    place.topic = topic.c_str();
    place.partition = static_cast<int32_t>(read_number(env, read_property(env, each, "partition")));
    place.offset = static_cast<int64_t>(read_number(env, read_property(env, each, "offset")));
    place.timestamp = static_cast<int64_t>(read_number(env, read_property(env, each, "timestamp")));
    place.leader_epoch_plus_one =
        1 + static_cast<int32_t>(read_number(env, read_property(env, each, "leaderEpoch"), -1));
    place.metadata = {metadata.data(), metadata.size()};
    kafka_partitions_add(list.get(), &place);
  }
  return list;
}

napi_value make_places(napi_env env, const kafka_partitions* list) {
  const size_t count = kafka_partitions_count(list);
  const napi_value array = make_array(env, count);
  for (size_t k = 0; k < count; ++k) {
    kafka_place place = KAFKA_INIT(kafka_place);
    kafka_partitions_get(list, k, &place);
    const napi_value made = make_object(env);
    set(env, made, "topic", make_string(env, place.topic));
    set(env, made, "partition", make_number(env, place.partition));
    set(env, made, "offset", make_number(env, static_cast<double>(place.offset)));
    set(env, made, "timestamp", make_number(env, static_cast<double>(place.timestamp)));
    set(env, made, "leaderEpoch", make_number(env, place.leader_epoch_plus_one - 1));
    if (place.metadata.data != nullptr) {
      set(env, made, "metadata", make_string(env, {place.metadata.data, place.metadata.length}));
    }
    if (place.error != nullptr) set(env, made, "error", make_error(env, place.error));
    set(env, array, static_cast<uint32_t>(k), made);
  }
  return array;
}

}  // namespace addon
