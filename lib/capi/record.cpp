// Records of the C API as those of the C++ API.
#include <string>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/producer.hpp"

namespace kafka::capi {

Error read(const char* function, const kafka_record* given, bool with_topic, Record& to) {
  if (!sized(given)) return wrong_argument(function, "record is NULL, or its size is not set");
  if (with_topic && (given->topic.data == nullptr || !read(given->topic, to.topic))) {
    return wrong_argument(function, "record.topic is not set");
  }
  if (!read(given->key, to.key)) return wrong_argument(function, "record.key has a length and no data");
  std::string_view value;
  if (!read(given->value, value)) return wrong_argument(function, "record.value has a length and no data");
  to.value = Value::nullable(value);
  if (given->header_count > 0 && given->headers == nullptr) {
    return wrong_argument(function, "record.headers is NULL, and header_count is not 0");
  }
  if (given->header_count > static_cast<size_t>(INT32_MAX)) {
    return wrong_argument(function, "record.header_count is too large");
  }
  to.headers.reserve(given->header_count);
  for (size_t k = 0; k < given->header_count; ++k) {
    Header& header = to.headers.emplace_back();
    if (given->headers[k].key.data == nullptr || !read(given->headers[k].key, header.key) ||
        !read(given->headers[k].value, header.value)) {
      return wrong_argument(function, ("record.headers[" + std::to_string(k) + "] has no key, or no data").c_str());
    }
  }
  if (given->partition_plus_one < 0) return wrong_argument(function, "record.partition_plus_one is below 0");
  to.partition = given->partition_plus_one == 0 ? kAnyPartition : given->partition_plus_one - 1;
  to.timestamp = given->timestamp == 0 ? kNoTimestamp : given->timestamp;
  return {};
}

}  // namespace kafka::capi
