#include "producer/handout.hpp"

#include <algorithm>
#include <utility>

namespace kafka::producer {

Handout::~Handout() {
  for (; at_ < ended_.size(); ++at_) end_batch();
}

void Handout::forget() noexcept {
  for (size_t i = at_; i < ended_.size(); ++i) {
    if (ended_[i].batch != nullptr) ended_[i].batch->receipts.clear();
  }
}

void Handout::begin_batch() {
  const Outcome& outcome = ended_[at_].outcome;
  begun_ = true;
  report_.partition = ended_[at_].batch->partition;
  report_.offset = -1;
  report_.error = outcome.error;
  report_.persistence = outcome.persistence;
}

// Callables that were never called are destroyed here, and that may destroy the producer too.
void Handout::end_batch() {
  std::unique_ptr<Batch>& batch = ended_[at_].batch;
  batch->receipts.clear();
  if (guard_.alive()) memory_.keep(std::move(batch));
  begun_ = false;
}

bool Handout::run(session::Budget& budget) {
  if (!guard_.alive()) return true;
  running_ = this;
  const bool finished = run_batches(budget);
  if (guard_.alive()) running_ = nullptr;
  return finished;
}

bool Handout::run_batches(session::Budget& budget) {
  for (; at_ < ended_.size(); ++at_) {
    if (at_ + 2 < ended_.size()) fetch(*ended_[at_ + 2].batch);
    if (!begun_) begin_batch();
    if (!tell_batch(budget)) return false;
    if (!guard_.alive()) return true;
    const size_t charged = ended_[at_].batch->charged();
    end_batch();
    if (!guard_.alive()) return ++at_, true;
    memory_.release(charged, 0);
  }
  return true;
}

// False if the budget is used up.
bool Handout::tell_batch(session::Budget& budget) {
  Batch& batch = *ended_[at_].batch;
  Receipts& receipts = batch.receipts;
  while (guard_.alive()) {
    const int32_t callback = receipts.next_callback();
    const int32_t token = receipts.next_token();
    if (callback < token) {
      if (!budget.take()) return false;
      batch.next_report(callback, ended_[at_].outcome, report_);
      DeliveryCallback done = receipts.take_callback();
      done(report_);
      continue;
    }
    if (token == Receipts::kNone) return true;
    const int32_t end = std::min(callback, token + receipts.tokens_in_a_row());
    if (!tell_tokens(token, end, budget)) return false;
  }
  return true;
}

// Records in a row that have tokens. False if the budget is used up.
bool Handout::tell_tokens(int32_t index, int32_t end, session::Budget& budget) {
  Batch& batch = *ended_[at_].batch;
  const Outcome& outcome = ended_[at_].outcome;
  Receipts& receipts = batch.receipts;
  const Handler handler = current_handler_;  // pinned while it runs
  while (index < end) {
    const int32_t count = budget.take(end - index);
    if (count == 0) return false;
    const uint64_t* token = receipts.next_tokens();
    const int64_t step = outcome.error || outcome.base_offset < 0 ? 0 : 1;
    int32_t told = 0;
    bool go_on = true;
    while (handler != nullptr && go_on && told < count) {
      const int32_t end_of_alike = std::min(count, told + batch.next_report(index + told, outcome, report_));
      while (go_on && told < end_of_alike) {
        (*handler)(token[told++], report_);
        report_.offset += step;
        go_on = guard_.alive() && current_handler_ == handler;
      }
    }
    receipts.take_tokens(handler != nullptr ? told : count);
    if (!go_on) return true;  // tell_batch() looks whether the producer is still there
    index += count;
  }
  return true;
}

}  // namespace kafka::producer
