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
  /// The broker to ask. If the last answer lacked ids: one that has told some, or all of them in turn.
  int32_t choose(Router& router) const;
  /// What a broker has answered. An id that is known and was not told may have changed: then requests by id are refused
  /// until a broker that has ids is asked.
  void answered(int32_t node, const protocol::MetadataResponse& response, const TopicCache& topics);
  /// A broker has not answered.
  void failed(int32_t node);
  /// Another broker is asked next, if there is one; kNobody: any one.
  void avoid(int32_t node) { avoided_ = node; }

 private:
  int32_t last_ = Router::kNobody;
  int32_t avoided_ = Router::kNobody;
  int32_t with_ids_ = Router::kNobody;  // the last one that told ids
  bool dated_ = false;                  // the last answer came without ids that are known
};

}  // namespace kafka::cluster
