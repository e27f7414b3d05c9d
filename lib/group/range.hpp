// The assignor `range`: each topic's partitions are cut into ranges, one per subscriber in Kafka's order of members. So
// members with the same subscriptions get the same numbers of topics with the same number of partitions. Where racks
// matter, members first get partitions with a replica in their own rack (KIP-881).
#pragma once

#include "group/assignor.hpp"

namespace kafka::group {

class Range : public Assignor {
 public:
  std::string_view name() const override { return "range"; }
  std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) override;
};

}  // namespace kafka::group
