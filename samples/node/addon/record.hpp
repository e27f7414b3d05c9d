// Records as JavaScript packs them: numbers in one array, bytes in another, one record behind the other.
#pragma once

#include <kafka/kafka.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "value.hpp"

namespace addon {

/// Numbers of a packed record, each an int32.
struct PackedRecord {
  int32_t topic;         ///< its index
  int32_t partition;     ///< -1: the partitioner chooses
  int32_t key_length;    ///< -1: no key
  int32_t value_length;  ///< -1: a tombstone
  int32_t header_count;
};

/// Walks over packed records. Their bytes are: key, value, then for each header the length of its key, the length of
/// its value (-1: null), both as int32 in the machine's order, its key and its value.
class RecordReader {
 public:
  RecordReader(Bytes numbers, Bytes times, Bytes bytes);
  size_t count() const { return count_; }
  /// False if the numbers point behind the bytes. What it reads is in the members below until the next call.
  bool read(size_t index);

  const PackedRecord* record = nullptr;
  int64_t timestamp = 0;  ///< 0: now
  kafka_bytes key = {}, value = {};
  std::vector<kafka_header> headers;

 private:
  bool take(int32_t length, kafka_bytes& to);
  bool read_headers();

  const PackedRecord* const records_;
  const double* const times_;
  size_t count_;
  const char* at_;
  const char* const end_;
};

}  // namespace addon
