// Tells the program of callbacks that can no longer run (kafka_session_on_drop()).
#pragma once

#include <kafka/c/session.h>

#include <utility>
#include <vector>

namespace kafka::capi {

/// Owns the drop handler and the users that it was not told of yet. While a call of the C API is under way, the objects
/// that the call changes may be half done. So users are kept until the outermost call ends.
class Drops {
 public:
  void set_handler(kafka_drop_cb handler) { handler_ = handler; }
  /// The callback of `user` can no longer run.
  void add(void* user) {
    if (handler_ == nullptr) return;
    if (depth_ > 0) return users_.push_back(user);
    handler_(user);
  }
  void enter() { ++depth_; }
  /// True if the outermost call has ended and somebody has to be told: tell().
  [[nodiscard]] bool leave() { return --depth_ == 0 && !users_.empty(); }
  void tell() {
    // The handler may free objects, which adds users.
    while (!users_.empty()) {
      const std::vector<void*> users = std::exchange(users_, {});
      for (void* user : users) {
        if (handler_ != nullptr) handler_(user);
      }
    }
  }

 private:
  kafka_drop_cb handler_ = nullptr;
  std::vector<void*> users_;
  int depth_ = 0;
};

}  // namespace kafka::capi
