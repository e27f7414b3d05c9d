// ApiVersions (key 18): which versions of which APIs this broker serves.
#include <algorithm>

#include "devbroker/handlers.hpp"
#include "devbroker/sasl_session.hpp"
#include "protocol/api_versions.hpp"

namespace kafka::devbroker {

namespace {

/// Brokers accept letters and digits as a client's name and version, and inside also - and dots.
bool valid_software(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text.front()) && letter(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '-' || c == '.'; });
}

}  // namespace

void handle(Context& context, protocol::ApiVersionsRequest& request, protocol::ApiVersionsResponse& response) {
  Errc error = context.fault.reply;
  if (error == Errc::none && context.version >= protocol::ApiVersionsRequest::kSoftwareNameFrom &&
      (!valid_software(request.client_software_name) || !valid_software(request.client_software_version))) {
    error = Errc::invalid_request;
  }
  response.error_code = wire_code(error);
  if (error != Errc::none) return;
  context.login.told_versions(context.cluster.releases().profile(context.broker));
  for (const ApiRange& range : context.cluster.releases().profile(context.broker).apis()) {
    auto& api = response.api_keys.emplace_back();
    api.api_key = static_cast<int16_t>(range.api);
    api.min_version = range.advertised_min;
    api.max_version = range.served.max;
  }
}

}  // namespace kafka::devbroker
