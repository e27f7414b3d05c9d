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

namespace kafka::protocol {
struct ApiVersionsRequest;
struct ApiVersionsResponse;
struct FindCoordinatorRequest;
struct FindCoordinatorResponse;
struct InitProducerIdRequest;
struct InitProducerIdResponse;
struct ListOffsetsRequest;
struct ListOffsetsResponse;
struct MetadataRequest;
struct MetadataResponse;
struct OffsetCommitRequest;
struct OffsetCommitResponse;
struct OffsetFetchRequest;
struct OffsetFetchResponse;
struct OffsetForLeaderEpochRequest;
struct OffsetForLeaderEpochResponse;
struct ProduceRequest;
struct ProduceResponse;
}  // namespace kafka::protocol

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

void handle(Context& context, const protocol::ApiVersionsRequest& request, protocol::ApiVersionsResponse& response);
void handle(Context& context, const protocol::FindCoordinatorRequest& request,
            protocol::FindCoordinatorResponse& response);
void handle(Context& context, const protocol::InitProducerIdRequest& request,
            protocol::InitProducerIdResponse& response);
void handle(Context& context, const protocol::ListOffsetsRequest& request, protocol::ListOffsetsResponse& response);
void handle(Context& context, const protocol::MetadataRequest& request, protocol::MetadataResponse& response);
void handle(Context& context, const protocol::OffsetCommitRequest& request, protocol::OffsetCommitResponse& response);
void handle(Context& context, const protocol::OffsetFetchRequest& request, protocol::OffsetFetchResponse& response);
void handle(Context& context, const protocol::OffsetForLeaderEpochRequest& request,
            protocol::OffsetForLeaderEpochResponse& response);
void handle(Context& context, protocol::ProduceRequest& request, protocol::ProduceResponse& response);

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
