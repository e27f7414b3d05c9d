// How the application is told of its records, and what of it is kept per batch: a callable for some, a 64-bit token
// for others, nothing for the rest. Records of which nobody wants to hear cost nothing here.
// Not here: the reports themselves (batch), when they are handed out (delivery.cpp).
#pragma once

#include <kafka/producer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace kafka::producer {

/// Of one record.
struct Receipt {
  Receipt() = default;
  Receipt(DeliveryCallback callback) : done(std::move(callback)) {}
  explicit Receipt(uint64_t of) : token(of), by_token(true) {}

  DeliveryCallback done;  ///< empty: by token, or nobody wants to hear
  uint64_t token = 0;
  bool by_token = false;

  /// Bytes it takes while its record waits, at most.
  size_t bytes() const;
};

/// Of the records of one batch, in their order.
class Receipts {
 public:
  struct Callback {
    int32_t index;  ///< of its record in the batch
    DeliveryCallback done;
  };
  /// Records in a row that have tokens.
  struct Run {
    int32_t first;
    int32_t count;
  };
  static constexpr int32_t kNone = std::numeric_limits<int32_t>::max();

  /// For the record with this index, larger than those before.
  void add(int32_t index, Receipt&& receipt) {
    if (receipt.by_token) {
      if (runs_.empty() || runs_.back().first + runs_.back().count != index) runs_.push_back({index, 0});
      ++runs_.back().count;
      tokens_.push_back(receipt.token);
    } else if (receipt.done) {
      callbacks_.push_back({index, std::move(receipt.done)});
    }
  }
  bool empty() const noexcept { return callbacks_.empty() && tokens_.empty(); }
  /// Moves those of the records from `index` on into `second`, which counts from there.
  void split(int32_t index, Receipts& second);

  /// The first record that has a callable, or token, and has not been taken; kNone without one.
  int32_t next_callback() const noexcept {
    return callbacks_taken_ < callbacks_.size() ? callbacks_[callbacks_taken_].index : kNone;
  }
  int32_t next_token() const noexcept { return run_ < runs_.size() ? runs_[run_].first + taken_of_run_ : kNone; }
  DeliveryCallback take_callback() noexcept { return std::move(callbacks_[callbacks_taken_++].done); }
  uint64_t take_token() noexcept {
    if (++taken_of_run_ == runs_[run_].count) {
      ++run_;
      taken_of_run_ = 0;
    }
    return tokens_[tokens_taken_++];
  }

 private:
  std::vector<Callback> callbacks_;
  std::vector<Run> runs_;
  std::vector<uint64_t> tokens_;  // of all runs
  size_t callbacks_taken_ = 0;
  size_t tokens_taken_ = 0;
  size_t run_ = 0;
  int32_t taken_of_run_ = 0;
};

/// What a callable, or a token that is a run of its own, takes.
inline constexpr size_t kCallbackBytes = sizeof(Receipts::Callback);
inline constexpr size_t kTokenBytes = sizeof(uint64_t) + sizeof(Receipts::Run);

inline size_t Receipt::bytes() const { return by_token ? kTokenBytes : done ? kCallbackBytes : 0; }

}  // namespace kafka::producer
