// Where each leader epoch began in a partition's log (KIP-101). After an election a client compares its own position
// with this (KIP-320).
#pragma once

#include <cstdint>
#include <vector>

namespace kafka::devbroker {

struct EpochEnd {
  int32_t epoch = -1;  ///< -1: not known
  int64_t end_offset = -1;
};

/// Owns the first offset of every epoch.
class LeaderEpochs {
 public:
  /// A leader of this epoch writes from `start` on. Epochs without records are dropped.
  void begin(int32_t epoch, int64_t start);
  /// The newest epoch that is not above `epoch`, and where it ended.
  EpochEnd end_of(int32_t epoch, int64_t log_end) const noexcept;
  /// Everything from `offset` on is lost.
  void cut_from(int64_t offset);
  /// Nothing below `offset` can be read any more.
  void cut_below(int64_t offset);

 private:
  struct Entry {
    int32_t epoch;
    int64_t start;
  };
  std::vector<Entry> entries_;  // in ascending order of both
};

}  // namespace kafka::devbroker
