// The contract of the reactor seam on streams of TLS, over the simulated network: reads are cut at random, and both
// ends have OpenSSL's engine. Signatures differ from run to run, so these runs are not repeated to the byte.
#include "net/tls_settings.hpp"
#include "secure_reactor.hpp"
#include "sim_rig.hpp"
#include "tls/certificates.hpp"

namespace kafka::test {

struct ContractRig : SimRig {
  static std::shared_ptr<const net::TlsContext> context() {
    static const auto made = [] {
      const Authority authority("authority");
      const Identity identity = authority.issue({.from_day = -3000, .to_day = 3000});
      net::TlsSettings settings;
      settings.trust.pem = authority.certificate();
      settings.identity.certificate_pem = identity.certificate;
      settings.identity.key_pem = Secret(identity.key);
      Error error;
      return net::make_tls_context(settings, error);
    }();
    return made;
  }

  SecureReactor from{world.node("client"), context(), "localhost"};
  SecureReactor to{world.node("server", server_ip()), context(), "localhost"};

  net::Reactor& client() { return from; }
  net::Reactor& server() { return to; }
};

}  // namespace kafka::test

#include "reactor_contract.hpp"

namespace kafka::test {
namespace {

// A server without TLS: `to` becomes its end of the connection.
std::unique_ptr<Listener> listen_plain(ContractRig& rig, End& to) {
  Error error;
  auto listener = rig.world.node("server").listen(
      {rig.server_ip(), 0},
      [&to](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
        to.stream = std::move(stream);
        handler = &to;
      },
      error);
  CHECK_FALSE(error);
  return listener;
}

}  // namespace

TEST_CASE("H4: a stream of TLS that speaks to plaintext ends, and asks whether the port speaks it") {
  ContractRig rig;
  End plain, secure;
  const auto listener = listen_plain(rig, plain);
  plain.when_read = [&] { plain.write("HTTP/1.1 400 Bad Request\r\n\r\n"); };
  secure.stream = rig.client().connect(listener->local(), secure);
  CHECK(rig.run_until([&] { return secure.closed == 1; }));
  CHECK(secure.connected == 0);
  CHECK(secure.error.code() == Errc::ssl_error);
  CHECK_THAT(secure.error.message(), Catch::Matchers::Contains("does the port speak plaintext?"));
}

TEST_CASE("H5: a peer that ends in the middle of the handshake, or is silent, is no refusal of TLS") {
  ContractRig rig;
  End plain, secure;
  const auto listener = listen_plain(rig, plain);
  secure.stream = rig.client().connect(listener->local(), secure);
  CHECK(rig.run_until([&] { return !plain.received.empty(); }));
  CHECK(secure.stream->securing());
  plain.stream.reset();
  CHECK(rig.run_until([&] { return secure.closed == 1; }));
  CHECK(secure.error.code() == Errc::disconnected);
  CHECK_THAT(secure.error.message(), Catch::Matchers::Contains("closed during the TLS handshake"));
}

TEST_CASE("H5: the end of the connection is told behind what came before it, also while reading is off") {
  ContractRig rig;
  Pair pair(rig);
  pair.establish();
  pair.client.room = 3;
  pair.client.when_read = [&] { pair.client.stream->set_reading(false); };
  pair.server.write("abcdef");
  CHECK(rig.run_until([&] { return pair.client.received == "abc"; }));
  pair.server.stream.reset();
  rig.run_for(milliseconds(100));
  CHECK(pair.client.closed == 0);
  pair.client.when_read = nullptr;
  pair.client.stream->set_reading(true);
  CHECK(rig.run_until([&] { return pair.client.closed == 1; }));
  CHECK(pair.client.received == "abcdef");
  CHECK(pair.client.error.code() == Errc::disconnected);
}

}  // namespace kafka::test
