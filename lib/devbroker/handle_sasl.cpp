// SaslHandshake (key 17) and SaslAuthenticate (key 36): the steps of a login. Where nobody has to log in, a real broker
// refuses both, though it names them in ApiVersions.
#include "devbroker/handlers.hpp"
#include "devbroker/sasl_session.hpp"
#include "protocol/sasl_authenticate.hpp"
#include "protocol/sasl_handshake.hpp"

namespace kafka::devbroker {

void handle(Context& context, protocol::SaslHandshakeRequest& request, protocol::SaslHandshakeResponse& response) {
  const Profile& profile = context.cluster.releases().profile(context.broker);
  const Errc error =
      unless_fault(context, [&] { return context.login.begin(request.mechanism, context.version, profile); });
  response.error_code = wire_code(error);
  if (error != Errc::illegal_sasl_state) response.mechanisms = context.cluster.security().mechanisms();
  context.last = error == Errc::unsupported_sasl_mechanism;
  context.close = error == Errc::sasl_authentication_failed && context.fault.reply == Errc::none;
}

void handle(Context& context, protocol::SaslAuthenticateRequest& request,
            protocol::SaslAuthenticateResponse& response) {
  if (!context.login.expects_token()) {
    response.error_code = wire_code(Errc::illegal_sasl_state);
    response.error_message = "SaslAuthenticate request received after successful authentication";
    return;
  }
  const Profile& profile = context.cluster.releases().profile(context.broker);
  Verdict verdict = context.fault.executes() ? context.login.take(request.auth_bytes.view(), profile)
                                             : Verdict::refuse(std::string(Error(context.fault.reply).message()));
  if (verdict.kind != Verdict::Kind::refused && context.fault.reply == Errc::none) {
    response.error_message.reset();
    response.auth_bytes = Bytes::copy(verdict.token);
    if (verdict.kind == Verdict::Kind::accepted) response.session_lifetime_ms = context.login.lifetime_ms();
    return;
  }
  response.error_code =
      wire_code(context.fault.reply != Errc::none ? context.fault.reply : Errc::sasl_authentication_failed);
  response.error_message = verdict.text;
  response.auth_bytes = Bytes::copy("");
  context.last = true;
}

}  // namespace kafka::devbroker
