// What must wait until no object of this library is half destroyed. <kafka/coroutine.hpp> is made of it; it also serves
// adapters to other kinds of coroutines.
#pragma once

#include <kafka/export.hpp>

namespace kafka {

/// Code that runs after a teardown. An object that is destroyed without close() destroys its callbacks uncalled, in the
/// middle of its destructor. Whoever notices there that an operation was aborted may not call the application yet: it
/// could use or destroy objects that are half gone. So it calls schedule() and gets after_teardown() when the outermost
/// destructor on this thread has done its work, and before that destructor returns.
class UVKAFKA_API AfterTeardown {
 public:
  AfterTeardown(const AfterTeardown&) = delete;
  AfterTeardown& operator=(const AfterTeardown&) = delete;

 protected:
  AfterTeardown() noexcept = default;
  /// after_teardown() does not come any more.
  ~AfterTeardown() { cancel(); }

  /// Of the thread that destroys the object. If no object of this library is being destroyed there, after_teardown()
  /// runs inside this call. Those that are scheduled run in the order of these calls.
  void schedule();
  void cancel() noexcept;
  /// Called once for each schedule(). It may destroy this object.
  virtual void after_teardown() = 0;

 private:
  friend class Teardown;
  AfterTeardown* next_ = nullptr;
  AfterTeardown* previous_ = nullptr;
  bool scheduled_ = false;
};

}  // namespace kafka
