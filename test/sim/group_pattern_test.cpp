// Members that subscribe to a pattern.
#include "base/regex.hpp"
#include "devbroker/consumer_group.hpp"
#include "devbroker/group_coordinator.hpp"
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

bool has_re2() {
  if (!Regex::built_in()) WARN("skipped: this library was built without RE2");
  return Regex::built_in();
}

/// A member that has subscribed to a pattern and consumes.
SimMember& start(GroupBench& bench, const std::string& name, const char* pattern, ConsumerOptions options) {
  SimMember& member = bench.add(name, std::move(options), TopicPattern(pattern));
  member.consume();
  return member;
}

bool reads(const SimMember& member, std::set<std::string> topics) {
  std::set<std::string> owned;
  for (const SimMember::Place& place : member.owned) owned.insert(place.first);
  return owned == topics;
}

SessionOptions quick() {
  SessionOptions options;
  options.metadata_max_age = 1s;
  return options;
}

}  // namespace

TEST_CASE("A pattern means the topics whose whole name matches, also those that come later") {
  if (!has_re2()) return;
  const ConsumerOptions options = GENERATE(as<ConsumerOptions>{}, member_options(), consumer_protocol_options());
  GroupBench bench(41, {.brokers = 1, .session = quick()});
  for (const char* topic : {"orders-eu", "orders", "my-orders-eu"}) fill(bench.client, topic, 2, 4);
  SimMember& first = start(bench, "a", "orders-.*", options);
  CHECK(bench.until([&] { return reads(first, {"orders-eu"}) && first.got.size() == 8; }));
  SimMember& second = start(bench, "b", "orders-.*", options);
  CHECK(bench.until([&] { return first.owned.size() == 1 && second.owned.size() == 1; }));
  fill(bench.client, "orders-us", 2, 4);
  CHECK(bench.until([&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
  REQUIRE_FALSE(bench.client.brokers->cluster().topics().erase("orders-eu"));
  CHECK(bench.until([&] { return reads(first, {"orders-us"}) && reads(second, {"orders-us"}); }));
  CHECK(bench.disjoint());
}

TEST_CASE(
    "A pattern that nothing matches yet makes a member that owns nothing, and topics of Kafka's own never match") {
  if (!has_re2()) return;
  const ConsumerOptions options = GENERATE(as<ConsumerOptions>{}, member_options(), consumer_protocol_options());
  GroupBench bench(42, {.brokers = 1, .session = quick()});
  fill(bench.client, "__consumer_offsets", 1, 1);
  SimMember& member = start(bench, "a", ".*", options);
  CHECK(bench.until([&] { return member.consumer->group().state == GroupView::State::stable; }));
  CHECK(member.owned.empty());
  fill(bench.client, "t", 2, 4);
  CHECK(bench.until([&] { return member.got.size() == 8; }));
}

TEST_CASE("A member goes from names to a pattern and back") {
  if (!has_re2()) return;
  const ConsumerOptions options = GENERATE(as<ConsumerOptions>{}, member_options(), consumer_protocol_options());
  GroupBench bench(43, {.brokers = 1, .session = quick()});
  for (const char* topic : {"t", "t1", "t2"}) fill(bench.client, topic, 1, 2);
  SimMember& member = bench.start("a", options);
  CHECK(bench.until([&] { return reads(member, {"t"}); }));
  CHECK_FALSE(member.consumer->subscribe(TopicPattern("t[12]")));
  CHECK(bench.until([&] { return reads(member, {"t1", "t2"}); }));
  CHECK_FALSE(member.consumer->subscribe(Topics("t2")));
  CHECK(bench.until([&] { return reads(member, {"t2"}); }));
  CHECK(member.consumer->subscribe(TopicPattern("t[12")) == Errc::invalid_regular_expression);
  bench.run(10s);
  CHECK(reads(member, {"t2"}));
}

TEST_CASE("A coordinator that takes patterns matches them, and its own topics are owned and not read") {
  if (!has_re2()) return;
  const std::string version = GENERATE("3.9", "");
  GroupBench bench(47, {.brokers = 1});
  devbroker::Cluster& cluster = bench.client.brokers->cluster();
  REQUIRE_FALSE(cluster.releases().as_version(version));
  fill(bench.client, "t", 2, 4);
  fill(bench.client, "__consumer_offsets", 4, 1);
  SimMember& a = start(bench, "a", ".*", consumer_protocol_options());
  CHECK(bench.until([&] { return a.owned.size() == 2; }));
  bench.run(10s);
  SimMember& b = start(bench, "b", ".*", consumer_protocol_options());
  CHECK(bench.until([&] { return bench.owned() == 2; }));
  bench.run(15s);
  const auto& roster = cluster.group_coordinator().find_consumer(1, "g")->roster();
  CHECK(roster.state() == "Stable");
  for (const auto& [id, member] : roster.members()) {
    CHECK(member.pattern == (version == "3.9" ? "" : ".*"));
    CHECK(member.topics == (version == "3.9" ? std::vector<std::string>{"t"} : std::vector<std::string>()));
    CHECK(member.assigned.size() == (version == "3.9" ? 1 : 3));
  }
  const size_t told = a.count(Event::Type::topic_not_read) + b.count(Event::Type::topic_not_read);
  CHECK(told == (version == "3.9" ? 0 : 2));
  CHECK(std::count(a.journal.begin(), a.journal.end(), "revoked ") == 0);
  CHECK(bench.owned() == 2);
  CHECK(bench.deliveries().size() == 8);
  a.close();
  CHECK(bench.until([&] { return a.closes == 1 && b.owned.size() == 2; }));
  CHECK(b.losses.empty());
}

TEST_CASE("A coordinator that takes no patterns hears of no member before a topic matches") {
  if (!has_re2()) return;
  GroupBench bench(49, {.brokers = 1, .session = quick()});
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version("3.9"));
  fill(bench.client, "other", 1, 1);
  SimMember& member = start(bench, "a", "t.*", consumer_protocol_options());
  bench.run(60s);
  CHECK(member.ends.empty());
  CHECK(member.consumer->group().state == GroupView::State::joining);
  fill(bench.client, "t", 2, 4);
  CHECK(bench.until([&] { return member.got.size() == 8; }, 10s));
}

TEST_CASE("A coordinator that takes no patterns any more hears the names") {
  if (!has_re2()) return;
  GroupBench bench(50, {.brokers = 1, .session = quick()});
  fill(bench.client, "t", 2, 4);
  SimMember& member = start(bench, "a", "t.*", consumer_protocol_options());
  CHECK(bench.until([&] { return member.got.size() == 8; }));
  bench.client.brokers->kill(1);
  REQUIRE_FALSE(bench.client.brokers->cluster().releases().as_version("3.9"));
  bench.client.brokers->restart(1);
  fill(bench.client, "t2", 2, 4);
  CHECK(bench.until([&] { return member.got.size() == 16; }));
  CHECK(member.ends.empty());
}

TEST_CASE(
    "A topic that comes later is read as soon as the coordinator has matched it, however old metadata may become") {
  if (!has_re2()) return;
  GroupBench bench(48, {.brokers = 1});
  fill(bench.client, "t1", 1, 4);
  SimMember& a = start(bench, "a", "t.*", consumer_protocol_options());
  CHECK(bench.until([&] { return a.got.size() == 4; }));
  fill(bench.client, "t2", 1, 4);
  CHECK(bench.until([&] { return a.got.size() == 8; }, 20s));
}

TEST_CASE("A cluster that does not answer keeps a member with a pattern waiting, and it can be closed") {
  if (!has_re2()) return;
  GroupBench bench(44, {.brokers = 1, .session = quick()});
  fill(bench.client, "t", 1, 2);
  bench.client.brokers->pause(1);
  SimMember& waiting = start(bench, "a", "t.*", member_options());
  SimMember& closed = start(bench, "b", "t.*", member_options());
  bench.run(5s);
  CHECK(waiting.consumer->group().state == GroupView::State::joining);
  closed.close();
  CHECK(bench.until([&] { return closed.closes == 1; }));
  bench.client.brokers->resume(1);
  CHECK(bench.until([&] { return waiting.got.size() == 2; }, 5min));
}

TEST_CASE("A wrong pattern is the consumer's error") {
  if (!has_re2()) return;
  GroupBench bench(45, {.brokers = 1});
  Consumer consumer(*bench.client.session, "g", TopicPattern("t("));
  CHECK(consumer.error() == Errc::invalid_regular_expression);
  CHECK(consumer.error().detail().find("t(") != std::string_view::npos);
  Error ended;
  consumer.consume([](MessageEnvelope) {}, [&](Error error) { ended = std::move(error); });
  CHECK(bench.until([&] { return ended == Errc::invalid_regular_expression; }));
}

TEST_CASE("Without RE2 a pattern is refused") {
  if (Regex::built_in()) return;  // the other tests cover that
  GroupBench bench(46, {.brokers = 1});
  Consumer consumer(*bench.client.session, "g", TopicPattern("t.*"));
  CHECK(consumer.error() == Errc::unsupported_feature);
}
