// What the `user` of every callback of the library points to.
#pragma once

#include <kafka/kafka.h>

namespace addon {

/// Somebody who waits for a callback. The library tells of every callback that can no longer run.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// The callback will not run, or will not run again.
  virtual void dropped() = 0;

  static void on_drop(void* user) { static_cast<Waiter*>(user)->dropped(); }
};

}  // namespace addon
