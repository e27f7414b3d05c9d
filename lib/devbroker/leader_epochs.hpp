// Where each epoch of a partition's leadership began in its log (KIP-101): what a client compares its own
// history with after an election (KIP-320).
#pragma once

#include <cstdint>
#include <vector>

namespace kafka::devbroker {

struct EpochEnd {
  int32_t epoch = -1;  ///< -1: not known
  int64_t end_offset = -1;
};

class LeaderEpochs {
 public:
  /// A leader of this epoch writes from `start` on. Epochs that have written nothing are dropped.
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
  std::vector<Entry> entries_;  // both grow
};

}  // namespace kafka::devbroker
