// Gathering messages for columns.
#include "capi/consumption.hpp"

#include "capi/columns.hpp"

namespace kafka::capi {

void Columns::add(MessageEnvelope message) {
  bytes_ += message.key().size() + message.value().size() + message.view().raw_headers.size();
  messages_.push_back(std::move(message));
  if (!std::exchange(due_, true)) consumption_->ground()->turn().gathered(shared_from_this());
  if (messages_.size() == max_ || bytes_ >= kMostBytes) hand_over();
}

void Columns::hand_over() {
  due_ = false;
  bytes_ = 0;
  if (messages_.empty()) return;
  const auto consumption = consumption_;  // the callback may free the consumer
  callback_(consumption->user(), new kafka_columns(consumption->ground(), std::exchange(messages_, {})));
}

}  // namespace kafka::capi
