// What a user gets who may do nothing: the errors that Kafka's authorizer leads to, request by request.
// Not here: who that is (accounts).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>

#include "protocol/apis.hpp"

namespace kafka::devbroker {

/// The error that stands in the answer at every place. None for requests that everybody may send, and where Kafka
/// leaves out what is forbidden (see conceal()).
Errc denial_of(ApiKey api);

template <class Request>
Errc denial(const Request&) {
  return denial_of(protocol::key_of<Request>);
}
Errc denial(const protocol::DescribeConfigsRequest& request);
Errc denial(const protocol::FindCoordinatorRequest& request);
Errc denial(const protocol::InitProducerIdRequest& request);

/// Takes out of an answer what the user may not know of: groups, and the topics of the cluster where all were asked
/// for.
template <class Request, class Response>
void conceal(const Request&, int16_t, Response&) {}
void conceal(const protocol::ListGroupsRequest& request, int16_t version, protocol::ListGroupsResponse& response);
void conceal(const protocol::MetadataRequest& request, int16_t version, protocol::MetadataResponse& response);

}  // namespace kafka::devbroker
