// What a broker answers: one function per API, in a file of its own. Each takes a decoded request and
// fills the response; a fault's error is put in at the places that its filter fits.
// Not here: decoding, versions, delays and cut connections (exchange.cpp); Fetch has to be able to
// wait, so it is a class (handle_fetch.hpp).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/types.hpp"
#include "devbroker/cluster.hpp"
#include "devbroker/faults.hpp"
#include "net/reactor.hpp"
#include "protocol/apis.hpp"

namespace kafka::devbroker {

struct Context {
  Cluster& cluster;
  net::Reactor& reactor;
  int32_t broker;   ///< who is asked
  int16_t version;  ///< of the request and of its response
  const FaultAction& fault;
  bool answer = true;  ///< false: there is no response to this request
  bool close = false;  ///< close the connection instead of answering
};

// Declares handle() for every API. Fetch has none: it may wait (handle_fetch.hpp).
#define UVKAFKA_HANDLER(Name) \
  void handle(Context& context, protocol::Name##Request& request, protocol::Name##Response& response);
UVKAFKA_EACH_API(UVKAFKA_HANDLER)
#undef UVKAFKA_HANDLER

constexpr int16_t wire_code(Errc code) noexcept { return static_cast<int16_t>(code); }

/// The topic that a request names: by id where the version has ids, else by name.
/// Errors: unknown_topic_id, unknown_topic_or_partition; `topic` is null then.
Errc named_topic(Cluster& cluster, bool by_id, std::string_view name, const Uuid& id, Topic*& topic);

/// Whether this broker may serve the partition: unknown_topic_or_partition, not_leader_or_follower,
/// fenced_leader_epoch or unknown_leader_epoch if not. `epoch` -1: the client does not say.
Errc check_leader(const Context& context, const Partition* partition, int32_t epoch);

/// The same for reading, where followers serve too. Errors as above.
Errc check_replica(const Context& context, const Partition* partition, int32_t epoch);

Uuid to_uuid(const TopicId& id) noexcept;
TopicId from_uuid(const Uuid& id) noexcept;

/// True if the error is answered with the new leader's name and address (KIP-951).
constexpr bool names_new_leader(Errc code) noexcept {
  return code == Errc::not_leader_or_follower || code == Errc::fenced_leader_epoch;
}

}  // namespace kafka::devbroker
