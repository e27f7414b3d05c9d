// A consumption of the C API: what hands messages out, and what tells its end. Both belong to one user.
#pragma once

#include <kafka/c/consumer.h>
#include <kafka/consumer.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "capi/callback.hpp"
#include "capi/turn.hpp"

namespace kafka::capi {

/// Owns the user of a consumption. The user is dropped if the consumption is over and its end was not told.
class Consumption {
 public:
  Consumption(Ground& ground, kafka_done_cb end, void* user) : ground_(ground), user_(user), end_(ground, end, user) {
    told_ = end != nullptr;
  }

  const Hold& ground() const { return ground_; }
  void* user() const { return user_; }
  void end(const Error& error) {
    if (!told_) return;  // the drop tells it
    const kafka_error told(error);
    end_(told.or_null());
  }

 private:
  const Hold ground_;
  void* const user_;
  Once<const kafka_error*> end_;
  bool told_;
};

/// Gathers the messages of a turn, and hands them over in columns.
class Columns : public Gatherer, public std::enable_shared_from_this<Columns> {
 public:
  Columns(std::shared_ptr<Consumption> consumption, kafka_columns_cb callback, size_t max)
      : consumption_(std::move(consumption)), callback_(callback), max_(max) {}

  void add(MessageEnvelope message);
  void hand_over() override;
  /// What was gathered before comes before the end.
  void end(const Error& error) {
    const auto self = shared_from_this();
    hand_over();
    consumption_->end(error);
  }
  /// The consumer was freed: what was gathered is lost.
  void stop() { messages_.clear(); }

 private:
  /// Columns are not made larger than this by one more message: their ends have 31 bits.
  static constexpr size_t kMostBytes = size_t{64} << 20;

  const std::shared_ptr<Consumption> consumption_;
  const kafka_columns_cb callback_;
  const size_t max_;
  std::vector<MessageEnvelope> messages_;
  size_t bytes_ = 0;
  bool due_ = false;  // in the list of the turn
};

}  // namespace kafka::capi
