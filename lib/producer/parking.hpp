// Records that cannot be put into a batch yet, because the partitions of their topic are not known.
// Not here: which partition they get then (chooser.hpp), when they are taken out (accumulator.cpp).
#pragma once

#include <kafka/producer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ring.hpp"
#include "net/reactor.hpp"
#include "producer/receipt.hpp"

namespace kafka::producer {

/// A copy of a record, with what its batch and its report need later.
struct ParkedRecord {
  int32_t partition = kAnyPartition;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  int64_t timestamp = kNoTimestamp;
  Compression codec = Compression::none;
  Receipt receipt;
  net::TimePoint since{};  ///< when the application handed it over
  net::TimePoint deadline{};
  size_t charged = 0;                          ///< against buffer_memory
  std::vector<std::shared_ptr<void>> flushes;  ///< that wait for it

  /// `record`'s bytes are copied.
  explicit ParkedRecord(const Record& record);
  /// Its views are valid as long as this object.
  Record view(std::string_view topic) const;
};

/// Owns the records of one topic that wait for its partitions, in the order of the application's calls.
class Parking {
 public:
  bool empty() const noexcept { return records_.empty(); }
  size_t size() const noexcept { return records_.size(); }
  void add(ParkedRecord record) { records_.push_back(std::move(record)); }
  /// The oldest record.
  ParkedRecord take() { return records_.pop_front(); }
  /// All of them; those that are parked meanwhile stay.
  Ring<ParkedRecord> take_all() { return std::exchange(records_, {}); }
  /// The oldest record if its deadline has passed.
  std::optional<ParkedRecord> take_expired(net::TimePoint now);
  /// The deadline of the oldest record; the end of time without one.
  net::TimePoint deadline() const;
  /// `flush` waits for every record that is here now.
  void attach(const std::shared_ptr<void>& flush);

 private:
  Ring<ParkedRecord> records_;
};

}  // namespace kafka::producer
