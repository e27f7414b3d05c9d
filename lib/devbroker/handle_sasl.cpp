// SaslHandshake (key 17) and SaslAuthenticate (key 36): nobody logs in here. A real broker answers so on a plaintext
// listener, though it names both in ApiVersions.
#include "devbroker/handlers.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::SaslHandshakeRequest&, protocol::SaslHandshakeResponse& response) {
  response.error_code = wire_code(unless_fault(context, [] { return Errc::illegal_sasl_state; }));
}

void handle(Context& context, protocol::SaslAuthenticateRequest&, protocol::SaslAuthenticateResponse& response) {
  response.error_code = wire_code(unless_fault(context, [] { return Errc::illegal_sasl_state; }));
  response.error_message = "SaslAuthenticate request received after successful authentication";
}

}  // namespace kafka::devbroker
