// An object of the library is being destroyed: what <kafka/teardown.hpp> defers waits for the end of it.
#pragma once

#include <kafka/teardown.hpp>

namespace kafka {

/// Stands first in whatever destroys callbacks of the application uncalled. Teardowns of one thread nest; the outermost
/// one runs what was scheduled meanwhile, at its own end.
class Teardown {
 public:
  Teardown() noexcept { ++depth_; }
  Teardown(const Teardown&) = delete;
  Teardown& operator=(const Teardown&) = delete;
  ~Teardown();

 private:
  friend class AfterTeardown;
  static void run_scheduled();

  static thread_local int depth_;
  static thread_local AfterTeardown* first_;
  static thread_local AfterTeardown* last_;
};

}  // namespace kafka
