// An application's assignor (kafka/assignor.hpp) behind the interface of ours. Its answer is checked by the leader.
#pragma once

#include <kafka/assignor.hpp>

#include <memory>

#include "group/assignor.hpp"

namespace kafka::group {

class OwnAssignor : public Assignor {
 public:
  explicit OwnAssignor(std::shared_ptr<kafka::Assignor> own) : own_(std::move(own)) {}

  std::string_view name() const override { return own_->name(); }
  bool cooperative() const override { return own_->cooperative(); }
  Bytes user_data(const Partitions& assigned, int32_t generation) const override;
  std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) override;
  void assigned(const Partitions& partitions, const Bytes& user_data) const override;

 private:
  std::shared_ptr<kafka::Assignor> own_;
};

}  // namespace kafka::group
