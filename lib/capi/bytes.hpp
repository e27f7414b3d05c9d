// Byte strings of the C API as those of the C++ API, and back.
#pragma once

#include <kafka/c/types.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace kafka::capi {

/// False if there is a length without data, or one that no memory has. A view whose data() is null is Kafka's null.
inline bool read(const void* data, size_t length, std::string_view& to) {
  if (data == nullptr) {
    to = {};
    return length == 0;
  }
  const auto* bytes = static_cast<const char*>(data);
  if (length == KAFKA_NTS) length = std::strlen(bytes);
  if (length > static_cast<size_t>(PTRDIFF_MAX)) return false;
  to = {bytes, length};
  return true;
}
inline bool read(const kafka_bytes& bytes, std::string_view& to) { return read(bytes.data, bytes.length, to); }

inline kafka_bytes bytes(std::string_view view) { return {view.data(), view.size()}; }

/// A copy for kafka_free(); null without memory.
char* new_string(std::string_view text);

}  // namespace kafka::capi
