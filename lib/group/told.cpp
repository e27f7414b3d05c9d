#include "group/told.hpp"

#include <chrono>
#include <utility>

#include "group/unless_empty.hpp"

namespace kafka::group {

void Told::fill(Request& request, const Wish& wish, const IdPartitions& owned) {
  if (said_) forget();
  const bool all = !wish_;
  if (all) {
    request.rack_id = unless_empty(options_.rack);
    request.rebalance_timeout_ms =
        static_cast<int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(options_.rebalance_timeout).count());
    request.server_assignor = unless_empty(options_.remote_assignor);
  }
  if (all || wish_->topics != wish.topics) {
    request.subscribed_topic_names.emplace(wish.topics.begin(), wish.topics.end());
  }
  said_pattern_ |= !wish.pattern.empty();
  if (said_pattern_ && (all || wish_->pattern != wish.pattern)) request.subscribed_topic_regex = wish.pattern;
  const bool says_owned = all || owned_ != owned;
  if (says_owned) request.topic_partitions = write(owned);
  said_ = Said{wish, says_owned ? std::optional<IdPartitions>(owned) : std::nullopt};
}

void Told::accepted() {
  if (!said_) return;
  wish_ = std::move(said_->wish);
  said_owned_ = said_->owned.has_value();
  if (said_owned_) owned_ = std::move(said_->owned);
  said_.reset();
}

void Told::forget() {
  wish_.reset();
  owned_.reset();
  said_.reset();
  said_owned_ = false;
}

}  // namespace kafka::group
