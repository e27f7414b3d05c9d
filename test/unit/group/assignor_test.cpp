// What every assignor has to do, own ones included: each answer is given once, in slices, and is checked.
#include "group/assignor.hpp"

#include <array>
#include <numeric>

#include "group/cooperative_sticky.hpp"
#include "group/range.hpp"
#include "group/round_robin.hpp"
#include "group/sticky.hpp"
#include "group/subscription.hpp"
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

namespace {

struct Ours {
  Range range;
  RoundRobin round_robin;
  Sticky sticky;
  CooperativeSticky cooperative;
  std::array<Assignor*, 4> all() { return {&range, &round_robin, &sticky, &cooperative}; }
};

/// 40 members with different subscriptions over 600 partitions; a third of the members owned what others want now.
World crowd() {
  World world;
  for (int t = 0; t < 20; ++t) {
    std::vector<std::vector<std::string>> racks;
    for (int p = 0; p < 30; ++p) racks.push_back({"r" + std::to_string((t + p) % 3)});
    world.topic("t" + std::to_string(t), std::move(racks));
  }
  for (int m = 0; m < 40; ++m) {
    std::vector<std::string> topics;
    for (int t = 0; t < 20; ++t) {
      if ((m + t) % 3 != 0) topics.push_back("t" + std::to_string(t));
    }
    Partitions owned;
    if (m % 3 == 0) {
      for (int p = 0; p < 30; ++p) owned["t" + std::to_string(m % 20)].push_back(p);
    }
    world.member("m" + std::to_string(m), topics, owned, owned.empty() ? -1 : 7);
    world.last().rack = "r" + std::to_string(m % 4);
    if (!owned.empty()) world.last().user_data = sticky_user_data({owned, 7});
  }
  return world;
}

}  // namespace

TEST_CASE("assignors answer the same, however small the slices are") {
  Ours ours;
  const World world = crowd();
  for (Assignor* assignor : ours.all()) {
    INFO(assignor->name());
    CHECK(world.given(*assignor, 1'000'000'000) == world.given(*assignor, 1));
  }
}

TEST_CASE("the order in which members joined and topics are listed plays no part where hashes do not collide") {
  Ours ours;
  const World world = crowd();
  World turned = world;
  std::reverse(turned.all().members.begin(), turned.all().members.end());
  std::reverse(turned.all().topics.begin(), turned.all().topics.end());
  for (Assignor* assignor : ours.all()) {
    INFO(assignor->name());
    std::vector<Partitions> answer = turned.given(*assignor);
    std::reverse(answer.begin(), answer.end());
    CHECK(answer == world.given(*assignor));
  }
}

TEST_CASE("a large group is led in many slices, and the whole is a bounded number of steps") {
  constexpr int64_t kSteps = 1'000;
  World world;
  for (int t = 0; t < 60; ++t) world.topic("t" + std::to_string(t), 50);
  for (int m = 0; m < 100; ++m) {
    std::vector<std::string> topics;
    for (int t = 0; t < 60; ++t) {
      if ((m * 7 + t * 11) % 5 != 0) topics.push_back("t" + std::to_string(t));
    }
    world.member("m" + std::to_string(m), topics);
  }
  Ours ours;
  for (Assignor* assignor : ours.all()) {
    INFO(assignor->name());
    int slices = 0;
    bool done = false;
    const auto work =
        assignor->assign(std::make_shared<Membership>(world.all()), [&done](Error, Answer) { done = true; });
    while (work->advance(kSteps)) {
      CHECK_FALSE(done);
      ++slices;
    }
    CHECK(done);
    CHECK(slices >= 3);
    CHECK(slices < 10'000);  // 10 million steps
  }
}

TEST_CASE("nobody is called when the work is given up, and Done may destroy it") {
  Ours ours;
  for (Assignor* assignor : ours.all()) {
    bool called = false;
    auto given_up =
        assignor->assign(std::make_shared<Membership>(crowd().all()), [&](Error, Answer) { called = true; });
    CHECK(given_up->advance(1));
    given_up.reset();
    CHECK_FALSE(called);

    std::unique_ptr<Work> work;
    work = assignor->assign(std::make_shared<Membership>(crowd().all()), [&](Error, Answer) {
      called = true;
      work.reset();
    });
    while (Work* now = work.get()) now->advance(Work::kSlice);
    CHECK(called);
  }
}

TEST_CASE("no members, no topics, and members that want nothing that exists") {
  Ours ours;
  for (Assignor* assignor : ours.all()) {
    CHECK(World().given(*assignor).empty());
    CHECK(World().topic("t", 3).given(*assignor).empty());
    World world;
    world.topic("t", 2)
        .topic("empty", 0)
        .member("a", {})
        .member("b", {"gone", "empty"})
        .member("c", {"t", "t", "gone"});
    const std::vector<Partitions> answer = world.given(*assignor);
    CHECK(answer[0].empty());
    CHECK(answer[1].empty());
    CHECK(answer[2] == Partitions{{"t", {0, 1}}});
  }
}

TEST_CASE("F15: garbage in claims and user data: each member still gets its share") {
  Ours ours;
  for (Assignor* assignor : ours.all()) {
    INFO(assignor->name());
    World world;
    world.topic("t", 4);
    world.member("a", {"t"}, {{"t", {-5, 0, 0, INT32_MAX}}, {"", {1}}, {"gone", {0}}}, INT32_MAX);
    world.last().user_data = Bytes::copy("\x7f\xff\xff\xff");
    world.last().rack = std::string("\0rack", 5);
    world.member("b", {"t"}, {{"t", {0, 1, 2, 3}}}, INT32_MIN);
    world.last().user_data = Bytes::copy("x");
    std::vector<Partitions> answer = world.given(*assignor);
    size_t sum = count(answer[0]) + count(answer[1]);
    if (assignor->cooperative()) {  // what b said it has waits until it gave it up
      CHECK(sum >= 2);
    } else {
      CHECK(count(answer[0]) == 2);
      CHECK(count(answer[1]) == 2);
    }
  }
}

TEST_CASE("an own assignor may answer later, and its answer is checked") {
  struct Own : Assignor {
    std::string_view name() const override { return "own"; }
    std::unique_ptr<Work> assign(std::shared_ptr<const Membership>, Done done) override {
      later = std::move(done);
      return nullptr;
    }
    Done later;
  };
  World world;
  world.topic("t", 2).topic("u", 1).member("a", {"t"}).member("b", {"t", "u"});
  Own own;
  std::optional<Answer> answer;
  CHECK(own.assign(std::make_shared<Membership>(world.all()),
                   [&](Error, Answer given) { answer = std::move(given); }) == nullptr);
  CHECK(own.user_data({}, 1).is_null());
  CHECK_FALSE(own.cooperative());
  CHECK_FALSE(answer.has_value());
  own.later({}, {{{{"t", {0}}}, {}}, {{{"t", {1}}, {"u", {0}}}, {}}});
  REQUIRE(answer.has_value());
  const auto wrong = [&](const Partitions& a, const Partitions& b) {
    return std::string(check_answer(world.all(), {{a, {}}, {b, {}}}).detail());
  };
  CHECK_FALSE(check_answer(world.all(), *answer));
  CHECK(wrong({}, {}).empty());
  CHECK(wrong({{"t", {2}}}, {}) == "the assignor gave member a partition 2 of t, which does not exist");
  CHECK(wrong({{"t", {-1}}}, {}) == "the assignor gave member a partition -1 of t, which does not exist");
  CHECK(wrong({}, {{"v", {0}}}) == "the assignor gave member b partition 0 of v, which does not exist");
  CHECK(wrong({{"u", {0}}}, {}) == "the assignor gave member a partition 0 of u, which it does not subscribe to");
  CHECK(wrong({{"t", {0}}}, {{"t", {0}}}) == "the assignor gave member b partition 0 of t, which was given before");
  CHECK(check_answer(world.all(), {}).detail() == "the assignor answered for 0 of 2 members");
}
