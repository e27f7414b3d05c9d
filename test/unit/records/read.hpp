// Reads a whole records field into plain values, as a consumer would, for tests to compare.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "records/iterator.hpp"

namespace test {

using kafka::Bytes;
using kafka::Error;

struct Read {
  int64_t offset = 0;
  int64_t timestamp = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  kafka::TimestampType timestamp_type = kafka::TimestampType::none;
  friend bool operator==(const Read&, const Read&) = default;
};

struct Outcome {
  std::vector<Read> records;
  std::vector<kafka::records::BatchInfo> batches;
  int64_t position = 0;
  Error error;
  bool partial = false;
  bool partial_first = false;
  size_t partial_size = 0;
};

inline std::optional<std::string> owned(std::string_view view) {
  if (view.data() == nullptr) return std::nullopt;
  return std::string(view);
}

/// The loop that records/iterator.hpp documents, from `position`.
inline Outcome read_all(std::string_view field, int64_t position = 0, kafka::records::ReadLimits limits = {}) {
  using namespace kafka::records;
  Outcome out;
  out.position = position;
  BatchIterator entries(Bytes::copy(field), limits);
  while (entries.next()) {
    const BatchInfo& batch = entries.batch();
    out.batches.push_back(batch);
    if (batch.last_offset < out.position || batch.is_control) {
      out.position = std::max(out.position, batch.last_offset + 1);
      continue;
    }
    RecordReader records;
    out.error = entries.open(records);
    if (out.error) return out;
    RecordView record;
    while (records.next(record)) {
      if (record.offset < out.position) continue;
      Read read{record.offset, record.timestamp, owned(record.key), owned(record.value), {}, record.timestamp_type};
      kafka::Header header;
      for (HeaderIterator each(record); each.next(header);) {
        read.headers.emplace_back(std::string(header.key), owned(header.value));
      }
      out.records.push_back(std::move(read));
      out.position = record.offset + 1;
    }
    out.error = records.error();
    if (out.error) return out;
    out.position = std::max(out.position, batch.last_offset + 1);
  }
  out.error = entries.error();
  out.partial = entries.partial();
  out.partial_first = entries.partial_first();
  out.partial_size = entries.partial_size();
  return out;
}

}  // namespace test
