// Whether the log that a partition is read from is the one that was read before (KIP-320): what is known of the
// leaders' epochs.
// Not here: the requests that ask about epochs (truncation.cpp, fetcher.cpp).
#pragma once

#include <cstdint>

#include "net/reactor.hpp"

namespace kafka::consumer {

struct LogEpochs {
  /// The epoch of the leader that took the batch before the fetch position, or a newer one that was seen; -1: not
  /// known.
  int32_t last = -1;
  int32_t from = -1;           ///< the broker whose log has the batch of `last`; -1: not known
  int32_t checked_under = -1;  ///< the leader's epoch when `last` was last compared with its log
  int32_t held = -1;           ///< the epoch of a batch that was asked for once more, because nobody had compared it
  bool doubted = false;        ///< the broker said out_of_range, and is asked once more
  int32_t refused_by = -1;     ///< the broker that said out_of_range again, while it is asked whether it leads
  int32_t refused_epoch = -1;  ///< `last` before the broker said so
  net::TimePoint outdated_since{};  ///< metadata has named a leader older than what was read since
  int32_t outdated_under = -1;      ///< that leader's epoch, if a better leader was waited for in vain

  /// For a position that was set anew. That a better leader was waited for in vain stays true.
  LogEpochs anew() const {
    LogEpochs fresh;
    fresh.outdated_under = outdated_under;
    return fresh;
  }
};

}  // namespace kafka::consumer
