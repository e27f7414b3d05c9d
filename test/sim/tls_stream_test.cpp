// The contract of the reactor seam on streams of TLS, over the simulated network: reads are cut at random, and both
// ends have OpenSSL's engine. Signatures differ from run to run, so these runs are not repeated to the byte.
#include "net/tls_settings.hpp"
#include "secure_reactor.hpp"
#include "sim_reactor.hpp"
#include "tls/certificates.hpp"

namespace kafka::test {

struct ContractRig {
  ContractRig() { world.set_slicing(1, 200'000); }

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

  sim::SimWorld world{7};
  SecureReactor from{world.node("client"), context(), "localhost"};
  SecureReactor to{world.node("server", "10.0.0.9"), context(), "localhost"};

  net::Reactor& client() { return from; }
  net::Reactor& server() { return to; }
  std::string server_ip() { return "10.0.0.9"; }
  template <class Done>
  bool run_until(Done done) {
    return world.run_until(std::move(done), std::chrono::seconds(60));
  }
  void run_for(net::Duration time) { world.run_for(time); }
};

}  // namespace kafka::test

#include "reactor_contract.hpp"

namespace kafka::test {

TEST_CASE("H4: a stream of TLS that speaks to plaintext ends, and asks whether the port speaks it") {
  ContractRig rig;
  Error error;
  End plain, secure;
  const auto listener = rig.world.node("server").listen(
      {rig.server_ip(), 0},
      [&](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
        plain.stream = std::move(stream);
        handler = &plain;
      },
      error);
  plain.when_read = [&] { plain.write("HTTP/1.1 400 Bad Request\r\n\r\n"); };
  secure.stream = rig.client().connect(listener->local(), secure);
  CHECK(rig.run_until([&] { return secure.closed == 1; }));
  CHECK(secure.connected == 0);
  CHECK(secure.error.code() == Errc::ssl_error);
  CHECK_THAT(secure.error.message(), Catch::Matchers::Contains("does the port speak plaintext?"));
}

TEST_CASE("H5: a peer that ends in the middle of the handshake, or is silent, is no refusal of TLS") {
  ContractRig rig;
  Error error;
  End plain, secure;
  const auto listener = rig.world.node("server").listen(
      {rig.server_ip(), 0},
      [&](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
        plain.stream = std::move(stream);
        handler = &plain;
      },
      error);
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
