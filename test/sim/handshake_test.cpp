// ApiVersions on one connection: which version is asked for, and what the connection does with the answer, or without
// one.
// Not here: what follows for the next connection (link_test.cpp), brokers of that age (old_brokers_test.cpp).
#include "connection_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using Catch::Matchers::Contains;

namespace {

// Asks ListGroups so many times, one after the other, and then passes. Notes what it is told.
class AskingStep final : public HandshakeStep {
 public:
  AskingStep(std::string name, int questions, std::vector<std::string>& log)
      : name_(std::move(name)), left_(questions), log_(log) {}
  void start(Handshake& handshake) override {
    log_.push_back(name_ + " starts for " + handshake.peer().host);
    ask(handshake);
  }
  void on_frame(Handshake& handshake, Bytes) override {
    log_.push_back(name_ + " is answered");
    if (--left_ == 0) return handshake.pass();
    ask(handshake);
  }
  std::string_view waits_for() const override { return name_; }

 private:
  void ask(Handshake& handshake) {
    codec::Writer writer;
    protocol::begin_request(writer, ApiKey::list_groups, 0, handshake.next_id(), handshake.peer().client_id);
    handshake.write(protocol::end_frame(writer));
  }

  std::string name_;
  int left_;
  std::vector<std::string>& log_;
};

// Fails for good when it starts.
class RefusingStep final : public HandshakeStep {
 public:
  void start(Handshake& handshake) override {
    handshake.fail_for_good(Error(Errc::sasl_authentication_failed, "no"));
    handshake.pass();  // too late
  }
  void on_frame(Handshake&, Bytes) override {}
  std::string_view waits_for() const override { return "nothing"; }
};

// Answers ListGroups with nothing but the correlation id.
void answer_groups(ConnectionFixture& fixture) {
  fixture.server.on_request = [](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::list_groups) return false;
    std::string frame(8, '\0');
    frame[3] = 4;
    frame[7] = static_cast<char>(header.correlation_id);
    peer.raw(frame);
    return true;
  };
}

}  // namespace

TEST_CASE("the steps of a handshake run one after the other, each with its own frames, and know the host's name") {
  ConnectionFixture fixture;
  std::vector<std::string> log;
  answer_groups(fixture);
  fixture.more_steps.push_back(std::make_unique<AskingStep>("first", 2, log));
  fixture.more_steps.push_back(std::make_unique<AskingStep>("second", 1, log));
  fixture.establish();
  CHECK(log == std::vector<std::string>{"first starts for server", "first is answered", "first is answered",
                                        "second starts for server", "second is answered"});
  const auto answer = fixture.ask();
  REQUIRE(fixture.until([&] { return answer->calls == 1; }, 1s));
  CHECK_FALSE(answer->error);
  CHECK(answer->info.version == 12);
}

TEST_CASE("a step that is not answered ends with the setup timeout, which says what it waited for") {
  ConnectionFixture fixture;
  std::vector<std::string> log;
  fixture.server.on_request = [](ScriptedBroker::Connection&, const RequestHeader& header, codec::Reader&) {
    return header.api == ApiKey::list_groups;
  };
  fixture.more_steps.push_back(std::make_unique<AskingStep>("the first step", 1, log));
  fixture.open(3s);
  CHECK(fixture.until_ended(4s));
  CHECK(fixture.error.code() == Errc::timed_out);
  CHECK_THAT(fixture.error.message(), Contains("no answer to the first step"));
  CHECK(fixture.connection->setup_failure().next == SetupFailure::Next::try_next_address);
}

TEST_CASE("a peer that closes in a later step is no broker before 0.10") {
  ConnectionFixture fixture;
  std::vector<std::string> log;
  fixture.server.on_request = [](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api == ApiKey::list_groups) peer.close();
    return header.api == ApiKey::list_groups;
  };
  fixture.more_steps.push_back(std::make_unique<AskingStep>("first", 1, log));
  fixture.open();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.error.code() == Errc::disconnected);
  CHECK(fixture.connection->setup_failure().next == SetupFailure::Next::try_next_address);
  CHECK_FALSE(fixture.age.may_be_old());
}

TEST_CASE("a step that fails for good ends the connection with its error, and no later step runs") {
  ConnectionFixture fixture;
  std::vector<std::string> log;
  fixture.more_steps.push_back(std::make_unique<RefusingStep>());
  fixture.more_steps.push_back(std::make_unique<AskingStep>("second", 1, log));
  fixture.open();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.ready == 0);
  CHECK(log.empty());
  CHECK(fixture.error.code() == Errc::sasl_authentication_failed);
  CHECK(fixture.connection->setup_failure().next == SetupFailure::Next::give_up);
}

TEST_CASE("A10: ApiVersions is asked in the version that a refusal offers, if that is lower") {
  ConnectionFixture fixture;
  std::vector<int16_t> asked;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::api_versions) return false;
    asked.push_back(header.version);
    if (header.version <= 2) return false;
    protocol::ApiVersionsResponse refusal;
    refusal.error_code = static_cast<int16_t>(Errc::unsupported_version);
    refusal.api_keys.push_back({static_cast<int16_t>(ApiKey::api_versions), 0, 2});
    RequestHeader as_zero = header;
    as_zero.version = 0;
    peer.answer(as_zero, refusal);
    return true;
  };
  fixture.establish();
  CHECK(asked == std::vector<int16_t>{4, 2});
}

TEST_CASE("A10: a refusal of ApiVersions that offers nothing lower fails the connection and never loops") {
  const int16_t offered = GENERATE(as<int16_t>{}, -1, 4, 5, 32767, 3);
  ConnectionFixture fixture;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    protocol::ApiVersionsResponse refusal;
    refusal.error_code = static_cast<int16_t>(Errc::unsupported_version);
    refusal.api_keys.push_back({static_cast<int16_t>(ApiKey::api_versions), 0, offered});
    RequestHeader as_zero = header;
    as_zero.version = 0;
    peer.answer(as_zero, refusal);
    return true;
  };
  fixture.open();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.ready == 0);
  CHECK(fixture.error.code() == Errc::protocol_error);
  CHECK_THAT(fixture.error.message(), Contains("ApiVersions"));
  CHECK(fixture.server.seen.size() == (offered == 3 ? 2u : 1u));
  CHECK_FALSE(fixture.refused_versions());
}

TEST_CASE("A10: a refusal without an offer means version 0, and a refused version 0 is the end") {
  ConnectionFixture fixture;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    protocol::ApiVersionsResponse refusal;
    refusal.error_code = static_cast<int16_t>(Errc::unsupported_version);
    RequestHeader as_zero = header;
    as_zero.version = 0;
    peer.answer(as_zero, refusal);
    return true;
  };
  fixture.open();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.error.code() == Errc::protocol_error);
  CHECK(fixture.server.seen.size() == 2);
}

TEST_CASE("A11: a request fails and names its API if the broker lacks the API or gives an impossible range") {
  ConnectionFixture fixture;
  SECTION("missing") {
    std::erase_if(fixture.server.versions.api_keys,
                  [](auto& key) { return key.api_key == static_cast<int16_t>(ApiKey::metadata); });
  }
  SECTION("min > max") {
    for (auto& key : fixture.server.versions.api_keys) {
      if (key.api_key == static_cast<int16_t>(ApiKey::metadata)) key.min_version = 13, key.max_version = 2;
    }
  }
  SECTION("only newer ones") {
    for (auto& key : fixture.server.versions.api_keys) {
      if (key.api_key == static_cast<int16_t>(ApiKey::metadata)) key.min_version = 14, key.max_version = 20;
    }
  }
  SECTION("nothing at all") { fixture.server.versions.api_keys.clear(); }
  fixture.establish();
  const auto answer = fixture.ask();
  CHECK(answer->calls == 0);
  REQUIRE(fixture.until([&] { return answer->calls == 1; }, 1s));
  CHECK(answer->error.code() == Errc::unsupported_version);
  CHECK_THAT(answer->error.message(), Contains("Metadata"));
  CHECK(answer->info.sent == Sent::no);
  CHECK(fixture.ended == 0);
}

TEST_CASE("A12: a peer that closes, or resets, after the whole of ApiVersions counts as one that does not know it") {
  const bool reset = GENERATE(false, true);
  ConnectionFixture fixture;
  bool asked = false;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader&, codec::Reader&) {
    asked = true;
    if (!reset) peer.close();
    return true;
  };
  fixture.open();
  REQUIRE(fixture.until([&] { return asked; }));
  if (reset) fixture.world.reset_connections("client", "server", false);
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.refused_versions());
  CHECK(fixture.error.code() == Errc::disconnected);
}

TEST_CASE("A12: a peer that closes before it has the whole of ApiVersions is just a peer that closes") {
  ConnectionFixture fixture;
  fixture.world.set_window(10);
  fixture.server.on_accept = [&](ScriptedBroker::Connection& peer) { peer.set_reading(false); };
  fixture.open();
  fixture.world.run_for(100ms);
  CHECK(fixture.connection->unwritten() > 0);
  fixture.server.connections.at(0)->close();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.error.code() == Errc::disconnected);
  CHECK_FALSE(fixture.refused_versions());
}

TEST_CASE("A12: a peer that is not asked for versions is spoken to as 0.8.2") {
  ConnectionFixture fixture;
  fixture.peer.dialect = Dialect::old;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    CHECK(header.api == ApiKey::metadata);
    CHECK(header.version == 0);
    peer.answer(header, fixture.server.metadata);
    return true;
  };
  for (auto& topic : fixture.server.metadata.topics) {
    for (auto& partition : topic.partitions) partition.leader_epoch = -1;
  }
  fixture.establish();
  CHECK(fixture.proven == 0);
  const auto answer = fixture.ask();
  REQUIRE(fixture.until([&] { return answer->calls == 1; }));
  CHECK_FALSE(answer->error);
  CHECK(answer->info.version == 0);
  CHECK(fixture.proven == 1);
}

TEST_CASE("A12: a connection that was made to a broker of 0.9 speaks as 0.9, also if that is forgotten meanwhile") {
  ConnectionFixture fixture;
  fixture.peer.dialect = Dialect::old;
  fixture.peer.is_0_9 = GENERATE(true, false);
  fixture.establish();  // the age knows nothing: another connection has broken since
  int16_t version = 0;
  const bool has_groups = !fixture.connection->versions().pick(ApiKey::join_group, version);
  CHECK(has_groups == fixture.peer.is_0_9);
}

TEST_CASE("ApiVersions answered with an error code, or with another correlation id, ends the connection") {
  ConnectionFixture fixture;
  bool wrong_id = false;
  SECTION("error code") {}
  SECTION("correlation id") { wrong_id = true; }
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    protocol::ApiVersionsResponse response = all_versions();
    RequestHeader changed = header;
    if (wrong_id) changed.correlation_id += 1;
    if (!wrong_id) response.error_code = static_cast<int16_t>(Errc::cluster_authorization_failed);
    peer.answer(changed, response);
    return true;
  };
  fixture.open();
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.ready == 0);
  CHECK(fixture.error.code() == (wrong_id ? Errc::protocol_error : Errc::cluster_authorization_failed));
}
