#include "consumer/log_epochs.hpp"

#include <algorithm>
#include <utility>

namespace kafka::consumer {

std::optional<net::TimePoint> LogEpochs::wait_for_newer(int32_t leader_epoch, net::TimePoint now) {
  if (outdated_since == net::TimePoint()) outdated_since = now;
  const net::TimePoint given_up = outdated_since + kWaitForNewer;
  if (now < given_up) return given_up;
  last = -1;
  outdated_since = {};
  outdated_under = leader_epoch;
  return {};
}

bool LogEpochs::hold_up(int32_t first_epoch, int32_t leader_epoch) {
  if (last < 0 || leader_epoch < 0 || first_epoch == held) return false;
  if (first_epoch <= std::max(last, checked_under)) return false;
  held = first_epoch;
  return true;
}

bool LogEpochs::doubt(int32_t compared) {
  if (last < 0 || std::exchange(doubted, true)) return false;
  if (compared >= 0) {
    refused_epoch = std::exchange(last, -1);
  } else {
    uncheck();
  }
  return true;
}

void LogEpochs::refuse(int32_t node) {
  refused_epoch = std::max(refused_epoch, last);
  refused_by = node;
}

}  // namespace kafka::consumer
