// How long a member of a group may believe that it still owns its partitions.
#pragma once

#include "net/reactor.hpp"

namespace kafka::consumer {

/// Owns the time until which the coordinator keeps the member without hearing of it. Suppose the process was stopped
/// for longer than a session: others own its partitions by now, and what it dispatches or stores before it has asked
/// would be theirs. A consumer that is no member may always go on.
class Trust {
 public:
  bool holds(net::TimePoint now) const { return now < until_; }
  void set(net::TimePoint until) { until_ = until; }

 private:
  net::TimePoint until_ = net::TimePoint::max();
};

}  // namespace kafka::consumer
