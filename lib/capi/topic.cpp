// Sending many records to one topic of the C API.
#include <string>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/producer.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::Record;
using kafka::Value;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::wrong_argument;

namespace {

Error send(kafka_producer& producer, const kafka_topic& topic, const Record& record, uint64_t token) {
  return token == 0 ? producer.producer.send(topic.topic, record) : producer.producer.send(topic.topic, record, token);
}

/// Items that lie one behind the other.
struct Packed {
  const char* bytes;
  const uint32_t* ends;

  /// The first item that ends before it begins; `count` if there is none.
  size_t first_wrong(size_t count) const {
    uint32_t last = 0;
    for (size_t k = 0; ends != nullptr && k < count; ++k) {
      const uint32_t end = ends[k] & ~KAFKA_PACKED_NULL;
      if (end < last || ((ends[k] & KAFKA_PACKED_NULL) != 0 && end != last)) return k;
      last = end;
    }
    return count;
  }
  /// The last end is beyond 0, so there have to be bytes.
  bool needs_bytes(size_t count) const {
    return ends != nullptr && count > 0 && (ends[count - 1] & ~KAFKA_PACKED_NULL) > 0;
  }
  /// Null for a null item.
  std::string_view at(size_t k) const {
    if (ends == nullptr || (ends[k] & KAFKA_PACKED_NULL) != 0) return {};
    const uint32_t begin = k == 0 ? 0 : ends[k - 1] & ~KAFKA_PACKED_NULL;
    const uint32_t length = ends[k] - begin;
    return length == 0 ? std::string_view("", 0) : std::string_view(bytes + begin, length);
  }
};

Error check(const char* function, const char* what, const Packed& items, size_t count) {
  if (items.needs_bytes(count) && items.bytes == nullptr) {
    return wrong_argument(function, (std::string(what) + " is NULL, and its items have lengths").c_str());
  }
  const size_t wrong = items.first_wrong(count);
  if (wrong == count) return {};
  return wrong_argument(function, (std::string(what) + ": item " + std::to_string(wrong) +
                                   " ends before the one before it, or is null and has bytes")
                                      .c_str());
}

}  // namespace

extern "C" {

kafka_topic* kafka_producer_topic(kafka_producer* producer, const char* name) {
  return kafka::capi::made<kafka_topic>(__func__, producer, [&](kafka_producer& owner) -> kafka_topic* {
    if (name == nullptr) return failed(wrong_argument("kafka_producer_topic", "name is NULL")), nullptr;
    return new (std::nothrow) kafka_topic{owner.ground, owner.producer.topic(name), name};
  });
}

int kafka_topic_error(const kafka_topic* topic) {
  if (topic == nullptr) return failed(wrong_argument(__func__, "topic is NULL"));
  return failed(topic->topic.error());
}

const char* kafka_topic_name(const kafka_topic* topic) { return topic == nullptr ? "" : topic->name.c_str(); }
void kafka_topic_free(kafka_topic* topic) { kafka::capi::free_handle(__func__, topic); }

int kafka_topic_send(kafka_producer* producer, kafka_topic* topic, int32_t partition, const void* key,
                     size_t key_length, const void* value, size_t value_length, uint64_t token) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    if (topic == nullptr) return wrong_argument("kafka_topic_send", "topic is NULL");
    Record record;
    std::string_view bytes;
    if (!kafka::capi::read(key, key_length, record.key) || !kafka::capi::read(value, value_length, bytes)) {
      return wrong_argument("kafka_topic_send", "key or value has a length and no data");
    }
    record.partition = partition;
    record.value = Value::nullable(bytes);
    return send(self, *topic, record, token);
  });
}

int kafka_topic_send_packed(kafka_producer* producer, kafka_topic* topic, int32_t partition, const void* keys,
                            const uint32_t* key_ends, const void* values, const uint32_t* value_ends, size_t count,
                            uint64_t first_token, size_t* taken) {
  if (taken != nullptr) *taken = 0;
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    constexpr const char* kFunction = "kafka_topic_send_packed";
    if (topic == nullptr || taken == nullptr) return wrong_argument(kFunction, "topic and taken may not be NULL");
    if (count > 0 && value_ends == nullptr) return wrong_argument(kFunction, "value_ends is NULL");
    if (keys != nullptr && key_ends == nullptr) return wrong_argument(kFunction, "key_ends is NULL, and keys is not");
    const Packed all_keys{static_cast<const char*>(keys), key_ends};
    const Packed all_values{static_cast<const char*>(values), value_ends};
    if (Error wrong = check(kFunction, "keys", all_keys, count)) return wrong;
    if (Error wrong = check(kFunction, "values", all_values, count)) return wrong;
    Record record;
    record.partition = partition;
    for (; *taken < count; ++*taken) {
      record.key = all_keys.at(*taken);
      record.value = Value::nullable(all_values.at(*taken));
      if (Error refused = send(self, *topic, record, first_token == 0 ? 0 : first_token + *taken)) return refused;
    }
    return {};
  });
}

}  // extern "C"
