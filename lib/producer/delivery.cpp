// Reports on their way to the application: a batch at a time through the callback queue, within its budget.
#include <algorithm>

#include "producer/producer.hpp"

namespace kafka::producer {

// The reports of batches that ended together, in their order. Each call of the application may destroy the producer, or
// set another handler.
struct Producer::Handout {
  struct Ended {
    std::unique_ptr<Batch> batch;
    Outcome outcome;
  };
  Producer* producer;
  Scope::Guard guard;
  std::vector<Ended> ended;
  size_t at = 0;  // the batch whose reports are being handed out
  DeliveryReport report;
  bool begun = false;  // with that batch

  Handout(Producer* producer, Scope::Guard guard) : producer(producer), guard(std::move(guard)) {}
  Handout(const Handout&) = delete;
  Handout& operator=(const Handout&) = delete;
  ~Handout() {
    for (; at < ended.size(); ++at) end();
  }

  // Callables that were never called go now, and may take the producer with them.
  void end() {
    std::unique_ptr<Batch>& batch = ended[at].batch;
    batch->receipts.clear();
    if (guard.alive()) producer->keep(std::move(batch));
    begun = false;
  }

  bool operator()(session::Budget& budget) {
    for (; at < ended.size(); ++at) {
      if (at + 2 < ended.size()) fetch(*ended[at + 2].batch);
      if (!begun) begin();
      if (!one(budget)) return false;
      if (!guard.alive()) return true;
      const size_t charged = ended[at].batch->charged();
      end();
      if (!guard.alive()) return ++at, true;
      producer->release(charged, 0);
    }
    return true;
  }

  void begin() {
    const Outcome& outcome = ended[at].outcome;
    begun = true;
    report.partition = ended[at].batch->partition;
    report.offset = -1;
    report.error = outcome.error;
    report.persistence = outcome.persistence;
  }

  // False if the budget is used up.
  bool one(session::Budget& budget) {
    Batch& batch = *ended[at].batch;
    const Outcome& outcome = ended[at].outcome;
    Receipts& receipts = batch.receipts;
    while (guard.alive()) {
      const int32_t callback = receipts.next_callback();
      const int32_t token = receipts.next_token();
      if (callback < token) {
        if (!budget.take()) return false;
        batch.next_report(callback, outcome, report);
        DeliveryCallback done = receipts.take_callback();
        done(report);
        continue;
      }
      if (token == Receipts::kNone) return true;
      const int32_t end = std::min(callback, token + receipts.tokens_in_a_row());
      if (!run_of_tokens(token, end, budget)) return false;
    }
    return true;
  }

  // False if the budget is used up.
  bool run_of_tokens(int32_t index, int32_t end, session::Budget& budget) {
    Batch& batch = *ended[at].batch;
    const Outcome& outcome = ended[at].outcome;
    Receipts& receipts = batch.receipts;
    const std::shared_ptr<DeliveryHandler> handler = producer->on_delivery_;  // pinned while it runs
    while (index < end) {
      const int32_t count = budget.take(end - index);
      if (count == 0) return false;
      const uint64_t* token = receipts.next_tokens();
      const int64_t step = outcome.error || outcome.base_offset < 0 ? 0 : 1;
      int32_t told = 0;
      bool go_on = true;
      while (handler != nullptr && go_on && told < count) {
        const int32_t end_of_alike = std::min(count, told + batch.next_report(index + told, outcome, report));
        while (go_on && told < end_of_alike) {
          (*handler)(token[told++], report);
          report.offset += step;
          go_on = guard.alive() && producer->on_delivery_ == handler;
        }
      }
      receipts.take_tokens(handler != nullptr ? told : count);
      if (!go_on) return true;  // the caller goes on, or not
      index += count;
    }
    return true;
  }
};

void Producer::on_delivery(DeliveryHandler handler) {
  on_delivery_ = handler ? std::make_shared<DeliveryHandler>(std::move(handler)) : nullptr;
}

void Producer::finish(std::unique_ptr<Batch> batch, Outcome outcome) {
  const auto count = static_cast<size_t>(batch->count());
  const size_t charged = batch->charged();
  this->count(*batch, outcome);
  // Nobody needs the bytes for the reports, which may take turns to hand out.
  const size_t limit = static_cast<size_t>(options_.buffer_memory);
  memory_.give(std::move(batch->sealed), std::min(limit / 2, limit - std::min(limit, used_)));
  batch->builder = records::BatchBuilder();
  // Until its reports have been handed out it takes memory that nobody else may have. Flushes that waited for it end
  // behind them.
  size_t kept = 0;
  if (!batch->receipts.empty()) {
    kept = std::min(charged, sizeof(Batch) + batch->receipts.charged());
    batch->charged_bytes = kept;
    report(std::move(batch), std::move(outcome));
  } else {
    keep(std::move(batch));
  }
  release(charged - kept, count);
}

void Producer::report(std::unique_ptr<Batch> batch, Outcome outcome) {
  std::shared_ptr<Handout> to = handout_;
  if (to == nullptr) {
    to = std::make_shared<Handout>(this, scope_.guard());
    core_->callbacks().run_work([to](session::Budget& budget) { return (*to)(budget); });
    if (gathers_) handout_ = to;
  }
  to->ended.push_back({std::move(batch), std::move(outcome)});
}

void Producer::report_later(Receipt receipt, Error error, int32_t partition) {
  ++totals_.failed;
  DeliveryReport report;
  report.error = std::move(error);
  report.partition = partition;
  if (receipt.by_token) {
    core_->later([this, guard = scope_.guard(), token = receipt.token, report = std::move(report)] {
      if (!guard.alive()) return;
      const auto handler = on_delivery_;
      if (handler != nullptr) (*handler)(token, report);
    });
  } else if (receipt.done) {
    core_->later([done = std::move(receipt.done), report = std::move(report)]() mutable { done(report); });
  }
}

}  // namespace kafka::producer
