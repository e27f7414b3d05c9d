#include "base/teardown.hpp"

#include <utility>

namespace kafka {

constinit thread_local int Teardown::depth_ = 0;
constinit thread_local AfterTeardown* Teardown::first_ = nullptr;
constinit thread_local AfterTeardown* Teardown::last_ = nullptr;

Teardown::~Teardown() {
  if (--depth_ == 0) run_scheduled();
}

// One that runs may destroy others, and may tear down further objects: they run what is left.
void Teardown::run_scheduled() {
  while (first_ != nullptr) {
    AfterTeardown& each = *first_;
    each.cancel();
    each.after_teardown();
  }
}

void AfterTeardown::schedule() {
  if (std::exchange(scheduled_, true)) return;
  previous_ = Teardown::last_;
  (previous_ != nullptr ? previous_->next_ : Teardown::first_) = this;
  Teardown::last_ = this;
  if (Teardown::depth_ == 0) Teardown::run_scheduled();
}

void AfterTeardown::cancel() noexcept {
  if (!std::exchange(scheduled_, false)) return;
  (previous_ != nullptr ? previous_->next_ : Teardown::first_) = next_;
  (next_ != nullptr ? next_->previous_ : Teardown::last_) = previous_;
  next_ = previous_ = nullptr;
}

}  // namespace kafka
