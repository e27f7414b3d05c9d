// Which partition a record without one goes to: the application's function, the hash of the key, or a partition for
// records whose key says nothing (random, round robin, sticky: KIP-480, KIP-794).
// Not here: the hashes (partitioner.hpp).
#pragma once

#include <kafka/producer.hpp>

#include "producer/partitioner.hpp"
#include "producer/topic.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the application's partitioner function; writes the choice of each topic (sticky, next, count).
class Chooser {
 public:
  /// A sticky partition is kept for so many bytes, or for batch_size if that is less.
  static constexpr size_t kStickyBytes = 16384;

  Chooser(session::Core& session, const ProducerOptions& options)
      : session_(session), options_(options), partitioner_(options.partitioner) {}

  void set_custom(PartitionerFunction partitioner) { custom_ = std::move(partitioner); }
  /// The application chooses. choose() may then end in stop(): its function can destroy the producer.
  bool custom() const noexcept { return static_cast<bool>(custom_); }

  /// A partition for a record that names none; -1 while the topic's are not known. Fails if the topic never will have
  /// any, or the application chose one that is not there.
  Error choose(Topic& topic, const Record& record, int32_t& partition);
  /// The same where it takes no more than the key or the sticky partition; -1 where it does.
  [[gnu::always_inline]] int32_t choose_quick(const Topic& topic, std::string_view key) const {
    if (topic.count == 0 || topic.generation != session_.metadata().generation() || custom_) return -1;
    return decides(partitioner_, key) ? partition_of(partitioner_, key, topic.count) : topic.sticky;
  }
  /// A batch of the partition is full. After enough bytes the topic gets another sticky partition, or at once if an
  /// earlier batch still waits there.
  void batch_filled(const Partition& partition, size_t bytes);
  /// The producer has ended.
  void stop() noexcept { stopped_ = true; }

 private:
  Error choose_custom(const Topic& topic, const Record& record, int32_t& partition);
  int32_t next_with_leader(const Topic& topic, int32_t number) const;
  int32_t any_partition(const Topic& topic) const;
  bool available(const Topic& topic, int32_t number) const;

  session::Core& session_;
  const ProducerOptions& options_;
  Partitioner partitioner_;
  PartitionerFunction custom_;
  bool stopped_ = false;
};

/// Why nothing can be sent to this topic until somebody changes it or our rights; none if it can, or is not known yet.
Error lasting_error(const cluster::Metadata& metadata, std::string_view topic);

}  // namespace kafka::producer
