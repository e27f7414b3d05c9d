// The Kerberos tickets of a session: when they are got, who waits for them, and what does not wait for a call that
// blocks. Not here: the messages of GSSAPI (unit/auth).
#include "session/tickets.hpp"

#include "played_kerberos.hpp"
#include "scratch_folder.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

constexpr Errc kNoTicket = Errc::sasl_authentication_failed;

// Counts what it is asked.
struct PlayedKerberos final : auth::Kerberos {
  Error log_in(std::chrono::nanoseconds& lives) override {
    ++logins;
    lives = life;
    return login_error;
  }
  Error begin(const std::string& host, std::unique_ptr<auth::SecurityContext>& context) override {
    begun += host + " ";
    if (begin_error) return begin_error;
    auto made = std::make_unique<test::PlayedContext>();
    made->name = "login " + std::to_string(logins);
    context = std::move(made);
    return {};
  }
  int logins = 0;
  std::chrono::nanoseconds life = 1000s;
  std::string begun;
  Error login_error, begin_error;
};

struct TicketRig {
  struct Answer {
    std::unique_ptr<auth::TicketSource::Request> request;
    int calls = 0;
    std::string name;
    Error error;
  };
  std::shared_ptr<Answer> ask(const std::string& host, session::Tickets& of) {
    auto answer = std::make_shared<Answer>();  // keeps itself while it is asked
    answer->request = of.get(host, [answer](std::unique_ptr<auth::SecurityContext> context, const Error& error) {
      ++answer->calls;
      if (context != nullptr) answer->name = context->principal();
      answer->error = error;
      answer->request.reset();
    });
    return answer;
  }
  std::shared_ptr<Answer> ask(const std::string& host) { return ask(host, *tickets); }
  // To its end.
  std::shared_ptr<Answer> answer(const std::string& host) {
    auto asked = ask(host);
    CHECK(asked->calls == 0);
    CHECK(world.run_until([&] { return asked->calls == 1; }, 1min));
    return asked;
  }

  SimWorld world{1};
  net::Reactor& reactor = world.node("client");
  net::WorkLine line;
  std::shared_ptr<PlayedKerberos> kerberos = std::make_shared<PlayedKerberos>();
  std::unique_ptr<session::Tickets> tickets = std::make_unique<session::Tickets>(reactor, line, kerberos, 60s);
};

// A session that logs in by a keytab without keys. It takes Kerberos 27 s to say so.
struct SlowKdcRig {
  explicit SlowKdcRig(std::chrono::milliseconds api_timeout = 60s) {
    client.world.set_latency(1ms, 1ms);
    client.world.set_work_time(SimClient::kHost, 27s);
    SessionOptions options;
    options.bootstrap_servers = broker.address();
    options.default_api_timeout = api_timeout;
    options.security_protocol = SecurityProtocol::sasl_plaintext;
    options.sasl_mechanism = SaslMechanism::gssapi;
    options.sasl_kerberos_principal = "alice@REALM.INVALID";
    options.sasl_kerberos_keytab = folder.write("keytab", "\x05\x02");
    client.open(options);
    REQUIRE_FALSE(client.session->error());
  }
  Outcome<ClusterMetadata>& ask() {
    client->cluster(outcome.take());
    REQUIRE(client.until([&] { return client.world.running_calls(SimClient::kHost) == 1; }, 1s));
    return outcome;
  }

  const test::ScratchFolder folder;
  SimClient client{1};
  ScriptedBroker broker{client.world, "broker-1", "10.1.0.1"};
  Outcome<ClusterMetadata> outcome;
};

}  // namespace

TEST_CASE("tickets serve all logins of a session, and are replaced by the first login behind 80 % of their life") {
  TicketRig rig;
  for (const char* host : {"a", "b", "c"}) CHECK(rig.answer(host)->name == "login 1");
  CHECK(rig.kerberos->begun == "a b c ");
  rig.world.run_for(790s);
  CHECK(rig.answer("d")->name == "login 1");
  rig.world.run_for(20s);
  CHECK(rig.answer("e")->name == "login 2");
  rig.world.run_for(100h);  // no timer asks
  CHECK(rig.kerberos->logins == 2);
  CHECK(rig.answer("f")->name == "login 3");
}

TEST_CASE("tickets are replaced at most every sasl.kerberos.min.time.before.relogin") {
  TicketRig rig;
  rig.kerberos->life = 10s;
  CHECK(rig.answer("a")->name == "login 1");
  rig.world.run_for(9s);  // they still hold
  CHECK(rig.answer("a")->name == "login 1");
  rig.world.run_for(9s);
  const auto early = rig.answer("a");
  CHECK(early->error == Errc::connect_failed);
  CHECK_THAT(early->error.message(), Contains("have run out") && Contains("60000 ms"));
  rig.world.run_for(50s);
  CHECK(rig.answer("a")->name == "login 2");
}

TEST_CASE("while tickets hold, a failure to replace them changes nothing; without them all who wait hear of it") {
  TicketRig rig;
  rig.kerberos->login_error = Error(kNoTicket, "no key");
  rig.world.set_work_time("client", 2s);
  std::vector<std::shared_ptr<TicketRig::Answer>> asked;
  for (const char* host : {"a", "b", "c"}) asked.push_back(rig.ask(host));
  rig.world.run_for(3s);
  for (const auto& each : asked) {
    CHECK(each->calls == 1);
    CHECK(each->error == kNoTicket);
  }
  CHECK(rig.kerberos->logins == 1);  // for all of them
  CHECK(rig.kerberos->begun.empty());
  rig.kerberos->login_error = {};
  CHECK(rig.answer("a")->name == "login 2");
  rig.kerberos->login_error = Error(kNoTicket, "no key");
  rig.world.run_for(900s);
  CHECK(rig.answer("a")->name == "login 3");
  rig.world.run_for(200s);
  CHECK(rig.answer("a")->error == kNoTicket);
}

TEST_CASE("what one broker is refused concerns no other") {
  TicketRig rig;
  rig.kerberos->begin_error = Error(kNoTicket, "unknown service");
  rig.world.set_work_time("client", 1s);
  const auto first = rig.ask("a"), second = rig.ask("b");
  rig.world.run_for(1500ms);
  CHECK(first->error == kNoTicket);
  CHECK(second->calls == 0);
  rig.kerberos->begin_error = {};
  rig.world.run_for(1s);
  CHECK(second->name == "login 1");
}

TEST_CASE("a question that is dropped is not asked, and one that is under way is not waited for") {
  TicketRig rig;
  rig.world.set_work_time("client", 30s);
  const auto first = rig.ask("a"), second = rig.ask("b"), third = rig.ask("c");
  second->request.reset();
  first->request.reset();
  CHECK(rig.world.run_until([&] { return third->calls == 1; }, 2min));
  CHECK(first->calls + second->calls == 0);
  CHECK(rig.kerberos->begun == "a c ");  // the call of the first had begun
  const auto last = rig.ask("d");
  rig.tickets.reset();
  rig.world.run_for(1min);
  CHECK(last->calls == 0);
  CHECK(rig.kerberos->begun == "a c d ");
  CHECK(rig.kerberos.use_count() == 1);
}

TEST_CASE("one call of the process is under way, whatever sessions ask; those that wait hold no thread") {
  TicketRig rig;
  rig.world.node("other");
  for (const char* host : {"client", "other"}) rig.world.set_work_time(host, 10s);
  session::Tickets others(rig.world.node("other"), rig.line, rig.kerberos, 60s);
  std::vector<std::shared_ptr<TicketRig::Answer>> asked;
  for (const char* host : {"a", "b"}) {
    asked.push_back(rig.ask(host));
    asked.push_back(rig.ask(host, others));
  }
  for (size_t done = 0; done < asked.size(); ++done) {
    CHECK(rig.world.running_calls("client") + rig.world.running_calls("other") == 1);
    rig.world.run_for(10001ms);
    CHECK(std::count_if(asked.begin(), asked.end(), [](const auto& each) { return each->calls == 1; }) ==
          static_cast<std::ptrdiff_t>(done + 1));
  }
}

TEST_CASE("close() and the end of a session do not wait for a call of Kerberos") {
  if (!auth::kerberos_available()) return;
  SlowKdcRig rig;
  SimClient& client = rig.client;
  Outcome<ClusterMetadata>& outcome = rig.ask();
  SECTION("it fails: that is a refused login") {
    REQUIRE(client.until([&] { return outcome.calls == 1; }, 28s));
    CHECK(outcome.error == kNoTicket);
    CHECK_THAT(outcome.error.message(), Contains("alice@REALM.INVALID") && Contains("sasl.kerberos.keytab"));
    CHECK(client->set_credentials("a", Secret("b")) == Errc::wrong_state);
    return client.close(1s);
  }
  SECTION("close()") { client.close(1s); }
  SECTION("without close()") { client.session.reset(); }
  CHECK(client.world.running_calls(SimClient::kHost) == 1);
  client.run(30s);
  CHECK(client.world.running_calls(SimClient::kHost) == 0);
}

TEST_CASE("a call whose time is up while Kerberos is asked says so") {
  if (!auth::kerberos_available()) return;
  SlowKdcRig rig(5s);
  Outcome<ClusterMetadata>& outcome = rig.ask();
  rig.client.run(1s);
  CHECK(rig.client->stats().brokers.at(0).waits_for == "tickets of Kerberos, for the login");
  REQUIRE(rig.client.until([&] { return outcome.calls == 1; }, 6s));
  CHECK(outcome.error == Errc::timed_out);
  CHECK_THAT(outcome.error.message(), Contains("it waits for tickets of Kerberos"));
  rig.client.close(1s);
  rig.client.run(30s);
}
