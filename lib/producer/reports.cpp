#include "producer/reports.hpp"

#include <algorithm>
#include <utility>

namespace kafka::producer {

void Reports::set_handler(DeliveryHandler handler) {
  handler_ = handler ? std::make_shared<DeliveryHandler>(std::move(handler)) : nullptr;
}

void Reports::stop() {
  scope_.end();
  handler_ = nullptr;
  if (Handout* const running = std::exchange(running_, nullptr)) running->forget();
}

void Reports::finish(std::unique_ptr<Batch> batch, Outcome outcome) {
  const auto records = static_cast<size_t>(batch->count());
  const size_t charged = batch->charged();
  count(*batch, outcome);
  // The reports do not need the bytes, and may take turns to hand out.
  memory_.keep_block(std::move(batch->sealed));
  batch->builder = records::BatchBuilder();
  // What the reports need stays charged until they were handed out. Flushes that wait for the batch end after them.
  size_t kept = 0;
  if (batch->receipts.empty()) {
    memory_.keep(std::move(batch));
  } else {
    kept = std::min(charged, sizeof(Batch) + batch->receipts.charged());
    batch->charged_bytes = kept;
    tell(std::move(batch), std::move(outcome));
  }
  memory_.release(charged - kept, records);
}

void Reports::fail(std::unique_ptr<Batch> batch, Error error) {
  const Persistence fate = batch->unknown_fate ? Persistence::maybe : Persistence::no;
  finish(std::move(batch), {std::move(error), -1, -1, fate});
}

void Reports::tell(std::unique_ptr<Batch> batch, Outcome outcome) {
  std::shared_ptr<Handout> to = gathered_;
  if (to == nullptr) {
    to = std::make_shared<Handout>(memory_, handler_, running_, scope_.guard());
    session_.callbacks().run_work(lane_, [to](session::Budget& budget) { return to->run(budget); });
    if (gathers_) gathered_ = to;
  }
  to->add(std::move(batch), std::move(outcome));
}

void Reports::fail_record(Receipt receipt, Error error, int32_t partition) {
  ++totals_.failed;
  DeliveryReport report;
  report.error = std::move(error);
  report.partition = partition;
  if (receipt.by_token) {
    session_.later(lane_, [this, guard = scope_.guard(), token = receipt.token, report = std::move(report)] {
      if (!guard.alive()) return;
      const auto handler = handler_;
      if (handler != nullptr) (*handler)(token, report);
    });
  } else if (receipt.done) {
    session_.later(lane_, [done = std::move(receipt.done), report = std::move(report)]() mutable { done(report); });
  }
}

void Reports::count(const Batch& batch, const Outcome& outcome) {
  const auto records = static_cast<uint64_t>(batch.count());
  const auto dropped = static_cast<uint64_t>(std::count(batch.dropped.begin(), batch.dropped.end(), true));
  ++totals_.batches;
  totals_.batch_bytes += batch.sealed.size();
  totals_.failed += dropped;
  (!outcome.error                              ? totals_.delivered
   : outcome.persistence == Persistence::maybe ? totals_.unknown
                                               : totals_.failed) += records - dropped;
}

}  // namespace kafka::producer
