// FindCoordinator (key 10): which broker coordinates a group or a transaction.
#include "devbroker/handlers.hpp"
#include "protocol/find_coordinator.hpp"

namespace kafka::devbroker {

namespace {

constexpr int8_t kHighestKeyType = 2;  // group, transaction, share

struct Found {
  Errc error = Errc::none;
  std::string message = {};
  int32_t node = -1;
  std::string host = {};
  int32_t port = -1;
};

Found find(Context& context, int8_t key_type, std::string_view key) {
  if (context.fault.reply != Errc::none)
    return {context.fault.reply, std::string(Error(context.fault.reply).message())};
  if (key_type < 0 || key_type > kHighestKeyType) return {Errc::invalid_request, "unknown kind of coordinator"};
  const int32_t id = context.cluster.coordinators().of(key);
  const BrokerHandle* broker = context.cluster.brokers().find(id);
  if (broker == nullptr) return {Errc::coordinator_not_available, "no broker is alive"};
  return {Errc::none, "", id, broker->host(), broker->port()};
}

}  // namespace

void handle(Context& context, protocol::FindCoordinatorRequest& request, protocol::FindCoordinatorResponse& response) {
  if (context.version < protocol::FindCoordinatorRequest::kManyKeysFrom) {
    const Found found = find(context, request.key_type, request.key);
    response.error_code = wire_code(found.error);
    response.error_message = found.error == Errc::none ? "NONE" : found.message;
    response.node_id = found.node;
    response.host = found.host;
    response.port = found.port;
    return;
  }
  for (const auto& key : request.coordinator_keys) {
    const Found found = find(context, request.key_type, key);
    auto& out = response.coordinators.emplace_back();
    out.key = key;
    out.error_code = wire_code(found.error);
    out.error_message = found.message;
    out.node_id = found.node;
    out.host = found.host;
    out.port = found.port;
  }
}

}  // namespace kafka::devbroker
