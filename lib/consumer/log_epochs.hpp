// Whether the log that a partition is read from is the one that was read before (KIP-320). After an unclean election
// the new leader may lack records that were read, and have others at their offsets. Every batch carries the epoch of
// the leader that took it. So a leader can answer: "do you have epoch 5, and where does it end in your log?".
// Not here: the requests that carry epochs (source.cpp), requests that only ask about them (epoch_check.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/reactor.hpp"

namespace kafka::consumer {

/// Owns what is known of leaders' epochs for one partition, and decides what may be asked and believed.
struct LogEpochs {
  /// How long a leader is waited for that is not older than what was read.
  static constexpr net::Duration kWaitForNewer = std::chrono::seconds(10);

  /// The epoch of the batch before the fetch position, or a newer one that was seen; -1: not known.
  int32_t last = -1;
  int32_t from = -1;                ///< the broker whose log has the batch of `last`; -1: not known
  int32_t checked_under = -1;       ///< the leader's epoch when `last` was last compared with its log
  int32_t held = -1;                ///< the epoch of a batch that was asked for once more, see hold_up()
  bool doubted = false;             ///< a broker said out_of_range, and the question was repeated
  int32_t refused_by = -1;          ///< the broker that said out_of_range again, while it is asked whether it leads
  int32_t refused_epoch = -1;       ///< `last` before it was dropped because of out_of_range
  net::TimePoint outdated_since{};  ///< since then metadata names a leader that is older than what was read
  int32_t outdated_under = -1;      ///< the epoch of a leader that was waited out in vain

  /// For a position that was set anew. Waiting in vain for a newer leader once is enough.
  LogEpochs anew() const {
    LogEpochs fresh;
    fresh.outdated_under = outdated_under;
    return fresh;
  }
  /// A batch of this epoch was read from the broker's log.
  void read(int32_t epoch, int32_t node) {
    last = epoch;
    from = node;
  }

  /// The leader of this epoch has not been asked yet whether its log is the one that was read.
  bool unchecked(int32_t leader_epoch) const { return last >= 0 && leader_epoch >= 0 && leader_epoch != checked_under; }
  /// The broker may have another log when it answers again.
  void uncheck() { checked_under = -1; }
  /// The leader of this epoch has answered a fetch, or a question about epochs.
  void check(int32_t leader_epoch) { checked_under = leader_epoch; }

  /// Metadata names a leader older than what was read: it leads no more, even if it does not know that yet, and may
  /// take its own log for the whole. See wait_for_newer().
  bool outdated(int32_t node, int32_t leader_epoch) {
    if (last < 0 || from == node || leader_epoch < 0 || leader_epoch >= last) {
      outdated_since = {};
      return false;
    }
    return leader_epoch != outdated_under;
  }
  /// Until when metadata may still name a newer leader; nothing: the outdated one is asked, and `last` is given up.
  /// A topic that was deleted and made anew starts at epoch 0 again. Its id says so at once (read_topic.hpp). Brokers
  /// before 2.8 have no topic ids, so there only time tells.
  std::optional<net::TimePoint> wait_for_newer(int32_t leader_epoch, net::TimePoint now);

  /// Records came that nobody has compared, from a leader newer than any that was compared: they are dropped and asked
  /// for again, so that metadata can name that leader first. True once per epoch.
  ///   1. The consumer has read up to epoch 5 and reads from a follower, which compares nothing.
  ///   2. A leader of epoch 7 is elected and has cut the log. Metadata does not say so yet.
  ///   3. The follower has copied the new log and answers with a batch of epoch 7. If that was delivered, the cut
  ///      would go unnoticed. So it waits until the leader of epoch 7 was asked.
  /// `leader_epoch` is what metadata said when the records were asked for; without it nothing can be compared.
  bool hold_up(int32_t first_epoch, int32_t leader_epoch);

  /// The leader says that its log and what was read part at `end`, where `epoch` ends. True if that is possible: it was
  /// asked about epoch `asked` before `position`, and only an earlier place makes sense.
  static bool earlier_place(int32_t epoch, int64_t end, int32_t asked, int64_t position) {
    return epoch < asked || (epoch == asked && end < position);
  }

  /// A broker said out_of_range. That may be wrong, so the fetch is repeated in another way. True if it is: once.
  /// - The broker compared epoch `compared` with its log. A broker that does not know this epoch says out_of_range,
  /// too.
  ///   So it is asked again without an epoch.
  /// - Nothing was compared (`compared` is -1). The leader may have cut its log, and then says out_of_range for what is
  ///   gone. So it is asked about epochs first.
  bool doubt(int32_t compared);
  /// The same broker says so again, and the leader is asked where its log begins or ends.
  void refuse(int32_t node);
  /// An answer without error.
  void accept() {
    doubted = false;
    refused_epoch = -1;
  }
};

}  // namespace kafka::consumer
