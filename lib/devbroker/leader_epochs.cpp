// The epochs of a log (see leader_epochs.hpp).
#include "devbroker/leader_epochs.hpp"

#include <algorithm>

namespace kafka::devbroker {

void LeaderEpochs::begin(int32_t epoch, int64_t start) {
  if (!entries_.empty() && epoch <= entries_.back().epoch) return;
  while (!entries_.empty() && entries_.back().start >= start) entries_.pop_back();
  entries_.push_back({epoch, start});
}

EpochEnd LeaderEpochs::end_of(int32_t epoch, int64_t log_end) const noexcept {
  if (epoch < 0 || entries_.empty()) return {};
  if (epoch == entries_.back().epoch) return {epoch, log_end};
  auto higher = std::upper_bound(entries_.begin(), entries_.end(), epoch,
                                 [](int32_t wanted, const Entry& entry) { return wanted < entry.epoch; });
  if (higher == entries_.end()) return {};
  // An epoch older than all known ones ended where the oldest known one begins.
  return {higher == entries_.begin() ? epoch : std::prev(higher)->epoch, higher->start};
}

void LeaderEpochs::cut_from(int64_t offset) {
  while (!entries_.empty() && entries_.back().start >= offset) entries_.pop_back();
}

void LeaderEpochs::cut_below(int64_t offset) {
  auto first = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                [](int64_t wanted, const Entry& entry) { return wanted < entry.start; });
  if (first == entries_.begin()) return;
  // The epoch that holds `offset` stays and begins there.
  std::prev(first)->start = offset;
  entries_.erase(entries_.begin(), std::prev(first));
}

}  // namespace kafka::devbroker
