// What an application may do inside the handlers of a member: everything, as in all other callbacks.
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

enum class Where { assigned, revoking, revoked, lost, message, committed };
constexpr Where kAll[] = {Where::assigned, Where::revoking, Where::revoked,
                          Where::lost,     Where::message,  Where::committed};

/// Two members share four partitions. The first one acts once, in the handler that the test names.
struct Pair {
  Pair(const std::string& protocol, Where where, std::function<void(SimMember&)> act)
      : options(with(protocol)), where(where), act(std::move(act)) {
    fill(bench.client, "t", 4, 40);
    fill(bench.client, "u", 2, 10);
    first = &bench.add("a", options);
    first->consumer->on_assigned([this](const Partitions& fresh) {
      if (!fresh.empty()) happens(Where::assigned);
    });
    first->consumer->on_revoking([this](const Partitions&, std::chrono::milliseconds) { happens(Where::revoking); });
    first->consumer->on_revoked([this](Revocation) { happens(Where::revoked); });
    first->consumer->on_lost([this](const Partitions&, const Error&) { happens(Where::lost); });
    first->consumer->consume([this](MessageEnvelope envelope) {
      static_cast<void>(envelope.commit({}, [this](Error) { happens(Where::committed); }));
      happens(Where::message);
    });
    bench.until([&] {
      return done || (first->consumer && first->consumer->group().owned == Partitions{{"t", {0, 1, 2, 3}}});
    });
    second = &bench.start("b", options);
    if (where == Where::lost) {
      bench.until([&] { return second->owned.size() == 2; });
      bench.client.world.pause("a");
      bench.until([&] { return second->owned.size() == 4; }, 80s);
      bench.client.world.resume("a");
    }
  }
  void happens(Where here) {
    if (here != where || std::exchange(done, true)) return;
    act(*first);
  }

  GroupBench bench;
  ConsumerOptions options;
  Where where;
  std::function<void(SimMember&)> act;
  SimMember* first = nullptr;
  SimMember* second = nullptr;
  bool done = false;
};

}  // namespace

TEST_CASE("G1: a member may be destroyed inside each of its handlers, and the group goes on without it") {
  const std::string protocol = GENERATE("range", "cooperative-sticky", "consumer");
  const Where where = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  const bool session_too = GENERATE(false, true);
  CAPTURE(protocol, static_cast<int>(where), session_too);
  Pair pair(protocol, where, [&](SimMember& member) {
    if (session_too) const Session gone = std::move(member.session);
    member.consumer.reset();
  });
  CHECK(pair.bench.until([&] { return pair.done; }, 90s));
  CHECK(pair.bench.until([&] { return pair.second->owned.size() == 4; }, 90s));
}

TEST_CASE("G4: a member may be closed inside each of its handlers, and hears of that once") {
  const std::string protocol = GENERATE("range", "cooperative-sticky", "consumer");
  const Where where = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  CAPTURE(protocol, static_cast<int>(where));
  Pair pair(protocol, where, [](SimMember& member) { member.close(); });
  CHECK(pair.bench.until([&] { return pair.done; }, 90s));
  CHECK(pair.bench.until([&] { return pair.first->closes == 1 && pair.second->owned.size() == 4; }, 90s));
  pair.bench.run(1s);
  CHECK(pair.first->closes == 1);
}

TEST_CASE("G5: inside each of its handlers a member may subscribe, rebalance, pause, seek and stop") {
  const std::string protocol = GENERATE("range", "cooperative-sticky", "consumer");
  const Where where = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  CAPTURE(protocol, static_cast<int>(where));
  Pair pair(protocol, where, [](SimMember& member) {
    static_cast<void>(member.consumer->pause());
    static_cast<void>(member.consumer->resume());
    static_cast<void>(member.consumer->seek({"t", 0, 3}));
    CHECK_FALSE(member.consumer->subscribe(Topics("u")));
    CHECK_FALSE(member.consumer->rebalance("a handler wants it"));
    member.consumer->stop([] {});
  });
  CHECK(pair.bench.until([&] { return pair.done; }, 90s));
  CHECK(pair.bench.until(
      [&] {
        const Partitions owned = pair.first->consumer->group().owned;
        return owned == Partitions{{"u", {0, 1}}} && pair.second->owned.size() == 4;
      },
      90s));
}

TEST_CASE("Stats tell a member's place, and count what came, what it gave up and what was taken from it") {
  const std::string assignor = GENERATE("range", "consumer");
  GroupBench bench;
  fill(bench.client, "t", 4, 1);
  SimMember& a = bench.start("a", with(assignor));
  const auto stats = [&a] { return a.session.stats().consumers.at(0).member.value(); };
  REQUIRE(bench.until([&] { return a.owned.size() == 4; }));
  CHECK(stats().state == GroupView::State::stable);
  CHECK(stats().generation == a.consumer->group().generation);
  CHECK(stats().owned == 4);
  CHECK(stats().assigned == 4);
  CHECK(stats().revoked == 0);
  const uint64_t before = stats().generations;
  CHECK(before > 0);

  SimMember& b = bench.start("b", with(assignor));
  REQUIRE(bench.until([&] { return a.owned.size() == 2 && b.owned.size() == 2; }));
  CHECK(stats().generations > before);
  CHECK(stats().owned == 2);
  CHECK(stats().assigned - stats().revoked == 2);  // an eager member gives everything up and gets a part again
  CHECK(stats().revoked >= 2);
  CHECK(stats().lost == 0);

  const ApiKey heartbeat = assignor == kConsumer ? ApiKey::consumer_group_heartbeat : ApiKey::heartbeat;
  bench.client.brokers->cluster().faults().add(heartbeat).client("a").reply(Errc::unknown_member_id);
  REQUIRE(bench.until([&] { return !a.losses.empty(); }));
  CHECK(stats().lost == 2);
  REQUIRE(bench.until([&] { return a.owned.size() == 2; }));
  CHECK(stats().owned == 2);
}
