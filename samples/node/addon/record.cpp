#include "record.hpp"

#include <algorithm>
#include <cstring>

namespace addon {

RecordReader::RecordReader(Bytes numbers, Bytes times, Bytes bytes)
    : records_(reinterpret_cast<const PackedRecord*>(numbers.data)),
      times_(reinterpret_cast<const double*>(times.data)),
      count_(std::min(numbers.length / sizeof(PackedRecord), times.length / sizeof(double))),
      at_(bytes.data),
      end_(bytes.data + bytes.length) {}

bool RecordReader::take(int32_t length, kafka_bytes& to) {
  to = {};
  if (length < 0) return true;
  if (end_ - at_ < length) return false;
  to = {length == 0 ? "" : at_, static_cast<size_t>(length)};
  at_ += length;
  return true;
}

bool RecordReader::read(size_t index) {
  record = &records_[index];
  timestamp = static_cast<int64_t>(times_[index]);
  if (!take(record->key_length, key) || !take(record->value_length, value)) return false;
  if (!headers.empty()) headers.clear();
  return record->header_count == 0 || read_headers();
}

bool RecordReader::read_headers() {
  for (int32_t k = 0; k < record->header_count; ++k) {
    int32_t lengths[2];
    if (end_ - at_ < static_cast<ptrdiff_t>(sizeof(lengths))) return false;
    std::memcpy(lengths, at_, sizeof(lengths));
    at_ += sizeof(lengths);
    kafka_header header = {};
    if (!take(std::max(lengths[0], 0), header.key) || !take(lengths[1], header.value)) return false;
    headers.push_back(header);
  }
  return true;
}

}  // namespace addon
