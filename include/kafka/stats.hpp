// What a session has done and what it holds now, as plain numbers. A snapshot: it does not change later.
// Totals count from the creation of the session, producer or consumer, and never go down.
#pragma once

#include <kafka/export.hpp>
#include <kafka/group.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kafka {

/// How long something took, in buckets whose bounds grow by about 2.5.
struct UVKAFKA_API Histogram {
  /// Upper bounds in microseconds. Each bound belongs to its bucket. One more bucket holds everything longer.
  static constexpr std::array<int64_t, 17> kBounds = {100,     250,     500,     1000,     2500,    5000,
                                                      10000,   25000,   50000,   100000,   250000,  500000,
                                                      1000000, 2500000, 5000000, 10000000, 30000000};
  std::array<uint64_t, kBounds.size() + 1> counts = {};
  uint64_t count = 0;
  std::chrono::microseconds sum{0};

  void add(std::chrono::microseconds value);
  /// An upper bound for `share` (0 to 1) of the values: the bound of the bucket that holds this quantile. The last
  /// bound if the value is beyond it; 0 without values.
  std::chrono::microseconds quantile(double share) const;
};

/// One broker, or a contact point that is not known to be a broker yet.
struct BrokerStats {
  int32_t id = -1;           ///< -1: a contact point
  std::string address = {};  ///< "host:port"
  size_t connections = 0;    ///< ready now
  size_t in_flight = 0;      ///< requests without a response now
  size_t waiting = 0;        ///< requests that wait for a connection now
  /// What a login waits for now, such as "a token, for the login". Empty: nothing.
  std::string waits_for = {};
  uint64_t connects = 0;    ///< connections that became ready
  uint64_t requests = 0;    ///< sent, without those of handshakes
  uint64_t responses = 0;   ///< received for those
  uint64_t bytes_sent = 0;  ///< of frames handed to the system; with handshakes
  uint64_t bytes_received = 0;
  Histogram round_trip = {};  ///< from sending a request to its response; long polls included
  uint64_t throttled = 0;     ///< responses that asked for a pause because a quota is used up (KIP-219)
  std::chrono::milliseconds throttle_time{0};  ///< total of those pauses, the current one to its end
};

struct ProducerStats {
  struct Partition {
    std::string topic = {};
    int32_t partition = -1;
    size_t batches = 0;    ///< that wait to be sent; the open one counts
    size_t in_flight = 0;  ///< batches that were sent and have no response
    uint64_t records = 0;  ///< taken so far
  };
  size_t queued = 0;                       ///< records without an outcome now
  size_t queued_bytes = 0;                 ///< that they, and outcomes not reported yet, use of buffer_memory now
  size_t spare_bytes = 0;                  ///< kept for the next batches now; part of buffer_memory
  int64_t buffer_memory = 0;               ///< the limit of those two
  size_t requests_in_flight = 0;           ///< now
  uint64_t delivered = 0;                  ///< records that were confirmed; with acks=0: handed to the system
  uint64_t failed = 0;                     ///< records that are certainly not in the log; refused ones count
  uint64_t unknown = 0;                    ///< records that failed with persistence maybe
  uint64_t batches = 0;                    ///< that ended, with any outcome
  uint64_t batch_bytes = 0;                ///< of those batches, compressed
  uint64_t retries = 0;                    ///< of batches
  std::vector<Partition> partitions = {};  ///< by topic and number
};

/// A consumer or a fetcher.
struct ConsumerStats {
  struct Partition {
    std::string topic = {};
    int32_t partition = -1;
    int64_t position = -1;  ///< the next offset to dispatch; -1 while not known
    int64_t end = -1;       ///< as the last response told: last stable offset, or high watermark with read_uncommitted
    int64_t lag = -1;       ///< end - position; -1 while either is not known
    size_t buffered_bytes = 0;  ///< fetched and not parsed yet
    bool paused = false;
    bool stopped = false;
  };
  /// A consumer that is a member of its group.
  struct Member {
    GroupView::State state = GroupView::State::away;
    int32_t generation = -1;   ///< as GroupView::generation
    size_t owned = 0;          ///< partitions now
    uint64_t generations = 0;  ///< that it was in; with KIP-848 its epochs. Each rebalance begins one
    uint64_t assigned = 0;     ///< partitions that came
    uint64_t revoked = 0;      ///< partitions that it gave up after what was answered had been stored
    uint64_t lost = 0;         ///< partitions that were taken from it: others may read again what was not stored
  };
  std::string group = {};                  ///< "" for a fetcher
  int64_t fetch_memory = 0;                ///< the limit of the next two together
  size_t fetched_bytes = 0;                ///< held now, of responses that are not dispatched whole
  size_t reserved_bytes = 0;               ///< that requests under way may bring
  size_t open = 0;                         ///< open envelopes now
  uint64_t envelopes = 0;                  ///< dispatched so far
  uint64_t fetches = 0;                    ///< requests
  uint64_t received_bytes = 0;             ///< of records, compressed
  uint64_t commits = 0;                    ///< that envelopes asked for
  std::optional<Member> member = {};       ///< none for fixed partitions and fetchers
  std::vector<Partition> partitions = {};  ///< by topic and number
};

struct UVKAFKA_API Stats {
  std::vector<BrokerStats> brokers = {};      ///< by id; contact points last
  std::vector<ProducerStats> producers = {};  ///< in the order of their creation
  std::vector<ConsumerStats> consumers =
      {};  ///< those that consume and are not closed, in the order in which they started

  /// The text format of Prometheus (version 0.0.4). Each name starts with `prefix` and an underscore. Times are in
  /// seconds and sizes in bytes, as is the custom there.
  std::string to_prometheus(const std::string& prefix = "uvkafka") const;
};

}  // namespace kafka
