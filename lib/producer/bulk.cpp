#include "producer/bulk.hpp"

#include <algorithm>

namespace kafka {

bool ProduceResult::has_error(Errc code) const {
  return std::any_of(errors.begin(), errors.end(), [&](const Error& error) { return error == code; });
}

bool ProduceResult::has_retriable_errors() const {
  return std::any_of(errors.begin(), errors.end(), [](const Error& error) { return error.retriable(); });
}

namespace producer {

Record record_of(const ProduceEnvelope& envelope, const Message& message) {
  return {envelope.topic, envelope.partition, message.key, message.value, message.headers, message.timestamp};
}

Bulk::Part& Bulk::part(const ProduceEnvelope& envelope) {
  Part& part = parts_[{envelope.topic, envelope.partition}];
  part.result.topic = envelope.topic;
  part.result.partition = envelope.partition;
  return part;
}

DeliveryCallback Bulk::begin(const std::shared_ptr<Bulk>& bulk, Part& part) {
  ++bulk->left_;
  const bool first = !std::exchange(part.begun, true);
  return [bulk, part = &part, first](const DeliveryReport& report) {
    if (first) part->result.offset = report.offset;
    bulk->settle(*part, report.error, report.persistence);
    bulk->end_one();
  };
}

void Bulk::settle(Part& part, const Error& error, Persistence persistence) {
  // yes or no only if that is true of every message of the partition
  if (!part.reported) part.result.persistence = persistence;
  if (part.result.persistence != persistence) part.result.persistence = Persistence::maybe;
  part.reported = true;
  if (!error) return;
  if (!part.result.error) part.result.error = error;
  if (std::find(errors_.begin(), errors_.end(), error) == errors_.end()) errors_.push_back(error);
}

void Bulk::end_one() {
  if (--left_ > 0 || !done_) return;
  ProduceResult result;
  result.errors = std::move(errors_);
  for (auto& [key, part] : parts_) {
    if (!part.result.error && part.result.offset >= 0) result.offsets[key.first][key.second] = part.result.offset;
    result.partitions.push_back(std::move(part.result));
  }
  session_.later(lane_, [done = std::move(done_), result = std::move(result)]() mutable { done(std::move(result)); });
}

}  // namespace producer
}  // namespace kafka
