// The script of faults (see faults.hpp).
#include "devbroker/faults.hpp"

namespace kafka::devbroker {

bool FaultAction::executes() const { return reply == Errc::none || executes_anyway; }

Errc FaultAction::at(std::string_view name, int32_t number) const {
  if ((topic && *topic != name) || (partition >= 0 && partition != number)) return Errc::none;
  return reply;
}

Errc FaultAction::at_topic(std::string_view name) const {
  if (partition >= 0 || (topic && *topic != name)) return Errc::none;
  return reply;
}

Fault& Faults::add(ApiKey api) {
  faults_.emplace_back();
  faults_.back().api_ = api;
  return faults_.back();
}

bool Faults::match(ApiKey api, int32_t broker, std::string_view client_id, const Mentions& mentions,
                   FaultAction& action) {
  for (Fault& fault : faults_) {
    if (fault.api_ != api || fault.left_ == 0) continue;
    if (fault.broker_ >= 0 && fault.broker_ != broker) continue;
    if (fault.client_ && *fault.client_ != client_id) continue;
    if (fault.action_.topic && !mentions(*fault.action_.topic, fault.action_.partition)) continue;
    if (fault.skip_ > 0) {
      --fault.skip_;
      continue;
    }
    if (fault.left_ > 0) --fault.left_;
    ++fault.hits_;
    action = fault.action_;
    return true;
  }
  return false;
}

}  // namespace kafka::devbroker
