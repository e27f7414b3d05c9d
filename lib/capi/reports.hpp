// Reports of records with tokens, gathered and handed over as arrays.
#pragma once

#include <kafka/c/producer.h>
#include <kafka/producer.hpp>

#include <deque>
#include <memory>
#include <vector>

#include "capi/callback.hpp"
#include "capi/turn.hpp"

namespace kafka::capi {

/// A report as the C API has it. `error` must live as long as it.
kafka_report to_c(const DeliveryReport& report, uint64_t token, const kafka_error* error);

/// Owns the reports of one producer until the turn ends, or until there are KAFKA_MOST_REPORTS.
class Reports : public Gatherer, public std::enable_shared_from_this<Reports> {
 public:
  explicit Reports(Ground& ground) : ground_(ground) {}

  using Handler = Repeated<void(const kafka_report*, size_t, size_t)>;
  /// Null: reports are dropped from now on.
  void set_handler(std::shared_ptr<const Handler> handler);
  void add(uint64_t token, const DeliveryReport& report);
  void hand_over() override;
  /// The producer was freed.
  void stop();

 private:
  struct Gathered {
    std::vector<kafka_report> reports;
    std::deque<kafka_error> errors;  // of reports that failed; they stay where they are
  };

  const Hold ground_;
  std::shared_ptr<const Handler> handler_;
  Gathered gathered_;
  bool due_ = false;  // in the list of the turn
};

}  // namespace kafka::capi
