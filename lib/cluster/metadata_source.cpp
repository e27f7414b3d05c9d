#include "cluster/metadata_source.hpp"

namespace kafka::cluster {

int32_t MetadataSource::choose(Router& router) const {
  if (!dated_ || router.brokers().empty()) return router.any_broker(avoided_);
  if (router.knows(with_ids_)) return with_ids_;
  // Those that are connected may be the ones without ids.
  const auto next = router.brokers().upper_bound(last_);
  return next == router.brokers().end() ? router.brokers().begin()->first : next->first;
}

void MetadataSource::answered(int32_t node, const protocol::MetadataResponse& response, const TopicCache& topics) {
  bool told = false;
  dated_ = false;
  last_ = node;
  for (const auto& topic : response.topics) {
    if (topic.error_code != 0 || !topic.name) continue;
    if (!topic.topic_id.is_zero()) {
      told = true;
      continue;
    }
    const TopicState* const known = topics.find(*topic.name);
    dated_ |= known != nullptr && !known->id.is_zero();
  }
  if (told) {
    with_ids_ = node;
  } else if (dated_ && with_ids_ == node) {
    with_ids_ = Router::kNobody;
  }
}

void MetadataSource::failed(int32_t node) {
  last_ = node;
  if (with_ids_ == node) with_ids_ = Router::kNobody;
}

}  // namespace kafka::cluster
