// What a seed decides before the run: the cluster, the options of the client, and which kinds of fault there are. A
// kind is on or off for a whole run: runs of different kinds find more than runs with a little of everything.
#pragma once

#include <kafka/options.hpp>

#include <string>
#include <vector>

#include "fake_tls.hpp"
#include "random/random.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

struct TopicPlan {
  std::string name;
  int partitions = 1;
  bool created = true;  ///< before the run; otherwise by its first use, with 1 partition
};

struct ProducerPlan {
  ProducerOptions options;
  int records = 0;  ///< in all
  int burst = 1;    ///< at most this many in one turn
  int pause_ms = 10;
  int largest = 100;         ///< bytes of a value
  int bulk_percent = 0;      ///< of the turns use produce()
  int headers_percent = 0;   ///< of the records have headers
  bool partitioner = false;  ///< one of the application's
};

struct ConsumerPlan {
  ConsumerOptions options;
  std::string group;
  Partitions partitions;  ///< when it begins
  bool all = false;       ///< all partitions of their topics, also those that are made later
  bool fetches = false;   ///< a Fetcher, which stores nothing
  bool batches = false;
  int batch_max = 1;
  int limit_percent = 0;    ///< of the consumptions have a limit
  int commit_percent = 0;   ///< of the answers are commits, the others acks
  int end_percent = 0;      ///< in a thousand answers: cancel, or a dropped envelope
  int late_percent = 0;     ///< of the answers come later than the callback
  int restart_percent = 0;  ///< per step of the nemesis
  int seek_percent = 0;
  int pause_percent = 0;
  int stop_percent = 0;
  int take_percent = 0;  ///< per step of the nemesis: a partition is taken away, or given back
};

/// How the client logs in. How it does so at the session is in its options.
struct LoginPlan {
  bool on = false;
  std::chrono::milliseconds lifetime{0};  ///< that brokers tell (KIP-368); 0: none
  int change_percent = 0;                 ///< per step: other credentials, which are as good
};

/// Connections of FakeTls.
struct TlsPlan {
  bool on = false;
  FakeTlsSettings settings;
};

enum class Ending { converge, close_early, abort_early };

struct Plan {
  explicit Plan(uint64_t seed);

  uint64_t seed;
  Ending ending = Ending::converge;
  bool by_name = false;  ///< brokers are known by name and have to be looked up
  std::vector<TopicPlan> topics;
  std::vector<std::string> releases;  ///< of brokers 1 to 3
  std::vector<std::string> racks;     ///< of brokers 1 to 3; empty: none have any
  std::vector<Compression> codecs;    ///< that are built in and are sent
  int64_t failover_ms = 0;
  int message_max_bytes = 1048588;
  int replication = 3;
  SessionOptions session;
  LoginPlan login;
  TlsPlan tls;
  std::vector<ProducerPlan> producers;
  std::vector<ConsumerPlan> consumers;
  int queries_percent = 0;       ///< per step of the nemesis
  int transactions_percent = 0;  ///< per step: others write transactions

  // The network and the nemesis.
  Duration least_latency{}, most_latency{};
  size_t least_slice = SIZE_MAX, most_slice = SIZE_MAX;
  size_t window = SimWorld::kWindow;
  SimFaults faults;
  Duration duration{};    ///< of the part with faults
  int64_t step_ms = 100;  ///< between two acts of the nemesis, at most
  bool kill = false, pause = false, holes = false, refuse = false, reset = false, move = false, names = false;
  bool replies = false;     ///< brokers answer with errors
  bool breaks = false;      ///< brokers answer with silence, half answers, and closed connections
  bool upgrades = false;    ///< brokers change to another release
  bool truncate = false;    ///< old records are deleted
  bool cuts = false;        ///< unclean elections: new records are lost
  Duration slow_longest{};  ///< callbacks of the application take up to this
  int slow_percent = 0;     ///< so many of them
  bool recreates = false;   ///< topics are deleted and made anew
  bool grows = false;       ///< topics get more partitions
  bool lag = false;         ///< followers lag behind, and leaders send consumers to some broker

  /// A write may have been executed although its answer was lost: records may be in the log twice.
  bool duplicates() const {
    return cuts_handshakes() || upgrades || replies || alerts() || faults.slow > 0 || window != SimWorld::kWindow;
  }
  /// Every broker is of 0.11 or later, always.
  bool sequenced() const;
  /// No broker ever takes batches that are compressed with zstd.
  bool without_zstd() const;
  /// All leaders compare the last fetched epoch with their log (Fetch 12), and each consumer asks them in that version.
  bool notices_cuts(const ConsumerPlan& consumer) const;
  /// Every broker takes the ids of topics in Fetch and OffsetCommit: a topic that was made anew is always noticed.
  bool by_id() const;
  /// Some broker is older than 0.10, or looks so: it tells no times of records, and to find its age out takes long
  /// where the network is slow.
  bool legacy() const;
  /// Some broker has no ids of topics, or looks so.
  bool without_ids() const;
  /// Every broker stores and returns headers and timestamps, and the client knows it.
  bool modern() const;
  /// A connection that is closed during its handshake makes a broker look older than 0.10. Then there are no
  /// idempotence, headers or timestamps for a while.
  bool cuts_handshakes() const { return kill || pause || holes || reset || breaks || stalls() || faults.reset > 0; }
  /// Connections end in the middle of anything.
  bool alerts() const { return tls.settings.alerts_per_mille > 0; }
  /// Callbacks of the application hold the loop for so long that timeouts may pass.
  bool stalls() const { return slow_longest > std::chrono::milliseconds(1); }
  /// Leaders move and nothing else happens: whatever is sent arrives.
  bool calm() const {
    return !duplicates() && !refuse && !names && !truncate && !cuts && !recreates && faults.refuse == 0 &&
           faults.lose_syn == 0 && faults.resolve_fail == 0;
  }
  std::string text() const;
};

/// What the wire of a release has.
bool is_legacy(const std::string& release);  ///< no ApiVersions
bool has_headers(const std::string& release);

}  // namespace kafka::sim
