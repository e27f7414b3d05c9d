// Which broker is asked for metadata next. Brokers do not all tell the same: one that is cut off from the rest says the
// same old things for ever, and among brokers of several releases only those from 2.8 on tell the ids of topics.
// Not here: when it is asked for (metadata.hpp), what is believed of an answer (topic_cache.hpp).
#pragma once

#include <cstdint>

#include "cluster/router.hpp"
#include "cluster/topic_cache.hpp"
#include "protocol/metadata.hpp"

namespace kafka::cluster {

/// Owns what is remembered of those who answered last.
class MetadataSource {
 public:
  int32_t choose(Router& router) const {
    if (!dated_ || router.brokers().empty()) return router.any_broker(avoided_);
    if (router.knows(with_ids_)) return with_ids_;
    // All of them in turn. Those that are connected may be the ones without ids.
    const auto next = router.brokers().upper_bound(last_);
    return next == router.brokers().end() ? router.brokers().begin()->first : next->first;
  }
  /// What a broker has answered. An id that is known and was not told may have changed: then requests by id are refused
  /// until a broker that has ids is asked.
  void answered(int32_t node, const protocol::MetadataResponse& response, const TopicCache& topics) {
    bool told = false;
    dated_ = false;
    last_ = node;
    for (const auto& topic : response.topics) {
      if (topic.error_code != 0 || !topic.name) continue;
      told |= !topic.topic_id.is_zero();
      const TopicState* const known = topics.find(*topic.name);
      dated_ |= topic.topic_id.is_zero() && known != nullptr && !known->id.is_zero();
    }
    if (told) {
      with_ids_ = node;
    } else if (dated_ && with_ids_ == node) {
      with_ids_ = Router::kNobody;
    }
  }
  void failed(int32_t node) {
    last_ = node;
    if (with_ids_ == node) with_ids_ = Router::kNobody;
  }
  /// Another broker is asked next, if there is one; kNobody: any one.
  void avoid(int32_t node) { avoided_ = node; }

 private:
  int32_t last_ = Router::kNobody;
  int32_t avoided_ = Router::kNobody;
  int32_t with_ids_ = Router::kNobody;  // the last one that told ids
  bool dated_ = false;                  // the last answer came without ids that are known
};

}  // namespace kafka::cluster
