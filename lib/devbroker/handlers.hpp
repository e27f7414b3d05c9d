// What a broker answers: one function per API, in a file of its own. Each takes a decoded request and either fills the
// response or leaves a Pending, which answers later. A fault's error goes to the places that its filter fits.
// Not here: decoding, versions, delays and cut connections (exchange.cpp).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "codec/types.hpp"
#include "devbroker/cluster.hpp"
#include "devbroker/faults.hpp"
#include "devbroker/late_answer.hpp"
#include "devbroker/pending.hpp"
#include "net/reactor.hpp"
#include "protocol/apis.hpp"

namespace kafka::devbroker {

class SaslSession;

/// A request, as far as it does not depend on the message, and what becomes of it.
struct Context {
  Cluster& cluster;
  net::Reactor& reactor;
  SaslSession& login;  ///< of the connection
  int32_t broker;      ///< the one that is asked
  int16_t version;     ///< of the request and of its response
  const FaultAction& fault;
  bool answer = true;                 ///< false: there is no response to this request
  bool close = false;                 ///< close the connection instead of answering
  bool last = false;                  ///< close the connection behind the answer
  std::string_view client_id = {};    ///< while handle() runs
  std::string_view client_host = {};  ///< as Kafka writes it, "/127.0.0.1"; while handle() runs
  /// Set by a handler that answers later: a PendingAnswer of the response's type.
  std::unique_ptr<Pending> pending = {};
};

// Declares handle() for every API.
#define UVKAFKA_HANDLER(Name) \
  void handle(Context& context, protocol::Name##Request& request, protocol::Name##Response& response);
UVKAFKA_EACH_API(UVKAFKA_HANDLER)
#undef UVKAFKA_HANDLER

/// Leaves an answer that somebody else gives through the Reply. The error of a fault takes the place of its own.
template <class Response>
Reply<Response> answer_later(Context& context) {
  auto answer = std::make_unique<LateAnswer<Response>>(context.reactor, context.fault.reply, context.version);
  Reply<Response> reply = answer->reply();
  context.pending = std::move(answer);
  return reply;
}

/// What a fault makes of the error of a whole request: execute() is not called if the fault says so.
template <class Execute>
Errc unless_fault(const Context& context, Execute execute) {
  const Errc error = context.fault.executes() ? execute() : context.fault.reply;
  return context.fault.reply != Errc::none ? context.fault.reply : error;
}

constexpr int16_t wire_code(Errc code) noexcept { return static_cast<int16_t>(code); }

/// Finds the topic that a request names: by id where the version has ids, else by name.
/// Errors: unknown_topic_id, unknown_topic_or_partition; `topic` is null then.
Errc named_topic(Cluster& cluster, bool by_id, std::string_view name, const Uuid& id, Topic*& topic);

/// Whether this broker may write to the partition. `epoch`: the leader's, as the client knows it; -1: it does not say.
/// Errors: unknown_topic_or_partition, not_leader_or_follower, fenced_leader_epoch, unknown_leader_epoch.
Errc check_leader(const Context& context, const Partition* partition, int32_t epoch);

/// Whether this broker may read from the partition: followers may too. Errors as above.
Errc check_replica(const Context& context, const Partition* partition, int32_t epoch);

Uuid to_uuid(const TopicId& id) noexcept;
TopicId from_uuid(const Uuid& id) noexcept;

/// True if the error is answered with the new leader's name and address (KIP-951).
constexpr bool names_new_leader(Errc code) noexcept {
  return code == Errc::not_leader_or_follower || code == Errc::fenced_leader_epoch;
}

/// Puts the living among these brokers into the answer, with their addresses (KIP-951).
template <class Response>
void name_leaders(Cluster& cluster, const std::set<int32_t>& ids, Response& response) {
  const Brokers& brokers = cluster.brokers();
  for (int32_t id : ids) {
    const BrokerHandle* broker = brokers.alive(id) ? brokers.find(id) : nullptr;
    if (broker == nullptr) continue;
    auto& endpoint = response.node_endpoints.emplace_back();
    endpoint.node_id = id;
    endpoint.host = broker->host();
    endpoint.port = broker->port();
    if (!brokers.rack(id).empty()) endpoint.rack = brokers.rack(id);
  }
}

}  // namespace kafka::devbroker
