// What a session has done and holds now, as plain numbers: a snapshot, copied when asked for.
// Totals count from the making of the session, producer or consumer, and never go down.
#pragma once

#include <kafka/export.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kafka {

/// How long something took, in buckets that grow by about 2.5.
struct KAFKA_API Histogram {
  /// Upper bounds in microseconds, each included in its bucket; one more bucket holds what took longer.
  static constexpr std::array<int64_t, 17> kBounds = {100,     250,     500,     1000,     2500,    5000,
                                                      10000,   25000,   50000,   100000,   250000,  500000,
                                                      1000000, 2500000, 5000000, 10000000, 30000000};
  std::array<uint64_t, kBounds.size() + 1> counts = {};
  uint64_t count = 0;
  std::chrono::microseconds sum{0};

  void add(std::chrono::microseconds value);
  /// An upper bound of the part of `share` (0 to 1) of the values: the bound of the bucket it falls into, 0 without
  /// values; the last bound for what is beyond.
  std::chrono::microseconds quantile(double share) const;
};

/// One broker, or a contact point of which no broker is known yet.
struct BrokerStats {
  int32_t id = -1;           ///< -1: a contact point
  std::string address = {};  ///< "host:port"
  size_t connections = 0;    ///< ready now
  size_t in_flight = 0;      ///< requests without an answer now
  size_t waiting = 0;        ///< requests that wait for a connection now
  uint64_t connects = 0;     ///< connections that became ready
  uint64_t requests = 0;     ///< sent, handshakes not counted
  uint64_t responses = 0;    ///< received to them
  uint64_t bytes_sent = 0;   ///< frames, as handed to the system; handshakes included
  uint64_t bytes_received = 0;
  Histogram round_trip = {};  ///< from sending a request to its answer; long polls included
  uint64_t throttled = 0;     ///< answers by which the broker asked to be left alone, its quota being used up (KIP-219)
  std::chrono::milliseconds throttle_time{0};  ///< for how long in all, the rest of a pause under way included
};

struct ProducerStats {
  struct Partition {
    std::string topic = {};
    int32_t partition = -1;
    size_t batches = 0;    ///< that wait to be sent, the one being filled included
    size_t in_flight = 0;  ///< batches sent, without an answer
    uint64_t records = 0;  ///< taken in all
  };
  size_t queued = 0;                       ///< records without an outcome now
  size_t queued_bytes = 0;                 ///< of buffer_memory that they use now, and outcomes not told yet
  size_t spare_bytes = 0;                  ///< kept for the next batches now, part of buffer_memory
  int64_t buffer_memory = 0;               ///< the limit of the former two
  size_t requests_in_flight = 0;           ///< now
  uint64_t delivered = 0;                  ///< records confirmed, or handed to the system with acks=0
  uint64_t failed = 0;                     ///< records that are certainly not in the log, refused ones included
  uint64_t unknown = 0;                    ///< records that failed with persistence maybe
  uint64_t batches = 0;                    ///< that ended, however
  uint64_t batch_bytes = 0;                ///< of those, as sent (compressed)
  uint64_t retries = 0;                    ///< of batches
  std::vector<Partition> partitions = {};  ///< by topic and number
};

/// A consumer or a fetcher.
struct ConsumerStats {
  struct Partition {
    std::string topic = {};
    int32_t partition = -1;
    int64_t position = -1;  ///< the next offset to dispatch; -1 while not known
    int64_t end = -1;       ///< as the last answer said: last stable offset, or high watermark with read_uncommitted
    int64_t lag = -1;       ///< end - position; -1 while one is not known
    size_t buffered_bytes = 0;  ///< fetched and not opened yet
    bool paused = false;
    bool stopped = false;
  };
  std::string group = {};                  ///< "" for a fetcher
  int64_t fetch_memory = 0;                ///< the limit of the following two together
  size_t fetched_bytes = 0;                ///< held now: answers of which something is not dispatched
  size_t reserved_bytes = 0;               ///< that requests under way may bring
  size_t open = 0;                         ///< envelopes without a (confirmed) answer now
  uint64_t envelopes = 0;                  ///< dispatched in all
  uint64_t fetches = 0;                    ///< requests
  uint64_t received_bytes = 0;             ///< of records, as sent (compressed)
  uint64_t commits = 0;                    ///< asked for by envelopes
  std::vector<Partition> partitions = {};  ///< by topic and number
};

struct KAFKA_API Stats {
  std::vector<BrokerStats> brokers = {};      ///< by id; contact points last
  std::vector<ProducerStats> producers = {};  ///< in the order in which they were made
  std::vector<ConsumerStats> consumers = {};  ///< those that began to consume and are not closed, in that order

  /// The text format that Prometheus scrapes (version 0.0.4), each name beginning with `prefix` and an underscore.
  /// Times in seconds, sizes in bytes, as is the custom there.
  std::string to_prometheus(const std::string& prefix = "uvkafka") const;
};

}  // namespace kafka
