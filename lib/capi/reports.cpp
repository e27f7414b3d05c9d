// Reports of records with tokens, gathered and handed over as arrays.
#include "capi/reports.hpp"

#include <utility>

namespace kafka::capi {

static_assert(static_cast<int>(Persistence::no) == KAFKA_PERSISTENCE_NO);
static_assert(static_cast<int>(Persistence::maybe) == KAFKA_PERSISTENCE_MAYBE);
static_assert(static_cast<int>(Persistence::yes) == KAFKA_PERSISTENCE_YES);

kafka_report to_c(const DeliveryReport& report, uint64_t token, const kafka_error* error) {
  kafka_report told{};
  told.size = sizeof(told);
  told.token = token;
  told.offset = report.offset;
  told.timestamp = report.timestamp;
  told.partition = report.partition;
  told.code = number(report.error);
  told.persistence = static_cast<int>(report.persistence);
  told.error = error;
  return told;
}

void Reports::set_handler(std::shared_ptr<const Handler> handler) {
  handler_ = std::move(handler);
  if (handler_ == nullptr) gathered_ = {};
}

void Reports::add(uint64_t token, const DeliveryReport& report) {
  if (handler_ == nullptr) return;
  const kafka_error* error = report.error ? &gathered_.errors.emplace_back(report.error) : nullptr;
  gathered_.reports.push_back(to_c(report, token, error));
  if (!std::exchange(due_, true)) ground_->turn().gathered(shared_from_this());
  if (gathered_.reports.size() == KAFKA_MOST_REPORTS) hand_over();
}

void Reports::hand_over() {
  const auto self = shared_from_this();  // the handler may free the producer
  due_ = false;
  if (handler_ == nullptr || gathered_.reports.empty()) return;
  const auto handler = handler_;
  Gathered told = std::exchange(gathered_, {});
  (*handler)(told.reports.data(), told.reports.size(), sizeof(kafka_report));
  // The memory serves the next turn.
  if (gathered_.reports.empty() && gathered_.errors.empty()) {
    told.reports.clear();
    gathered_.reports.swap(told.reports);
  }
}

void Reports::stop() { set_handler(nullptr); }

}  // namespace kafka::capi
