// What becomes of records that have an outcome: counted, their memory free again, and told to the application.
// Not here: which outcome (settler.cpp, expiry.cpp, chain.cpp), the calls of the application (handout.cpp).
#pragma once

#include <kafka/producer.hpp>

#include <memory>
#include <utility>

#include "base/scope.hpp"
#include "producer/batch.hpp"
#include "producer/handout.hpp"
#include "producer/memory.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// As in ProducerStats.
struct Totals {
  uint64_t delivered = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  uint64_t batches = 0;
  uint64_t batch_bytes = 0;
  uint64_t retries = 0;
};

/// Owns the application's handler for tokens, and the producer's totals.
class Reports {
 public:
  /// The producer's callbacks run in `lane`.
  Reports(session::Core& session, session::Lane lane, Memory& memory)
      : session_(session), lane_(std::move(lane)), memory_(memory) {}

  void set_handler(DeliveryHandler handler);
  /// The batch has its outcome. The application is told later; until then the report stays charged.
  void finish(std::unique_ptr<Batch> batch, Outcome outcome);
  /// The batch ended without being stored: persistence is no, or maybe if an earlier attempt may have stored it.
  void fail(std::unique_ptr<Batch> batch, Error error);
  /// A record that was accepted, and never came into a batch, has failed.
  void fail_record(Receipt receipt, Error error, int32_t partition);
  /// A record was not accepted.
  void count_refused() noexcept { ++totals_.failed; }
  void count_retry() noexcept { ++totals_.retries; }
  const Totals& totals() const noexcept { return totals_; }
  /// The application is not called any more.
  void stop();

  /// Batches that finish while this exists are told in one piece of work.
  class Gathering {
   public:
    explicit Gathering(Reports& reports) : reports_(reports) { reports_.gathers_ = true; }
    Gathering(const Gathering&) = delete;
    ~Gathering() {
      reports_.gathers_ = false;
      reports_.gathered_ = nullptr;
    }

   private:
    Reports& reports_;
  };

 private:
  void count(const Batch& batch, const Outcome& outcome);
  void tell(std::unique_ptr<Batch> batch, Outcome outcome);

  session::Core& session_;
  session::Lane lane_;
  Memory& memory_;
  Handout::Handler handler_;
  bool gathers_ = false;
  std::shared_ptr<Handout> gathered_;
  Handout* running_ = nullptr;  // calls the application now
  Totals totals_;
  Scope scope_;
};

}  // namespace kafka::producer
