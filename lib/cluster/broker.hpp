// A broker, and the connections to it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "cluster/link.hpp"
#include "cluster/retry_pause.hpp"

namespace kafka::cluster {

/// A broker known by id, or a contact point (negative id), and its connections.
struct Broker {
  int32_t id = -1;
  std::shared_ptr<Endpoint> endpoint;
  RetryPause moves;           ///< each time the broker has another address: the pause before it is connected to
  net::TimePoint moved_at{};  ///< the last time
  std::unique_ptr<Link> links[kPurposes];  // shared by the session
  std::map<Lane, std::unique_ptr<Link>> lanes;

  /// Those that were used so far.
  template <class F>
  void each_link(F each) const {
    for (const auto& link : links) {
      if (link) each(*link);
    }
    for (const auto& [lane, link] : lanes) each(*link);
  }
};

}  // namespace kafka::cluster
