// How the application hears of its records: some have a callback, some a 64-bit token, and the rest nothing. Records
// without either cost nothing here.
// Not here: the reports themselves (batch), when they are handed out (handout.cpp).
#pragma once

#include <kafka/producer.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "producer/few.hpp"
#include "producer/lines.hpp"

namespace kafka::producer {

/// How the application hears of one record.
struct Receipt {
  Receipt() = default;
  Receipt(DeliveryCallback callback) : done(std::move(callback)) {}
  explicit Receipt(uint64_t of) : token(of), by_token(true) {}

  DeliveryCallback done;  ///< empty: by token, or not at all
  uint64_t token = 0;
  bool by_token = false;

  /// At most so many bytes it takes while its record waits.
  size_t bytes() const;
};

/// Owns the callbacks and tokens of one batch, in the order of its records.
class Receipts {
 public:
  struct Callback {
    int32_t index;  ///< of its record in the batch
    DeliveryCallback done;
  };
  /// Records in a row that have tokens.
  struct Run {
    int32_t first;  ///< record
    int32_t from;   ///< its place among the tokens; the run ends where the next one begins
  };
  static constexpr uint32_t kTokensInside = 12;
  static constexpr int32_t kNone = std::numeric_limits<int32_t>::max();

  /// For the record with this index, larger than those before.
  void add(int32_t index, Receipt&& receipt) {
    if (receipt.by_token) {
      add(index, receipt.token);
    } else {
      add(index, std::move(receipt.done));
    }
  }
  [[gnu::always_inline]] void add(int32_t index, uint64_t token) {
    if (index != run_end_ || tokens_.empty()) [[unlikely]]
      begin_run(index);
    ++run_end_;
    tokens_.push_back(token);
  }
  [[gnu::always_inline]] void fetch_end() const noexcept { fetch(tokens_.data() + tokens_.size(), 1); }
  void add(int32_t index, DeliveryCallback&& done) {
    if (done) callbacks_.push_back({index, std::move(done)});
  }
  /// About so many tokens will come: the first one takes memory for all of them.
  void expect(size_t tokens) noexcept {
    if (tokens > kTokensInside) expected_ = static_cast<uint32_t>(tokens);
  }
  /// Forgets everything and keeps the memory.
  void clear() noexcept {
    run_end_ = tokens_taken_ = 0;
    tokens_.clear();
    later_runs_.clear();
    callbacks_.clear();
    expected_ = callbacks_taken_ = run_ = 0;
  }
  /// Bytes of memory held.
  size_t kept() const noexcept {
    return tokens_.kept() + later_runs_.capacity() * sizeof(Run) + callbacks_.capacity() * sizeof(Callback);
  }
  /// What bytes_of() says of all of them.
  size_t charged() const noexcept;
  size_t tokens() const noexcept { return tokens_.size(); }
  bool empty() const noexcept { return tokens_.empty() && callbacks_.empty(); }
  /// Moves the receipts of the records from `index` on into `second`, where that record is number 0.
  void split(int32_t index, Receipts& second);

  /// The first record whose callback, or token, has not been taken; kNone without one.
  int32_t next_callback() const noexcept {
    return callbacks_taken_ < callbacks_.size() ? callbacks_[callbacks_taken_].index : kNone;
  }
  int32_t next_token() const noexcept {
    if (static_cast<size_t>(tokens_taken_) == tokens_.size()) return kNone;
    return run_ == 0 ? first_ + tokens_taken_
                     : later_runs_[run_ - 1].first + tokens_taken_ - later_runs_[run_ - 1].from;
  }
  /// How many tokens in a row there are from next_token() on; 0 without one.
  int32_t tokens_in_a_row() const noexcept { return end_of(run_) - tokens_taken_; }
  /// The receipt of this record. Indices must grow from one call to the next.
  Receipt take(int32_t index) {
    if (next_callback() == index) return Receipt(take_callback());
    if (next_token() == index) return Receipt(take_token());
    return {};
  }
  DeliveryCallback take_callback() noexcept { return std::move(callbacks_[callbacks_taken_++].done); }
  uint64_t take_token() noexcept {
    const uint64_t token = *next_tokens();
    take_tokens(1);
    return token;
  }
  /// The tokens in a row from next_token() on.
  const uint64_t* next_tokens() const noexcept { return tokens_.data() + tokens_taken_; }
  /// At most as many as are in a row.
  void take_tokens(int32_t count) noexcept {
    tokens_taken_ += count;
    if (tokens_taken_ == end_of(run_)) ++run_;
  }

 private:
  void begin_run(int32_t index) {
    if (tokens_.empty()) {
      first_ = index;
      if (expected_ > 0) tokens_.reserve(expected_);
    } else {
      later_runs_.push_back({index, static_cast<int32_t>(tokens_.size())});
    }
    run_end_ = index;
  }
  int32_t end_of(size_t run) const noexcept {
    return run < later_runs_.size() ? later_runs_[run].from : static_cast<int32_t>(tokens_.size());
  }

  // What each record touches comes first.
  int32_t run_end_ = 0;                  // the record after the last one that has a token
  int32_t first_ = 0;                    // the first one: the first run
  Few<uint64_t, kTokensInside> tokens_;  // of all runs
  std::vector<Run> later_runs_;
  std::vector<Callback> callbacks_;
  uint32_t expected_ = 0;  // 0: no more than lie inside
  uint32_t callbacks_taken_ = 0;
  int32_t tokens_taken_ = 0;
  uint32_t run_ = 0;  // of the next token
};

/// Bytes that a callback, or a token that is a run of its own, takes.
inline constexpr size_t kCallbackBytes = sizeof(Receipts::Callback);
inline constexpr size_t kTokenBytes = sizeof(uint64_t) + sizeof(Receipts::Run);

inline size_t Receipts::charged() const noexcept {
  return tokens_.size() * kTokenBytes + callbacks_.size() * kCallbackBytes;
}
inline size_t bytes_of(uint64_t) noexcept { return kTokenBytes; }
inline size_t bytes_of(const DeliveryCallback& done) noexcept { return done ? kCallbackBytes : 0; }
inline size_t Receipt::bytes() const { return by_token ? kTokenBytes : done ? kCallbackBytes : 0; }

}  // namespace kafka::producer
