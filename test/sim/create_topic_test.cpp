// Session::create_topic(): who is asked, what is tried again, and what the application hears.
// Not here: what brokers make of the request (test/unit/devbroker).
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

struct Creator : SimClient {
  explicit Creator(devbroker::ClusterOptions cluster = {}, int count = 3)
      : SimClient(1, {.brokers = count, .cluster = std::move(cluster)}) {}

  // One creation to its end.
  Error create(NewTopic topic) {
    std::vector<Error> outcomes;
    (*this)->create_topic(std::move(topic), [&](Error error) { outcomes.push_back(std::move(error)); });
    CHECK(outcomes.empty());  // never inside the call
    REQUIRE(until([&] { return !outcomes.empty(); }));
    run(1s);
    REQUIRE(outcomes.size() == 1);
    return outcomes.front();
  }
  size_t partitions(const std::string& name) {
    const auto* const topic = brokers->cluster().topics().find(name);
    return topic == nullptr ? 0 : topic->partitions.size();
  }
  Fault& on_creation() { return brokers->cluster().faults().add(ApiKey::create_topics); }
};

}  // namespace

TEST_CASE("a topic is created with the numbers that are told, or with the broker's") {
  Creator client({.default_partitions = 4});
  CHECK_FALSE(client.create({"t"}));
  CHECK(client.partitions("t") == 4);
  CHECK_FALSE(client.create({"u", 2, 3}));
  CHECK(client.partitions("u") == 2);
  CHECK(client.brokers->cluster().topics().partition("u", 0)->replicas.size() == 3);
  CHECK(client.brokers->cluster().requests().count(ApiKey::create_topics, 0) == 2);
  client.close();
}

TEST_CASE("a topic that exists, or that no broker would create, is an error with the broker's text") {
  Creator client;
  CHECK_FALSE(client.create({"t"}));
  CHECK(client.create({"t"}) == Errc::topic_already_exists);
  // It is told at once, although more brokers might come.
  const net::Duration before = client.world.elapsed();
  CHECK(client.create({"u", 1, 9}) == Errc::invalid_replication_factor);
  CHECK(client.world.elapsed() - before < 3s);
  client.on_creation().reply(Errc::topic_authorization_failed);
  CHECK_THAT(client.create({"u"}).message(), Contains("topic u"));
  CHECK(client.partitions("u") == 0);
  client.close();
}

TEST_CASE("a creation that makes no sense is refused before anybody is asked") {
  Creator client;
  CHECK(client.create({"a b"}) == Errc::invalid_topic);
  CHECK(client.create({"t", 0}) == Errc::invalid_argument);
  CHECK(client.create({"t", -2}) == Errc::invalid_argument);
  CHECK(client.create({"t", 1, 0}) == Errc::invalid_argument);
  CHECK(client.brokers->cluster().requests().count(ApiKey::create_topics, 0) == 0);
  client.close();
  CHECK(client.create({"t"}) == Errc::closed);
}

TEST_CASE("a creation is tried again where a later attempt may succeed") {
  Creator client;
  client.on_creation().reply(Errc::not_controller).times(2);
  CHECK_FALSE(client.create({"t"}));
  CHECK(client.brokers->cluster().requests().count(ApiKey::create_topics, 0) == 3);
  client.on_creation().close_before();
  CHECK_FALSE(client.create({"u"}));
  client.on_creation().reply(Errc::not_controller).always();
  const net::Duration before = client.world.elapsed();
  CHECK(client.create({"v"}) == Errc::timed_out);
  CHECK(client.world.elapsed() - before < 61s + 1s);  // default_api_timeout
  client.close();
}

TEST_CASE("a topic that an attempt without an answer created is no error for the next attempt") {
  Creator client;
  client.on_creation().close_after();
  CHECK_FALSE(client.create({"t"}));
  client.on_creation().reply_after(Errc::request_timed_out);
  CHECK_FALSE(client.create({"u"}));
  // But one that was refused created nothing.
  client.on_creation().reply(Errc::not_controller);
  CHECK(client.create({"u"}) == Errc::topic_already_exists);
  client.close();
}

TEST_CASE("brokers before 2.4 need numbers, and brokers before 0.10.1 create no topics") {
  const std::string release = GENERATE("0.10", "1.1");
  Creator client;
  REQUIRE_FALSE(client.brokers->cluster().releases().as_version(release));
  CHECK(client.create({"t"}) == Errc::unsupported_feature);
  CHECK(client.create({"t", 3}) == Errc::unsupported_feature);
  CHECK_FALSE(client.create({"t", 3, 1}));
  CHECK(client.partitions("t") == 3);
  client.close();
  Creator older;
  REQUIRE_FALSE(older.brokers->cluster().releases().as_version("0.9"));
  CHECK(older.create({"t", 1, 1}) == Errc::unsupported_feature);
  older.close();
}

TEST_CASE("a session that is closed or destroyed ends a creation that waits") {
  Creator client;
  client.on_creation().swallow();
  std::vector<Error> outcomes;
  client->create_topic({"t"}, [&](Error error) { outcomes.push_back(std::move(error)); });
  client.run(1s);
  CHECK(outcomes.empty());
  client.close();
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front() == Errc::closed);

  Creator destroyed;
  destroyed.on_creation().swallow();
  destroyed->create_topic({"t"}, [&](Error error) { outcomes.push_back(std::move(error)); });
  destroyed.run(1s);
  destroyed.session.reset();
  destroyed.run(1min);
  CHECK(outcomes.size() == 1);
}
