// What was in the logs at which time, as those know who wrote there: transactions and their markers, what unclean
// elections cut away, every record that was ever found. The judges ask it which record may come after which.
// A log's time is counted in cuts: view N of a partition is its log just before cut number N, the last one is the log
// of now. Not here: what brokers or the client say of it.
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
  size_t died = kNever;  ///< the last one: that cut took it away
  bool cut() const { return died != kNever; }
};

/// All that ever was in a partition's log, by offset.
using Log = std::multimap<int64_t, Kept>;
using Logs = std::map<TopicPartition, Log>;

class History {
 public:
  /// A record in a log: where, and its number in the ledger.
  struct Place {
    int64_t offset = -1;
    size_t number = 0;
  };
  /// Who reads.
  struct Reading {
    bool committed_only = false;
    bool deletions = false;  ///< what lies below the log's start may be passed over
  };

  using Identify = std::function<std::optional<size_t>(const OwnedMessage&)>;

  History(const devbroker::Cluster& cluster, Identify identify) : cluster_(cluster), identify_(std::move(identify)) {}

  // What happens to the logs.
  /// Before something is taken away, and at the end.
  void collect();
  /// A batch of a transaction. Those of one producer up to a marker are one transaction, with one fate.
  void wrote(const TopicPartition& partition, int64_t producer, int64_t first, int64_t count, bool aborts);
  void marked(const TopicPartition& partition, int64_t producer, int64_t offset);
  /// Everything from `offset` on was lost; collect() was called before.
  void cut(const TopicPartition& partition, int64_t offset);

  // What is known of them.
  /// The fate of the transaction that this producer has under way: whether it will be aborted.
  std::optional<bool> open(const TopicPartition& partition, int64_t producer) const;
  const Logs& logs() const { return logs_; }
  const std::vector<int64_t>& cuts(const TopicPartition& partition) const;
  /// The lowest one, or `otherwise`.
  int64_t lowest_cut(const TopicPartition& partition, int64_t otherwise) const;
  /// Of the log of now, for who reads.
  int64_t end(const TopicPartition& partition, bool committed_only) const;
  /// The first offset from here on that is delivered, as the log is now; its end if there is none.
  int64_t first_visible(const TopicPartition& partition, int64_t from, bool committed_only) const;
  /// Deleted; a cut since may have made the log forget who wrote it.
  bool forgotten(const TopicPartition& partition, int64_t offset) const;
  /// Nothing between these is delivered, as the log is now.
  bool passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const;
  /// The same, at any time until now.
  bool was_passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const;
  /// Whether `next` may be what is delivered to who is at `from` and got `last` before it. Without `last` logs that
  /// parted from what was read are not noticed.
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
    size_t transactions = 0;
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
