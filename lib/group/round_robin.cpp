#include "group/round_robin.hpp"

#include <optional>

#include "group/computing.hpp"
#include "group/roster.hpp"

namespace kafka::group {
namespace {

class Dealing : public Computing {
 public:
  using Computing::Computing;

 private:
  void begin() override {
    roster_.emplace(membership());
    order_ = roster_->by_instance();
  }

  bool go_on(int64_t& effort) override {
    for (; effort > 0 && owners_.size() < roster_->partitions(); effort -= 1) {
      const uint32_t topic = roster_->topic_of(static_cast<uint32_t>(owners_.size()));
      while (!roster_->subscribes(order_[turn_], topic)) {  // somebody does, else the topic would have no number
        turn_ = (turn_ + 1) % order_.size();
        effort -= 1;
      }
      owners_.push_back(order_[turn_]);
      turn_ = (turn_ + 1) % order_.size();
    }
    return owners_.size() < roster_->partitions();
  }

  Answer answer() override { return roster_->answer(owners_); }

  std::optional<Roster> roster_;
  std::vector<uint32_t> order_;
  size_t turn_ = 0;
  std::vector<uint32_t> owners_;  // of the partitions that were dealt so far
};

}  // namespace

std::unique_ptr<Work> RoundRobin::assign(std::shared_ptr<const Membership> membership, Done done) {
  return std::make_unique<Dealing>(std::move(membership), std::move(done));
}

}  // namespace kafka::group
