// A consumer of partitions, a consumer of all partitions of topics, or a fetcher of them: what a Reader works with.
#pragma once

#include <optional>
#include <utility>

#include "random/api.hpp"
#include "random/plan.hpp"

namespace kafka::sim {

/// Owns one of them, or none.
class Subject {
 public:
  void make(Session& session, const ConsumerPlan& plan) {
    if (!plan.all) {
      consumer_.emplace(session, plan.group, plan.partitions, plan.options);
      return;
    }
    std::vector<std::string> topics;
    for (const auto& [topic, numbers] : plan.partitions) topics.push_back(topic);
    if (plan.fetches) {
      fetcher_.emplace(session, AllPartitions(std::move(topics)), plan.options);
    } else {
      consumer_.emplace(session, plan.group, AllPartitions(std::move(topics)), plan.options);
    }
  }
  void reset() {
    consumer_.reset();
    fetcher_.reset();
  }
  explicit operator bool() const { return consumer_ || fetcher_; }
  PartitionReader& operator*() {
    return consumer_ ? static_cast<PartitionReader&>(*consumer_) : static_cast<PartitionReader&>(*fetcher_);
  }
  PartitionReader* operator->() { return &**this; }

  void consume(MessageCallback on_message, EndCallback on_end) {
    if (consumer_) return consumer_->consume(std::move(on_message), std::move(on_end));
    fetcher_->fetch(std::move(on_message), std::move(on_end));
  }
  void consume(int64_t limit, MessageCallback on_message, EndCallback on_end) {
    if (consumer_) return consumer_->consume(limit, std::move(on_message), std::move(on_end));
    fetcher_->fetch(limit, std::move(on_message), std::move(on_end));
  }
  void batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
    if (consumer_) return consumer_->batch_consume(max, std::move(on_batch), std::move(on_end));
    fetcher_->batch_fetch(max, std::move(on_batch), std::move(on_end));
  }

 private:
  std::optional<Consumer> consumer_;
  std::optional<Fetcher> fetcher_;
};

}  // namespace kafka::sim
