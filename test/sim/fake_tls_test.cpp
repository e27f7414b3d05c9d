// The contract of the reactor seam on streams of fake TLS: what carries the bytes of random runs is no worse than the
// real one.
#include "fake_tls.hpp"

#include "catch.hpp"
#include "secure_reactor.hpp"
#include "sim_rig.hpp"

namespace kafka::test {

struct ContractRig : SimRig {
  ContractRig() {
    tls->on_disorder = [](const std::string& what) { FAIL(what); };
  }

  std::shared_ptr<sim::FakeTls> tls = std::make_shared<sim::FakeTls>(1);
  SecureReactor from{world.node("client"), tls, "localhost"};
  SecureReactor to{world.node("server", server_ip()), tls, "localhost"};

  net::Reactor& client() { return from; }
  net::Reactor& server() { return to; }
};

}  // namespace kafka::test

#include "reactor_contract.hpp"

namespace kafka::test {
TEST_CASE("an alert ends both sides, and only once both have read something") {
  sim::FakeTls tls(7, {.alerts_per_mille = 1000});
  SimRig rig;
  auto shared = std::shared_ptr<const net::TlsContext>(std::shared_ptr<void>(), &tls);
  SecureReactor from(rig.world.node("client"), shared, "localhost"),
      to(rig.world.node("server", rig.server_ip()), shared, "localhost");
  End client, server;
  Error error;
  const auto listener = to.listen(
      {rig.server_ip(), 0},
      [&](std::unique_ptr<Stream> stream, StreamHandler*& handler) {
        server.stream = std::move(stream);
        handler = &server;
      },
      error);
  client.stream = from.connect(listener->local(), client);
  server.when_read = [&] { server.write("answer"); };
  REQUIRE(rig.run_until([&] { return client.connected == 1; }));
  client.write("question");
  REQUIRE(rig.run_until([&] { return client.received == "answer"; }));
  client.write("another");
  REQUIRE(rig.run_until([&] { return client.closed == 1 && server.closed == 1; }));
  CHECK(server.received == "question");
  CHECK(client.error.code() == Errc::protocol_error);
  CHECK(server.error.code() == Errc::protocol_error);
}

TEST_CASE("records that are doubled, exchanged or changed are noticed, and a tap reads what is in them") {
  sim::FakeTls tls(7, {.tickets_percent = 0});
  std::string disorder;
  tls.on_disorder = [&](const std::string& what) { disorder = what; };
  const auto from = tls.client("", 0), to = tls.server(0);
  const auto carry = [](net::TlsEngine& source, net::TlsEngine& target) {
    const std::string bytes(source.take_output().view());
    target.feed(bytes);
    target.handshake();
    return bytes;
  };
  from->handshake();
  carry(*from, *to);
  carry(*to, *from);
  carry(*from, *to);
  sim::FakeTlsTap tap;
  from->seal("first");
  const std::string first(from->take_output().view());
  from->seal("second");
  const std::string second(from->take_output().view());
  CHECK(tap.open(first.substr(0, 3)).empty());
  CHECK(tap.open(first.substr(3) + second) == "firstsecond");
  char buffer[100];
  size_t count = 0;
  std::string wrong = GENERATE_COPY(first + first, second, [&] {
    std::string changed = first;
    changed.back() ^= 1;
    return changed;
  }());
  to->feed(wrong);
  CHECK(to->read(buffer, count) == net::TlsEngine::Step::failed);
  CHECK_FALSE(disorder.empty());
}

}  // namespace kafka::test
