// The Work of the assignors here: computes bit by bit, then calls Done with the answer.
#pragma once

#include <memory>
#include <utility>

#include "group/assignor.hpp"

namespace kafka::group {

class Computing : public Work {
 public:
  Computing(std::shared_ptr<const Membership> membership, Done done)
      : membership_(std::move(membership)), done_(std::move(done)) {}

  bool advance(int64_t effort) final {
    if (!begun_) {
      begun_ = true;
      begin();
      return true;
    }
    if (go_on(effort)) return true;
    Done done = std::move(done_);
    done({}, answer());  // may destroy this object
    return false;
  }

 protected:
  const std::shared_ptr<const Membership>& membership() const { return membership_; }

 private:
  /// What comes before the first slice: linear in the size of the membership.
  virtual void begin() = 0;
  /// False: answer() is ready.
  virtual bool go_on(int64_t& effort) = 0;
  virtual Answer answer() = 0;

  std::shared_ptr<const Membership> membership_;
  Done done_;
  bool begun_ = false;
};

}  // namespace kafka::group
