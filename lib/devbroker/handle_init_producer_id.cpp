// InitProducerId (key 22): an id and an epoch for a producer.
#include "devbroker/handlers.hpp"
#include "protocol/init_producer_id.hpp"

namespace kafka::devbroker {

namespace {

Errc init(Context& context, const protocol::InitProducerIdRequest& request, ProducerIdentity& out) {
  const ProducerIdentity known{request.producer_id, request.producer_epoch};
  if ((known.id == -1) != (known.epoch == -1)) return Errc::invalid_request;
  if (!request.transactional_id) {
    out = context.cluster.producer_ids().create();
    return Errc::none;
  }
  const std::string& name = *request.transactional_id;
  if (name.empty()) return Errc::invalid_request;
  if (context.cluster.coordinators().of(name) != context.broker) return Errc::not_coordinator;
  if (request.transaction_timeout_ms <= 0) return Errc::invalid_transaction_timeout;
  return context.cluster.producer_ids().init(name, known, out);
}

}  // namespace

void handle(Context& context, protocol::InitProducerIdRequest& request, protocol::InitProducerIdResponse& response) {
  ProducerIdentity identity;
  Errc error = context.fault.reply;
  if (error == Errc::none || context.fault.executes()) {
    const Errc code = init(context, request, identity);
    if (error == Errc::none) error = code;
  }
  if (error == Errc::producer_fenced && context.version < protocol::InitProducerIdRequest::kFencedFrom)
    error = Errc::invalid_producer_epoch;
  response.error_code = wire_code(error);
  if (error != Errc::none) {
    response.producer_epoch = -1;
    return;
  }
  response.producer_id = identity.id;
  response.producer_epoch = identity.epoch;
}

}  // namespace kafka::devbroker
