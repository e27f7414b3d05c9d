// The options of a session, as this room needs them (session/config.cpp fills them in).
// Not here: the public options, their names and limits (kafka/options.hpp).
#pragma once

#include <kafka/options.hpp>

#include <string>

#include "cluster/retry_pause.hpp"
#include "net/reactor.hpp"

namespace kafka::cluster {

struct ClusterConfig {
  AddressFamily address_family = AddressFamily::any;
  net::Duration address_ttl = std::chrono::seconds(1);
  std::string client_id = "uvkafka";
  size_t frame_max = 104857600;
  PauseLimits reconnect = {std::chrono::milliseconds(50), std::chrono::seconds(1)};
  net::Duration retry_backoff = std::chrono::milliseconds(100);
  net::Duration retry_backoff_max = std::chrono::seconds(1);
  net::Duration setup_timeout = std::chrono::seconds(10);
  net::Duration setup_timeout_max = std::chrono::seconds(30);
  net::Duration connections_max_idle = std::chrono::minutes(9);
  net::Duration request_timeout = std::chrono::seconds(30);
  net::Duration default_api_timeout = std::chrono::seconds(60);
  net::Duration metadata_max_age = std::chrono::minutes(5);
  net::Duration metadata_max_idle = std::chrono::minutes(5);
  bool rebootstrap = true;
  net::Duration rebootstrap_trigger = std::chrono::minutes(5);
};

}  // namespace kafka::cluster
