// The assignor `roundrobin`: all partitions, sorted by topic and number, are dealt out one by one to the members in
// Kafka's order of members. A member that does not subscribe to the topic is passed over.
#pragma once

#include "group/assignor.hpp"

namespace kafka::group {

class RoundRobin : public Assignor {
 public:
  std::string_view name() const override { return "roundrobin"; }
  std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) override;
};

}  // namespace kafka::group
