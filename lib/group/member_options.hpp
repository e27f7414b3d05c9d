// What a member of a group has set for itself.
#pragma once

#include <kafka/assignor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/reactor.hpp"

namespace kafka::group {

struct MemberOptions {
  std::string group;
  std::string instance_id;  ///< "": not a static member
  std::string rack;
  std::string strategies;                                   ///< classic: the assignors that the member offers
  std::vector<std::shared_ptr<kafka::Assignor>> assignors;  ///< classic: those of the application
  std::string remote_assignor;  ///< consumer: the broker's assignor that the member asks for; "": any
  bool creates_topics = true;   ///< consumer: brokers may create the topics that the member subscribes to
  net::Duration heartbeat_interval{};
  net::Duration rebalance_timeout{};
  std::optional<net::Duration> revoke_timeout;
  std::optional<net::Duration> session_timeout;

  bool is_static() const { return !instance_id.empty(); }
};

}  // namespace kafka::group
