// Produce requests that leaders have not answered yet, or whose answers are being settled.
// Not here: how they are made (sender.cpp, request_writer.cpp), what an answer means (answer_queue.cpp, settler.cpp).
#pragma once

#include <kafka/error.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cluster/call.hpp"
#include "producer/topic.hpp"

namespace kafka::producer {

/// A batch in a request.
struct SentBatch {
  Partition* partition = nullptr;
  std::unique_ptr<Batch> batch;
  Error unfit = {};                         ///< why it cannot be sent to this leader, and was left out of the message
  bool waits = false;                       ///< for another leader, or a newer one; otherwise an unfit batch fails
  const PartitionAnswer* answer = nullptr;  ///< the leader's, while it is settled; null if it said nothing
};

struct Request {
  int32_t node = -1;
  bool written = false;                     ///< handed to a connection: from then on the leader may have stored it
  bool answered = false;                    ///< its batches are being settled
  const cluster::CallInfo* info = nullptr;  ///< of its call, while that is under way
  std::vector<SentBatch> batches;           ///< one of a partition

  /// Whether the leader, or an earlier one, may have stored this batch.
  bool may_have_stored(const SentBatch& sent) const { return sent.batch->unknown_fate || (written && !sent.unfit); }
};

/// Owns the requests under way, counted by broker.
class Requests {
 public:
  void add(std::shared_ptr<Request> request) {
    ++by_node_[request->node];
    all_.push_back(std::move(request));
  }
  /// It has been answered, or failed.
  void remove(const std::shared_ptr<Request>& request) {
    std::erase(all_, request);
    if (--by_node_[request->node] <= 0) by_node_.erase(request->node);
  }
  /// Requests under way to this broker.
  int32_t to(int32_t node) const {
    const auto found = by_node_.find(node);
    return found == by_node_.end() ? 0 : found->second;
  }
  size_t size() const noexcept { return all_.size(); }
  const std::vector<std::shared_ptr<Request>>& all() const noexcept { return all_; }
  /// `flush` waits for every batch under way.
  void attach(const std::shared_ptr<void>& flush) {
    for (const auto& request : all_) {
      for (SentBatch& sent : request->batches) sent.batch->flushes.push_back(flush);
    }
  }
  /// Drops the batches too, which the calls under way still share.
  void clear() {
    for (const auto& request : all_) request->batches.clear();
    all_.clear();
    by_node_.clear();
  }

 private:
  std::vector<std::shared_ptr<Request>> all_;  // in the order in which they were sent
  std::map<int32_t, int32_t> by_node_;
};

/// Whether a batch is under way that is older than another one of its partition. It looks through the requests once,
/// with the first question, and knows the answers until forget(): an answer of a leader can ask about each of many
/// thousands of partitions.
class OlderBatches {
 public:
  explicit OlderBatches(const Requests& requests) : requests_(requests) {}

  bool has(const Partition& partition, const Batch& batch) {
    if (!std::exchange(known_, true)) learn();
    const auto found = oldest_.find(&partition);
    return found != oldest_.end() && found->second < batch.first_record;
  }
  /// Other requests are under way now.
  void forget() {
    known_ = false;
    oldest_.clear();
  }

 private:
  void learn() {
    for (const auto& request : requests_.all()) {
      for (const SentBatch& sent : request->batches) {
        const auto [place, fresh] = oldest_.try_emplace(sent.partition, sent.batch->first_record);
        if (!fresh) place->second = std::min(place->second, sent.batch->first_record);
      }
    }
  }

  const Requests& requests_;
  bool known_ = false;
  std::unordered_map<const Partition*, uint64_t> oldest_;  // by the first record
};

}  // namespace kafka::producer
