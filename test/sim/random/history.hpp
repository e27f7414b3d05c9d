// What was in the logs at which time: transactions and their markers, records that unclean elections cut off, and every
// record that was ever found. It is told by the parts of the run that write and cut, never by brokers or the client.
// The judges ask it which record may come after which. A log's time is counted in cuts: view N of a partition is its
// log just before cut number N. The last view is the log as it is now. Not here: which records were sent (ledger.hpp).
#pragma once

#include <kafka/types.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "devbroker/cluster.hpp"

namespace kafka::sim {

/// One record that is, or was, in a log.
struct Kept {
  static constexpr size_t kNever = SIZE_MAX;
  OwnedMessage message;
  size_t born = 0;       ///< the first view that has it
  size_t died = kNever;  ///< the last view that has it: that cut took it away
  bool cut() const { return died != kNever; }
};

/// Every record that was ever in a partition's log, by offset.
using Log = std::multimap<int64_t, Kept>;
using Logs = std::map<TopicPartition, Log>;

class History {
 public:
  /// A record in a log: its offset, and its number in the ledger.
  struct Place {
    int64_t offset = -1;
    size_t number = 0;
  };
  /// What kind of reader asks.
  struct Reading {
    bool committed_only = false;
    bool deletions = false;  ///< records below the start of their log may be skipped
  };

  using Identify = std::function<std::optional<size_t>(const OwnedMessage&)>;

  History(const devbroker::Cluster& cluster, Identify identify) : cluster_(cluster), identify_(std::move(identify)) {}

  // What happens to the logs.
  /// Notes the present logs. Called before records are taken away, and at the end.
  void collect();
  /// A batch of a transaction was written. The batches of one producer up to its marker are one transaction.
  void wrote(const TopicPartition& partition, int64_t producer, int64_t first, int64_t count, bool aborts);
  void marked(const TopicPartition& partition, int64_t producer, int64_t offset);
  /// Every record from `offset` on was lost. collect() was called before.
  void cut(const TopicPartition& partition, int64_t offset);
  /// The topic was deleted and made anew: the log is empty, and counts its offsets from 0. collect() was called before.
  void recreated(const TopicPartition& partition) {
    cut(partition, 0);
    ++parts_[partition].recreations;
  }

  // What is known of them.
  /// Whether the transaction that this producer has under way will be aborted; nothing if there is none.
  std::optional<bool> open(const TopicPartition& partition, int64_t producer) const;
  const Logs& logs() const { return logs_; }
  const std::vector<int64_t>& cuts(const TopicPartition& partition) const;
  /// How often the topic was made anew.
  size_t recreations(const TopicPartition& partition) const { return part(partition).recreations; }
  /// The topic was made anew once, and the times of records tell: they never went back in the old log, and the first
  /// one of the new log is newer.
  bool times_tell(const TopicPartition& partition) const;
  /// The lowest cut, or `otherwise` if there was none.
  int64_t lowest_cut(const TopicPartition& partition, int64_t otherwise) const;
  /// Where the log of a view began at last: deletions move that forward.
  int64_t start(const TopicPartition& partition, size_t view) const;
  /// Where the log may have been said to begin since then, at the latest. A cut can take away the batch in which the
  /// log begins. Then the log begins earlier than a leader has said before.
  int64_t highest_start(const TopicPartition& partition, size_t since) const;
  /// The furthest that any log has ended since then.
  int64_t highest_end(const TopicPartition& partition, size_t since) const;
  /// Where each view after that one began at first.
  std::vector<int64_t> new_starts(const TopicPartition& partition, size_t since) const;
  /// The end of the present log for such a reader.
  int64_t end(const TopicPartition& partition, bool committed_only) const;
  /// The first offset from here on that is delivered from the present log; its end if there is none.
  int64_t first_visible(const TopicPartition& partition, int64_t from, bool committed_only) const;
  /// The record was deleted. After a cut the log may no longer know which producer wrote it.
  bool forgotten(const TopicPartition& partition, int64_t offset) const;
  /// Nothing between these offsets is delivered from the present log.
  bool passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const;
  /// The same, at any time until now.
  bool was_passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const;
  /// Whether `next` may be delivered to a reader that is at `from` and got `last` before. Without `last` the reader
  /// cannot notice that the log was cut.
  bool follows(const TopicPartition& partition, const std::optional<Place>& last, int64_t from, Place next,
               Reading reading) const;
  /// Whether this record is still in the log.
  bool holds(const TopicPartition& partition, Place place) const {
    return last_view(partition, place) == cuts(partition).size();
  }
  /// The last view of the log that has this record.
  size_t last_view(const TopicPartition& partition, Place place) const;

 private:
  struct Life {
    size_t born = 0, died = Kept::kNever;
    bool in(size_t view) const { return born <= view && view <= died; }
  };
  struct Batch {
    int64_t producer = -1;
    int64_t first = 0, after = 0;
    size_t transaction = 0;
    bool aborts = false;
    Life life;
  };
  struct Marker {
    int64_t offset = 0;
    std::optional<size_t> transaction;  // nothing: a marker without data
    Life life;
  };
  struct Part {
    std::vector<Batch> batches;
    std::vector<Marker> markers;
    std::vector<int64_t> cuts;
    std::vector<int64_t> starts, ends;  // of the logs before these cuts
    int64_t start = 0, end = 0;         // when the logs were noted last
    size_t transactions = 0;
    size_t recreations = 0;
  };

  const Part& part(const TopicPartition& partition) const;
  static const Batch* open_batch(const Part& part, int64_t producer);
  static bool ended(const Part& part, size_t transaction, size_t view);
  static bool visible(const Part& part, int64_t offset, size_t view, bool committed_only);
  bool under_way(const Part& part, const Batch& batch, size_t view, int64_t log_start) const;
  std::vector<Life> lives(const TopicPartition& partition, Place place) const;

  const devbroker::Cluster& cluster_;
  Identify identify_;
  Logs logs_;
  std::map<TopicPartition, Part> parts_;
};

}  // namespace kafka::sim
