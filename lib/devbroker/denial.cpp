// Who may not do what, by API (see denial.hpp).
#include "devbroker/denial.hpp"

namespace kafka::devbroker {
namespace {

// What a coordinator coordinates, in FindCoordinator.
constexpr int8_t kTransactionKey = 1;
// What is described, in DescribeConfigs.
constexpr int8_t kTopicResource = 2;

}  // namespace

Errc denial_of(ApiKey api) {
  switch (api) {
    case ApiKey::api_versions:
    case ApiKey::list_groups:
    case ApiKey::sasl_authenticate:
    case ApiKey::sasl_handshake:
      return Errc::none;
    case ApiKey::consumer_group_describe:
    case ApiKey::consumer_group_heartbeat:
    case ApiKey::delete_groups:
    case ApiKey::describe_groups:
    case ApiKey::heartbeat:
    case ApiKey::join_group:
    case ApiKey::leave_group:
    case ApiKey::offset_commit:
    case ApiKey::offset_delete:
    case ApiKey::offset_fetch:
    case ApiKey::sync_group:
      return Errc::group_authorization_failed;
    default:
      return Errc::topic_authorization_failed;
  }
}

Errc denial(const protocol::DescribeConfigsRequest& request) {
  const bool of_topics = request.resources.empty() || request.resources.front().resource_type == kTopicResource;
  return of_topics ? Errc::topic_authorization_failed : Errc::cluster_authorization_failed;
}

Errc denial(const protocol::FindCoordinatorRequest& request) {
  return request.key_type == kTransactionKey ? Errc::transactional_id_authorization_failed
                                             : Errc::group_authorization_failed;
}

Errc denial(const protocol::InitProducerIdRequest& request) {
  return request.transactional_id ? Errc::transactional_id_authorization_failed : Errc::cluster_authorization_failed;
}

void conceal(const protocol::ListGroupsRequest&, int16_t, protocol::ListGroupsResponse& response) {
  response.groups.clear();
}

void conceal(const protocol::MetadataRequest& request, int16_t version, protocol::MetadataResponse& response) {
  const bool all =
      !request.topics || (version < protocol::MetadataRequest::kNullMeansAllFrom && request.topics->empty());
  if (all) response.topics.clear();
}

}  // namespace kafka::devbroker
