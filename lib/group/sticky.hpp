// The assignor `sticky`: counts as even as they can be, and as few moves as possible. Eager: members give everything up
// before they join, and tell in their user data what they had.
#pragma once

#include "group/assignor.hpp"

namespace kafka::group {

class Sticky : public Assignor {
 public:
  std::string_view name() const override { return "sticky"; }
  Bytes user_data(const Partitions& assigned, int32_t generation) const override;
  std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) override;
};

}  // namespace kafka::group
