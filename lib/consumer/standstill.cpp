#include "consumer/standstill.hpp"

#include <algorithm>

namespace kafka::consumer {

Function<void()> Standstill::handler_queued() {
  ++unheard_;
  return scope_.wrap([this] {
    --unheard_;
    look();
  });
}

void Standstill::consumption_begun() {
  if (all_stopped()) core_.later(scope_.wrap([this] { look(); }));
}

bool Standstill::all_stopped() const {
  return assignment_.size() > 0 && std::all_of(assignment_.begin(), assignment_.end(), [](const auto& partition) {
           return partition->position.state == Position::State::stopped;
         });
}

void Standstill::look() {
  if (more_expected_ || unheard_ > 0 || !consumptions_.running() || !all_stopped()) return;
  consumptions_.end((*assignment_.begin())->position.stop_reason);
}

}  // namespace kafka::consumer
