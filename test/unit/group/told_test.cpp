// What a KIP-848 member says in its heartbeats, and how partitions by id become partitions by name.
#include "group/told.hpp"

#include "catch.hpp"
#include "group/owned_topics.hpp"

using namespace kafka;
using namespace kafka::group;
using namespace std::chrono_literals;

namespace {

const Uuid kOne{{1}}, kTwo{{2}};

MemberOptions options() {
  MemberOptions options;
  options.group = "g";
  options.rack = "r1";
  options.remote_assignor = "range";
  options.rebalance_timeout = 7s;
  return options;
}

struct Teller {
  MemberOptions own = options();
  Told told{own};
  Told::Request say(const std::set<std::string>& topics, const IdPartitions& owned, const std::string& pattern = {}) {
    Told::Request request;
    told.fill(request, {topics, pattern}, owned);
    return request;
  }
  bool knows(const std::set<std::string>& topics, const IdPartitions& owned) const {
    return told.knows({topics}, owned);
  }
};

bool says_everything(const Told::Request& request) {
  return request.rack_id == "r1" && request.server_assignor == "range" && request.rebalance_timeout_ms == 7000 &&
         request.subscribed_topic_names && request.topic_partitions;
}
bool says_nothing(const Told::Request& request) {
  return !request.rack_id && !request.server_assignor && request.rebalance_timeout_ms == -1 &&
         !request.subscribed_topic_names && !request.subscribed_topic_regex && !request.topic_partitions;
}

}  // namespace

TEST_CASE("The first heartbeat says everything, and the next ones what has changed") {
  Teller teller;
  CHECK(says_everything(teller.say({"a"}, {})));
  CHECK_FALSE(teller.knows({"a"}, {}));
  teller.told.accepted();
  CHECK(teller.knows({"a"}, {}));
  CHECK(says_nothing(teller.say({"a"}, {})));
  teller.told.accepted();
  const Told::Request topics = teller.say({"a", "b"}, {});
  CHECK(topics.subscribed_topic_names == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(topics.topic_partitions);
  CHECK(topics.rebalance_timeout_ms == -1);
  teller.told.accepted();
  const Told::Request owned = teller.say({"a", "b"}, {{kOne, {0, 1}}});
  CHECK_FALSE(owned.subscribed_topic_names);
  REQUIRE(owned.topic_partitions);
  CHECK(owned.topic_partitions->at(0).topic_id == kOne);
  CHECK(owned.topic_partitions->at(0).partitions == std::vector<int32_t>{0, 1});
}

TEST_CASE(
    "A pattern is said when it changes, and one that was taken back is taken back in everything that is said later") {
  Teller teller;
  const Told::Request first = teller.say({}, {}, "a.*");
  CHECK(first.subscribed_topic_regex == "a.*");
  CHECK(first.subscribed_topic_names == std::vector<std::string>());
  teller.told.accepted();
  CHECK_FALSE(teller.say({}, {}, "a.*").subscribed_topic_regex);
  teller.told.accepted();
  const Told::Request names = teller.say({"b"}, {});
  CHECK(names.subscribed_topic_regex == "");
  CHECK(names.subscribed_topic_names == std::vector<std::string>{"b"});
  CHECK(teller.say({"b"}, {}).subscribed_topic_regex == "");  // the one before had no answer
}

TEST_CASE("F13: after a heartbeat without an answer, or one that was refused, everything is said again") {
  Teller teller;
  teller.say({"a"}, {});
  teller.told.accepted();
  SECTION("no answer") {
    teller.say({"a"}, {});
    CHECK(says_everything(teller.say({"a"}, {})));
    CHECK(says_everything(teller.say({"a"}, {})));
  }
  SECTION("refused") {
    teller.say({"a"}, {});
    teller.told.forget();
    CHECK(says_everything(teller.say({"a"}, {})));
  }
  SECTION("an answer to what does not count any more") {
    teller.say({"a"}, {});
    teller.told.forget();
    teller.told.accepted();
    CHECK(says_everything(teller.say({"a"}, {})));
  }
}

TEST_CASE("The list of owned partitions is said again if the coordinator waits for it") {
  Teller teller;
  teller.say({"a"}, {{kOne, {0}}});
  teller.told.accepted();
  CHECK(teller.told.said_owned());
  teller.say({"a"}, {{kOne, {0}}});
  teller.told.accepted();
  CHECK_FALSE(teller.told.said_owned());
  teller.told.forget_owned();
  CHECK_FALSE(teller.knows({"a"}, {{kOne, {0}}}));
  const Told::Request request = teller.say({"a"}, {{kOne, {0}}});
  CHECK(request.topic_partitions);
  CHECK_FALSE(request.subscribed_topic_names);
}

TEST_CASE("F12: an assignment is cleaned: partitions that are named twice, and what cannot be one") {
  protocol::ConsumerGroupHeartbeatResponse::Assignment assignment;
  assignment.topic_partitions = {{kOne, {3, 1, 3}}, {kTwo, {-1}}, {Uuid(), {0}}, {kOne, {1, 0}}};
  CHECK(read(assignment) == IdPartitions{{kOne, {0, 1, 3}}});
}

TEST_CASE("Owned partitions have the names of their topics; two topics of one name are not owned at a time") {
  OwnedTopics owned;
  CHECK(owned.add(kOne, "t", {1, 0}));
  CHECK(owned.add(kOne, "t", {2}));
  CHECK_FALSE(owned.add(kTwo, "t", {0}));
  CHECK(owned.all() == IdPartitions{{kOne, {0, 1, 2}}});
  CHECK(owned.by_name() == Partitions{{"t", {0, 1, 2}}});
  CHECK(owned.by_name({{kOne, {1}}}) == Partitions{{"t", {1}}});
  owned.remove({{kOne, {0, 1}}});
  CHECK_FALSE(owned.add(kTwo, "t", {0}));
  owned.remove({{kOne, {2}}});
  CHECK(owned.empty());
  CHECK(owned.add(kTwo, "t", {0}));
}
