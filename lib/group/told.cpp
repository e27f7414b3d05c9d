#include "group/told.hpp"

#include <chrono>
#include <utility>

namespace kafka::group {
namespace {

std::optional<std::string> optional(const std::string& text) {
  return text.empty() ? std::optional<std::string>() : std::optional<std::string>(text);
}

}  // namespace

void Told::fill(Request& request, const Topics& topics, const IdPartitions& owned) {
  if (said_) forget();
  const bool all = !topics_;
  if (all) {
    request.rack_id = optional(options_.rack);
    request.rebalance_timeout_ms =
        static_cast<int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(options_.rebalance_timeout).count());
    request.server_assignor = optional(options_.remote_assignor);
  }
  if (all || *topics_ != topics) request.subscribed_topic_names.emplace(topics.begin(), topics.end());
  const bool says_owned = all || owned_ != owned;
  if (says_owned) request.topic_partitions = write(owned);
  said_ = Said{topics, says_owned ? std::optional<IdPartitions>(owned) : std::nullopt};
}

void Told::accepted() {
  if (!said_) return;
  topics_ = std::move(said_->topics);
  said_owned_ = said_->owned.has_value();
  if (said_owned_) owned_ = std::move(said_->owned);
  said_.reset();
}

void Told::forget() {
  topics_.reset();
  owned_.reset();
  said_.reset();
  said_owned_ = false;
}

}  // namespace kafka::group
