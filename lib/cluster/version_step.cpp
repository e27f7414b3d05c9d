#include "cluster/version_step.hpp"

#include <string>

#include "base/error_table.hpp"
#include "base/version.hpp"
#include "codec/writer.hpp"
#include "protocol/api_table.hpp"
#include "protocol/api_versions.hpp"
#include "protocol/header.hpp"
#include "protocol/message.hpp"

namespace kafka::cluster {
namespace {

constexpr int16_t kNewestApiVersions = protocol::Api<protocol::ApiVersionsRequest>::kRow.versions.max;
constexpr const char* kSoftwareName = "uvkafka";
// After this long a silence behind ApiVersions the second question is asked.
constexpr net::Duration kSilence = std::chrono::milliseconds(500);

}  // namespace

void VersionStep::start(Handshake& handshake) {
  const Dialect dialect = handshake.peer().dialect;
  if (dialect == Dialect::negotiated) return ask(handshake, kNewestApiVersions);
  handshake.settle(protocol::legacy_versions(handshake.peer().is_0_9), dialect);
  handshake.pass();
}

void VersionStep::ask(Handshake& handshake, int16_t version) {
  protocol::ApiVersionsRequest request;
  request.client_software_name = kSoftwareName;
  request.client_software_version = kVersion;
  id_ = handshake.next_id();
  version_ = version;
  codec::Writer writer;
  protocol::begin_request(writer, protocol::ApiKey::api_versions, version, id_, handshake.peer().client_id);
  if (Error error = protocol::encode(request, version, writer)) return handshake.fail(std::move(error));
  handshake.write(protocol::end_frame(writer));
  // A broker that wants a login closes on any other request, and one that is too old for the question takes no login.
  if (handshake.peer().logs_in) return;
  if (handshake.peer().age->may_be_old() && probe_id_ < 0) handshake.wake_at(handshake.reactor().now() + kSilence);
}

// A broker of 0.9 drops ApiVersions, which it does not know, and serves the next request. Every broker answers in
// order. So the second question is one that all of them know, from 0.9 to today, and that changes nothing: ListGroups
// 0.
//   - If its answer comes first, ApiVersions was dropped: the broker is old.
//   - A modern broker that is merely slow answers both, ApiVersions first; the second answer is dropped.
void VersionStep::on_wake(Handshake& handshake) {
  probe_id_ = handshake.next_id();
  codec::Writer writer;
  protocol::begin_request(writer, protocol::ApiKey::list_groups, 0, probe_id_, handshake.peer().client_id);
  handshake.write(protocol::end_frame(writer));
  handshake.expect_late(probe_id_);
}

void VersionStep::on_frame(Handshake& handshake, Bytes frame) {
  codec::Reader reader(std::move(frame));
  const int32_t id = reader.i32();
  if (reader.failed()) return handshake.fail(reader.error());
  if (probe_id_ >= 0 && id == probe_id_) {
    handshake.expect_late(-1);
    handshake.peer().age->showed_0_9(handshake.reactor().now());
    handshake.settle(protocol::legacy_versions(true), Dialect::old);
    return handshake.pass();
  }
  if (id != id_) {
    return handshake.fail(
        Error(Errc::protocol_error, "the answer to ApiVersions has correlation id " + std::to_string(id)));
  }
  answered_ = true;
  take(handshake, reader);
}

void VersionStep::take(Handshake& handshake, codec::Reader& body) {
  // A broker that does not know this version answers with the body of version 0 (KIP-511).
  codec::Reader peek = body;
  const bool refused = peek.i16() == static_cast<int16_t>(Errc::unsupported_version);
  const int16_t version = refused ? int16_t{0} : version_;
  protocol::ApiVersionsResponse response;
  if (Error error = protocol::decode(body, version, response)) return handshake.fail(std::move(error));
  if (version >= protocol::throttles_client_from(protocol::ApiKey::api_versions)) {
    handshake.peer().throttle->ask(handshake.reactor().now(), std::chrono::milliseconds(response.throttle_time_ms));
  }
  if (response.error_code == static_cast<int16_t>(Errc::unsupported_version)) {
    int16_t offered = 0;  // brokers before 2.4 do not say which version they would take
    for (const auto& key : response.api_keys) {
      if (key.api_key == static_cast<int16_t>(protocol::ApiKey::api_versions)) offered = key.max_version;
    }
    if (offered < 0 || offered >= version_) {
      return handshake.fail(Error(Errc::protocol_error, "ApiVersions version " + std::to_string(version_) +
                                                            " is refused, and version " + std::to_string(offered) +
                                                            " is offered"));
    }
    return ask(handshake, offered);
  }
  if (response.error_code != 0) return handshake.fail(broker_error(response.error_code, "ApiVersions"));
  protocol::ApiVersionSet versions;
  for (const auto& key : response.api_keys) {
    versions.set(static_cast<protocol::ApiKey>(key.api_key), key.min_version, key.max_version);
  }
  handshake.peer().age->answered(versions);
  handshake.settle(versions, Dialect::negotiated);
  handshake.pass();
}

// A broker before 0.9 reads ApiVersions and closes. A close before it has the whole question, or in the middle of an
// answer, is an ordinary failure.
SetupFailure VersionStep::on_closed(Handshake& handshake, Error error, bool mid_frame) {
  using Next = SetupFailure::Next;
  if (!written_ || answered_ || mid_frame) return {std::move(error)};
  switch (handshake.peer().age->refused(handshake.reactor().now())) {
    case PeerAge::Refusal::ask_again:
      return {std::move(error), Next::ask_again};
    case PeerAge::Refusal::speak_old:
      return {std::move(error), Next::speak_old};
    case PeerAge::Refusal::none:
      break;
  }
  return {std::move(error)};
}

}  // namespace kafka::cluster
