// The script of faults (see faults.hpp).
#include "devbroker/faults.hpp"

namespace kafka::devbroker {

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
    if (fault.topic_ && !mentions(*fault.topic_, fault.partition_)) continue;
    if (fault.skip_ > 0) {
      --fault.skip_;
      continue;
    }
    if (fault.left_ > 0) --fault.left_;
    ++fault.hits_;
    action.reply = fault.reply_;
    action.executes = fault.reply_ == Errc::none || fault.executes_;
    action.delay = fault.delay_;
    action.throttle_ms = fault.throttle_ms_;
    action.bad_records = fault.bad_records_;
    action.cut_at = fault.cut_at_;
    action.corrupt_at = fault.corrupt_at_;
    action.swallow = fault.swallow_;
    action.drop_response = fault.drop_response_;
    action.close_before = fault.close_before_;
    action.close_after = fault.close_after_;
    action.wrong_correlation = fault.wrong_correlation_;
    action.topic = fault.topic_;
    action.partition = fault.partition_;
    return true;
  }
  return false;
}

}  // namespace kafka::devbroker
