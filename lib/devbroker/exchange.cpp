// One request from frame to answer: which API and version, decoding, the fault that it meets, its handler, encoding.
// A request that the broker does not understand closes the connection, as in Kafka.
#include "devbroker/connection.hpp"

#include <algorithm>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "devbroker/denial.hpp"
#include "devbroker/handlers.hpp"
#include "devbroker/mention.hpp"
#include "devbroker/node.hpp"
#include "protocol/api_table.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::devbroker {

namespace {

/// Nothing of the request happens, whatever a fault says of some of it.
void forbid(Errc error, FaultAction& fault) {
  if (error == Errc::none) return;
  fault.reply = error;
  fault.executes_anyway = false;
  fault.topic.reset();
  fault.partition = -1;
}

}  // namespace

void Connection::serve(const Arrived& arrived) {
  if (login_.takes_raw_tokens()) return take_raw_token(arrived.frame.view());
  codec::Reader reader(arrived.frame);
  const protocol::RequestHeader header = protocol::read_request_header(reader);
  if (reader.failed()) return close();
  Cluster& cluster = node_.cluster();
  const ApiKey api = header.api;
  cluster.requests().note({.broker = node_.id(),
                           .api = api,
                           .version = header.version,
                           .correlation_id = header.correlation_id,
                           .connection = number_,
                           .client_id = header.client_id.value_or(""),
                           .at = std::chrono::duration_cast<std::chrono::nanoseconds>(arrived.at.time_since_epoch())});
  const Profile& profile = cluster.releases().profile(node_.id());
  const auto admission = login_.admit(header, profile);
  if (admission == SaslSession::Admission::closed) return close();
  last_ = admission == SaslSession::Admission::refused;
  // A release without ApiVersions does here what it does with every API that it does not know.
  const auto range = profile.find(api);
  if (!range) return profile.drops_unknown ? finished() : close();
  if (header.version < range->served.min || header.version > range->served.max) {
    return api == ApiKey::api_versions ? refuse_api_versions(header) : close();
  }
#define UVKAFKA_CASE(Name)                        \
  case protocol::key_of<protocol::Name##Request>: \
    return run<protocol::Name##Request>(header, reader);
  switch (api) {
    UVKAFKA_EACH_API(UVKAFKA_CASE)
    default:
      return close();
  }
#undef UVKAFKA_CASE
}

template <class Request>
void Connection::run(const protocol::RequestHeader& header, codec::Reader& reader) {
  Request request;
  if (protocol::decode(reader, header.version, request)) return close();
  protocol::ResponseOf<Request> response;
  if (last_) {
    // Amid a login, Kafka answers any other request with what its answer says of an error as a whole.
    if constexpr (requires { response.error_code; }) response.error_code = wire_code(Errc::illegal_sasl_state);
    return respond<Request>(header, {}, response);
  }

  Cluster& cluster = node_.cluster();
  FaultAction fault;
  if (!cluster.faults().empty()) {
    auto names = [&](const std::string& topic, int32_t partition) {
      return Mention{cluster, node_.id(), topic, partition}.in(request);
    };
    cluster.faults().match(header.api, node_.id(), header.client_id.value_or(""), names, fault);
  }
  const bool denied = cluster.security().accounts().is_denied(login_.user());
  if (denied) forbid(denial(request), fault);
  if (header.version >= protocol::throttles_client_from(header.api)) {
    mute_ = std::chrono::milliseconds(std::max(fault.throttle_ms, 0));
  }
  if (fault.close_before) return close_after(fault.delay);
  if (fault.swallow) return;  // the connection stays busy

  const std::string client_id = header.client_id.value_or("");
  Context context{.cluster = cluster,
                  .reactor = node_.reactor(),
                  .login = login_,
                  .broker = node_.id(),
                  .version = header.version,
                  .fault = fault,
                  .client_id = client_id,
                  .client_host = client_host_};
  handle(context, request, response);
  if (denied) conceal(request, header.version, response);
  if (context.pending != nullptr) {
    pending_ = std::move(context.pending);
    pending_->on_finished([this, header, fault] {
      auto late = std::move(dynamic_cast<PendingAnswer<protocol::ResponseOf<Request>>&>(*pending_).response);
      pending_.reset();
      respond<Request>(header, fault, late);
    });
    return;
  }
  if (context.close) return close_after(fault.delay);
  last_ = context.last;
  bound_frames();
  if (!context.answer) return fault.close_after ? close_after(fault.delay) : finished();
  respond<Request>(header, fault, response);
}

template <class Request>
void Connection::respond(const protocol::RequestHeader& header, const FaultAction& fault,
                         protocol::ResponseOf<Request>& response) {
  if constexpr (requires { response.throttle_time_ms; }) response.throttle_time_ms = fault.throttle_ms;
  if (fault.close_after) return close_after(fault.delay);
  if (fault.drop_response) return;  // the connection stays busy
  node_.cluster().faults().distort(node_.id(), header.api, header.version, &response);
  codec::Writer writer;
  protocol::begin_response(writer, header.api, header.version, header.correlation_id);
  if (protocol::encode(response, header.version, writer)) return close();
  send(protocol::end_frame(writer), fault);
}

void Connection::take_raw_token(std::string_view token) {
  const Verdict verdict = login_.take(token, node_.cluster().releases().profile(node_.id()));
  if (verdict.kind == Verdict::Kind::refused) return close();
  bound_frames();
  codec::Writer writer;
  writer.reserve_length();
  writer.raw(verdict.token);
  send(protocol::end_frame(writer), {});
}

/// Answers a version of ApiVersions that is not served: the error in version 0, which every client can read.
void Connection::refuse_api_versions(const protocol::RequestHeader& header) {
  protocol::ApiVersionsResponse response;
  response.error_code = wire_code(Errc::unsupported_version);
  const Profile& profile = node_.cluster().releases().profile(node_.id());
  const auto range = profile.find(ApiKey::api_versions);
  if (profile.lists_on_refusal) {
    auto& api = response.api_keys.emplace_back();
    api.api_key = static_cast<int16_t>(range->api);
    api.min_version = range->advertised_min;
    api.max_version = range->served.max;
  }
  protocol::RequestHeader oldest = header;
  oldest.version = 0;
  respond<protocol::ApiVersionsRequest>(oldest, {}, response);
}

}  // namespace kafka::devbroker
