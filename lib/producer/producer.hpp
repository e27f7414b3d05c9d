// The inside of a Producer: topics, their partitions' queues of batches, and the requests under way.
// Here: intake, memory, flushing, closing. sender.cpp: what leaves when, answers, retries, expiry. lingering.cpp: what
// does not leave yet.
// delivery.cpp: handing out reports. refused.cpp: single records that a broker refuses. sequences.cpp: idempotence
// within a partition. parking.cpp: records that wait for a topic's partitions. bulk.cpp: produce().
#pragma once

#include <kafka/producer.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "producer/batch.hpp"
#include "producer/idempotence.hpp"
#include "producer/lines.hpp"
#include "producer/memory.hpp"
#include "producer/receipt.hpp"
#include "protocol/produce.hpp"
#include "session/core.hpp"

namespace kafka::producer {

class Producer;
struct Topic;
/// What a leader says of the batch of one partition.
using Answer = protocol::ProduceResponse::TopicProduceResponse::PartitionProduceResponse;

/// Of thousands each is looked at for every few records: what a batch needs of it lies on two lines of the CPU's
/// caches.
struct alignas(kLine) Partition {
  std::unique_ptr<Batch> open;           ///< being filled; see set_open()
  Ring<std::unique_ptr<Batch>> waiting;  ///< closed, oldest first; retries in front
  const Answer* told = nullptr;          ///< while an answer is being looked through
  int32_t in_flight = 0;                 ///< batches in requests under way
  int32_t leader = -1;                   ///< where the last batch went
  bool sequenced = false;                ///< that leader stores sequences
  bool plain = false;                    ///< it does not: it is older than 0.11
  bool listed = false;                   ///< in Producer::active_
  bool lingers = false;                  ///< in Producer::lingering_
  bool anchored = false;                 ///< the log has a batch of this identity
  bool broken = false;                   ///< there is a gap in its sequences: begins anew when nothing is under way
  bool draining = false;                 ///< a batch failed: nothing leaves until all under way have come back

  Topic* topic = nullptr;
  int32_t number = 0;
  int32_t next_sequence = 0;
  Identity identity;             ///< under which it counts sequences; unknown: has sent none
  uint64_t next_record = 0;      ///< see Batch::first_record; as of the last batch that was closed
  net::TimePoint not_before{};   ///< after a failure
  uint32_t last_size = 0;        ///< bytes of the last batch that was closed
  uint32_t last_tokens = 0;      ///< of it
  std::unique_ptr<Error> unfit;  ///< why that leader was not given what waits
  bool idle() const { return open == nullptr && waiting.empty(); }
};

/// A record that waits until its topic's partitions are known.
struct Parked {
  int32_t partition = kAnyPartition;
  bool has_key = false;
  bool has_value = false;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::pair<bool, std::string>>> headers;
  int64_t timestamp = kNoTimestamp;
  Compression codec = Compression::none;
  Receipt receipt;
  net::TimePoint deadline{};
  size_t charged = 0;
  std::vector<std::shared_ptr<void>> flushes;  ///< that wait for it
};

/// What a kafka::Topic refers to; may outlive the producer.
struct TopicHandle {
  std::string name;
  const Producer* owner = nullptr;  ///< null: gone, or the name is no topic's
  Topic* topic = nullptr;
};

struct Topic {
  std::string name;
  std::map<int32_t, std::unique_ptr<Partition>> partitions;
  std::vector<Partition*> by_number;  ///< the same, for the hot path; null where none
  std::vector<Batch*> open;           ///< theirs: one look less into a memory that thousands of partitions fill
  size_t turn = 0;                    ///< the partition behind the one of the last record
  Ring<Parked> parked;
  int32_t sticky = -1;
  size_t sticky_bytes = 0;              ///< that have gone there since it was chosen
  int32_t next = -1;                    ///< of round_robin
  int32_t count = 0;                    ///< partitions, 0 while unknown, as of
  uint64_t generation = 0;              ///< this state of the metadata
  std::shared_ptr<TopicHandle> handle;  ///< null until somebody asks for it

  /// Null if nothing has been sent there.
  Partition* find(int32_t partition) const {
    const auto index = static_cast<size_t>(partition);
    if (index < by_number.size()) return by_number[index];
    const auto found = partitions.find(partition);
    return found == partitions.end() ? nullptr : found->second.get();
  }
};

class Producer final : public session::Client, public std::enable_shared_from_this<Producer> {
 public:
  /// Largest body of one request, over all its partitions; brokers refuse 100 MiB.
  static constexpr size_t kMaxRequestBytes = 16 * 1024 * 1024;
  static constexpr int32_t kDefaultInFlight = 5;
  static constexpr size_t kFirstCapacity = 1024;
  /// What is kept of the memory of batches that are done, while nothing is queued.
  static constexpr size_t kIdleMemory = 2 * 1024 * 1024;
  /// What is kept beside it of the batches themselves.
  static constexpr size_t kSpareBytes = 4 * 1024 * 1024;
  /// A batch that cannot leave takes records for this share of delivery_timeout only, because all of
  /// them expire with its first.
  static constexpr int kAgeShare = 16;
  /// Bytes, before compression, of batches that are packed ahead in one turn of the loop, or one batch.
  static constexpr size_t kSealedAhead = 1024 * 1024;
  /// A sticky partition stays so for batches of so many bytes together, or of batch_size if that is less.
  static constexpr size_t kStickyBytes = 16384;

  Producer(std::shared_ptr<session::Core> core, ProducerOptions options);
  ~Producer() override;

  const Error& error() const { return error_; }
  const ProducerOptions& options() const { return options_; }
  Error send(const Record& record, Receipt receipt);
  /// R: uint64_t (a token) or DeliveryCallback.
  template <class R>
  Error send(const TopicHandle* handle, const Record& record, R receipt);
  std::shared_ptr<TopicHandle> handle(std::string_view name);
  void on_delivery(DeliveryHandler handler);
  void produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done);
  void flush(Function<void()> done);
  void close(net::Duration deadline, Function<void()> done);
  void on_drain(Function<void()> handler);
  void set_partitioner(PartitionerFunction partitioner) { partitioner_ = std::move(partitioner); }
  bool would_block(const Record& record, std::string_view topic);
  bool would_block(const TopicHandle* handle, const Record& record);
  size_t queued() const { return queued_; }
  size_t queued_bytes() const { return used_; }
  /// Deadline of a close() without one.
  std::chrono::milliseconds longest_close() const {
    return std::min(options_.delivery_timeout, core_->options().close_timeout);
  }
  /// For tests of the wrap (E7): partitions that have sent nothing count from here.
  void set_first_sequence(int32_t sequence) { first_sequence_ = sequence; }
  /// The public object is gone without close().
  void abandon();

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;
  /// What kafka::Producer::abort() does.
  void purge();
  void add_stats(Stats& stats) const override;

 private:
  struct Sent {
    Partition* partition;
    std::unique_ptr<Batch> batch;
    Error failed;         // while preparing: this batch cannot be sent to this leader
    bool awaits = false;  // but later, or to another one
  };
  struct Request {
    int32_t node = -1;
    bool written = false;                     // handed to a connection: from then on the leader may have it
    const cluster::CallInfo* info = nullptr;  // of its call, which calls prepare()
    std::vector<Sent> batches;
  };
  struct FlushToken;
  struct Handout;

  // intake (producer.cpp)
  /// True if nothing can be wrong with a record that takes at most so many bytes in a batch and for its receipt, and
  /// there is room for it: almost always.
  [[gnu::always_inline]] bool plain(const Record& record, size_t bytes, size_t receipt) const {
    return !error_ && !closing_ && !core_->closing() && record.headers.empty() && record.partition >= kAnyPartition &&
           record.timestamp >= kNoTimestamp && bytes + records::kBatchHeaderSize <= limit_ &&
           used_ + Batch::charge(bytes, receipt) + records::kBatchHeaderSize <=
               static_cast<size_t>(options_.buffer_memory);
  }
  /// Why this record can never be sent; else an upper bound of what it takes in a batch, and of what it is charged.
  Error check(const Record& record, size_t receipt, size_t& bytes, size_t& charge) const;
  Error check(const ProduceEnvelope& envelope, size_t& charge) const;
  /// queue_full if that many bytes have no room now.
  Error make_room(size_t charge);
  struct Intake {
    Compression codec = Compression::none;
    net::TimePoint since{};  // when the application handed it over
    std::vector<std::shared_ptr<void>>* flushes = nullptr;
  };
  template <class R>
  bool add_quick(Topic& topic, const Record& record, R& receipt);
  Error refuse(Error why, Receipt& receipt, int32_t partition);
  Error add(Topic& topic, int32_t partition, const Record& record, size_t bytes, const Intake& how, Receipt& receipt);
  void open_batch(Partition& partition, const Intake& how);
  static std::unique_ptr<Batch> set_open(Partition& partition, std::unique_ptr<Batch> batch);
  std::unique_ptr<Batch> new_batch(int32_t partition, const Intake& how, size_t capacity);
  void keep(std::unique_ptr<Batch> batch);
  /// The open batch, which takes no more records.
  std::unique_ptr<Batch> end_open(Partition& partition);
  /// It waits from now on.
  void close_open(Partition& partition);
  Error enqueue(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt);
  Topic& topic(std::string_view name);
  Partition& partition(Topic& topic, int32_t number);
  void activate(Partition& partition);
  void list(Partition& partition);
  void release(size_t bytes, size_t records);
  void tell_room();
  void end_close();
  void fail_all(const Error& error);

  // delivery.cpp
  void finish(std::unique_ptr<Batch> batch, Outcome outcome);
  void report(std::unique_ptr<Batch> batch, Outcome outcome);
  void count(const Batch& batch, const Outcome& outcome);
  void report_later(Receipt receipt, Error error, int32_t partition);

  // parking.cpp
  void park(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt);
  void unpark(Topic& topic);
  void expire_parked(Topic& topic, net::TimePoint now, net::TimePoint& next);
  /// A partition for a record without one, -1 while the topic's are not known; an error for a bad custom choice.
  Error choose(Topic& topic, const Record& record, int32_t& partition);
  int32_t with_leader(const Topic& topic, int32_t number) const;
  int32_t any_partition(const Topic& topic) const;
  bool available(const Topic& topic, int32_t number) const;

  // sequences.cpp
  bool chain_ready(Partition& partition);
  void stamp(Partition& partition, Batch& batch);
  Error unsequenced(const Batch& batch, int16_t version, bool guessed);
  void break_chain(Partition& partition, const Batch& batch);
  bool mend(Partition& partition);
  bool is_oldest(const Partition& partition, const Batch& batch) const;
  bool settle_sequence(Partition& partition, std::unique_ptr<Batch>& batch, const Error& error);

  // refused.cpp
  bool settle_refused(Partition& partition, std::unique_ptr<Batch>& batch, const Answer& answer, const Error& error);

  // lingering.cpp
  void linger(Partition& partition);
  bool put_aside(Partition& partition);
  void end_lingering(net::TimePoint now);
  void wake_by(net::TimePoint at);

  // sender.cpp
  void schedule_pump();
  void pump();
  void fetch_ahead(const std::vector<Partition*>& listed, size_t at) const;
  bool ready(Partition& partition, net::TimePoint now, net::TimePoint& wake, bool& lingers);
  void ask_for_leaders(net::TimePoint now, net::TimePoint& wake);
  /// Why nothing can be sent to this topic until something is changed there; none if it can, or is not known.
  Error hopeless(const Topic& topic) const;
  std::unique_ptr<Batch> take_batch(Partition& partition, Error& error);
  bool may_seal_ahead(const Partition& partition) const;
  void seal_ahead(const std::vector<Partition*>& partitions);
  /// compression_level is meant for compression_type: a codec that an envelope brings has its own default.
  int level(const Batch& batch) const noexcept {
    return batch.codec == options_.compression_type ? options_.compression_level : records::kDefaultLevel;
  }
  void fail_waiting(Partition& partition, const Error& error);
  void send_request(std::shared_ptr<Request> request);
  Error prepare(Request& request, protocol::ProduceRequest& message, int16_t version);
  void answered(const std::shared_ptr<Request>& request, Error error, protocol::ProduceResponse& response,
                const cluster::CallInfo& info);
  void settle(Sent sent, Error error, const Answer* answer, const cluster::CallInfo& info);
  void anchor(Partition& partition, const Batch& batch, int16_t version);
  void retry(Partition& partition, std::unique_ptr<Batch> batch, bool leader_named);
  void put_back(Partition& partition, std::unique_ptr<Batch> batch);
  void arm_expiry(net::TimePoint at);
  void expire();
  void expire_requests(net::TimePoint now, net::TimePoint& next);
  void expire_partition(Partition& partition, net::TimePoint now, net::TimePoint& next);
  void on_metadata();
  int32_t in_flight_limit() const { return options_.max_in_flight.value_or(kDefaultInFlight); }
  /// Batches of this partition that may be under way: one, unless sequences keep their order or it was set by hand.
  /// Sequences do so once the log has the first of them: a broker that knows nothing of a producer takes any.
  int32_t in_flight_limit(const Partition& partition) const {
    if (idempotence_.on() && !partition.plain && !partition.anchored) return 1;
    if (idempotence_.on() && partition.sequenced) return std::min(in_flight_limit(), Idempotence::kMostInFlight);
    return options_.max_in_flight.value_or(1);
  }

  std::shared_ptr<session::Core> core_;
  ProducerOptions options_;
  Error error_;
  std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics_;
  Topic* last_topic_ = nullptr;
  size_t limit_ = 0;          // bytes of a batch: batch_size or max_request_size
  net::Duration most_age_{};  // a batch takes records for so long
  BatchMemory memory_;
  std::vector<std::unique_ptr<Batch>> spare_;  // have come to their end; to begin anew
  size_t spare_bytes_ = 0;                     // what they keep
  size_t guessed_ = 0;  // bytes of open batches' memory that were taken before there was content for them
  std::shared_ptr<DeliveryHandler> on_delivery_;
  bool gathers_ = false;              // while an answer is being looked through: of all its batches
  std::shared_ptr<Handout> handout_;  // there is one handout
  std::vector<Partition*> active_;    // have something to send
  struct Lingering {
    Partition* partition;
    net::TimePoint due;
  };
  // Were put aside with an open batch and nothing else to send; the first due first. What was closed meanwhile is in
  // active_ as well.
  Ring<Lingering> lingering_;
  std::map<int32_t, int32_t> in_flight_;  // requests by node
  std::vector<std::shared_ptr<Request>> requests_;
  Idempotence idempotence_;
  int32_t first_sequence_ = 0;
  PartitionerFunction partitioner_;
  Function<void()> on_drain_;
  struct Totals {  // as in ProducerStats
    uint64_t delivered = 0;
    uint64_t failed = 0;
    uint64_t unknown = 0;
    uint64_t batches = 0;
    uint64_t batch_bytes = 0;
    uint64_t retries = 0;
  } totals_;
  size_t queued_ = 0;
  size_t used_ = 0;
  uint64_t flushing_ = 0;  // > 0: do not linger
  bool full_ = false;      // said queue_full since the last on_drain
  bool pump_scheduled_ = false;
  bool closing_ = false;
  bool closed_ = false;  // the close callbacks have run
  bool dead_ = false;
  net::Timer wake_timer_;
  net::TimePoint wake_at_ = net::TimePoint::max();
  net::Timer expiry_timer_;
  net::TimePoint expiry_at_ = net::TimePoint::max();
  uint64_t listener_ = 0;
  net::TimePoint ask_at_{};  // for leaders, not earlier
  uint32_t asked_ = 0;       // for leaders, in a row
  std::vector<Function<void()>> close_callbacks_;
  net::Timer close_timer_;
  net::TimePoint close_at_ = net::TimePoint::max();
  Scope scope_;

  friend struct BulkSend;
};

}  // namespace kafka::producer
