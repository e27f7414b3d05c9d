// The way of a record into a batch: checks, topic, partition, and the open batch of that partition.
// Not here: when batches leave and what becomes of them (sender.hpp), records of topics whose partitions are not known
// (parking.hpp), which partition a record goes to (chooser.hpp).
#pragma once

#include <kafka/producer.hpp>

#include <map>
#include <memory>
#include <string>

#include "producer/chooser.hpp"
#include "producer/memory.hpp"
#include "producer/reports.hpp"
#include "producer/topic.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// What the accumulator tells the sender.
class BatchObserver {
 public:
  /// A record opened a new batch.
  virtual void on_opened(Partition& partition) = 0;
  /// The open batch is full, and waits to be sent.
  virtual void on_filled(Partition& partition) = 0;
  /// A record waits that has to be reported by then.
  virtual void on_parked(net::TimePoint deadline) = 0;

 protected:
  ~BatchObserver() = default;
};

/// Owns the topics of a producer with their partitions, their open batches and the records that are parked.
class Accumulator {
 public:
  /// A batch takes records for this share of delivery_timeout only: when it cannot leave, all of its records expire
  /// with the first one.
  static constexpr int kAgeShare = 16;
  using Topics = std::map<std::string, std::unique_ptr<Topic>, std::less<>>;

  Accumulator(session::Core& session, const ProducerOptions& options, Memory& memory, Reports& reports);
  ~Accumulator() { stop(); }

  void set_observer(BatchObserver& observer) { observer_ = &observer; }
  Chooser& chooser() noexcept { return chooser_; }

  // Checks.
  /// True if nothing can be wrong with a record that takes so many bytes in a batch, nor with its receipt, and there
  /// is room for it: almost always.
  [[gnu::always_inline]] bool is_plain(const Record& record, size_t bytes, size_t receipt) const {
    return record.headers.empty() && record.partition >= kAnyPartition && record.timestamp >= kNoTimestamp &&
           bytes + records::kBatchHeaderSize <= limit_ && memory_.fits(Batch::charge(bytes, receipt));
  }
  /// The same, and the session takes records.
  [[gnu::always_inline]] bool takes(const Record& record, size_t bytes, size_t receipt) const {
    return !session_.closing() && is_plain(record, bytes, receipt);
  }
  /// Why this record can never be sent; else an upper bound of what it takes in a batch, and of what it is charged.
  Error check(const Record& record, Compression codec, size_t receipt, size_t& bytes, size_t& charge) const;

  // Topics.
  /// Made, and asked for, if there is none of this name.
  Topic& topic(std::string_view name);
  /// Whether topic() has just given this one.
  bool is_last_topic(std::string_view name) const { return last_topic_ != nullptr && last_topic_->name == name; }
  std::shared_ptr<TopicHandle> handle(std::string_view name);
  const Topics& topics() const noexcept { return topics_; }
  /// Null if nothing was sent there.
  Topic* find(std::string_view topic) const;

  // Records. The caller pins the producer if chooser().custom(): the application's function may destroy it.
  /// add() where the open batch has room for the record and nothing else has to be decided, which is almost always so.
  /// False: nothing was done.
  template <class R>
  [[gnu::always_inline]] bool add_quick(Topic& topic, const Record& record, R& receipt);
  /// A record that was checked, and for which there is room. What it returns has been, or will be, reported.
  Error add(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt);
  /// Metadata has changed: parked records whose topics are known now go into batches.
  void unpark();
  /// Gives up a record that was parked, or all those of a topic.
  void fail_parked(ParkedRecord parked, Error error);
  void fail_parked(Topic& topic, const Error& error);
  /// Everything that is here is filled, so that it leaves, and `flush` waits for it.
  void flush(const std::shared_ptr<void>& flush);

  // Batches.
  /// The open batch, which takes no more records.
  std::unique_ptr<Batch> take_open(Partition& partition);
  /// Puts it behind those that wait.
  void fill_open(Partition& partition);

  void add_stats(ProducerStats& stats) const;
  /// Asks for no topic any more.
  void unwant();
  /// Drops everything.
  void stop();

 private:
  struct Intake {
    Compression codec = Compression::none;
    net::TimePoint since{};  // when the application handed the record over
    std::vector<std::shared_ptr<void>>* flushes = nullptr;
  };

  static void fetch_next(const Topic& topic, size_t index, size_t record);
  Partition& partition(Topic& topic, int32_t number);
  Error append(Topic& topic, int32_t number, const Record& record, size_t bytes, const Intake& how, Receipt& receipt);
  void open_batch(Partition& partition, const Intake& how);
  static std::unique_ptr<Batch> set_open(Partition& partition, std::unique_ptr<Batch> batch);
  void park(Topic& topic, const Record& record, size_t bytes, Compression codec, Receipt& receipt);
  void unpark(Topic& topic);
  void fail_record(Error why, Receipt& receipt, int32_t partition);

  session::Core& session_;
  const ProducerOptions& options_;
  Memory& memory_;
  Reports& reports_;
  BatchObserver* observer_ = nullptr;
  Chooser chooser_;
  Topics topics_;
  Topic* last_topic_ = nullptr;
  Compression codec_;       // of almost all batches
  size_t limit_;            // bytes of a batch: batch_size, or less where a batch must not be so large
  net::Duration most_age_;  // a batch takes records for so long
  bool stopped_ = false;
};

// An application that writes to thousands of partitions in turn finds what its next records touch in the CPU's caches.
inline void Accumulator::fetch_next(const Topic& topic, size_t index, size_t record) {
  constexpr size_t kFew = 64;  // are in the caches anyway
  constexpr size_t kStep = 4;
  const size_t count = topic.open.size();
  if (count <= kFew || index + 2 * kStep >= count) return;
  if (const Batch* const later = topic.open[index + 2 * kStep]) {
    later->fetch_hot();
  } else if (const Partition* const partition = topic.by_number[index + 2 * kStep]) {
    fetch(*partition);
  }
  if (const Batch* const next = topic.open[index + kStep]) next->fetch_ends(record);
}

template <class R>
inline bool Accumulator::add_quick(Topic& topic, const Record& record, R& receipt) {
  int32_t number = record.partition;
  if (number == kAnyPartition) number = chooser_.choose_quick(topic, record.key);
  const auto index = static_cast<size_t>(number);
  if (index >= topic.open.size()) return false;
  if (index == topic.turn) fetch_next(topic, index, record.key.size() + record.value.size());
  topic.turn = index + 1;
  if (topic.open[index] == nullptr || !topic.parking.empty()) return false;
  Batch& batch = *topic.open[index];
  const net::Reactor& reactor = session_.reactor();
  if (batch.codec != codec_ || reactor.now() - batch.created > most_age_) return false;
  const int64_t timestamp = record.timestamp >= 0 ? record.timestamp : reactor.wall_clock_ms();
  const size_t charged = batch.append_quick(timestamp, record.key, record.value, limit_, receipt);
  if (charged == 0) return false;
  memory_.charge_record(charged);
  if (batch.builder.size() >= limit_) fill_open(*topic.by_number[index]);
  return true;
}

}  // namespace kafka::producer
