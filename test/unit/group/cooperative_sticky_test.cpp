// The assignor `cooperative-sticky`: what moves is held back for a round, and rounds come to an end.
#include "group/cooperative_sticky.hpp"

#include <algorithm>
#include <random>

#include "group/subscription.hpp"
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

namespace {

/// Members do as they are told: keep what is assigned, give up the rest. False: nobody had to give anything up.
bool follow(World& world, const std::vector<Partitions>& answer, int32_t generation) {
  bool gave_up = false;
  for (size_t i = 0; i < answer.size(); ++i) {
    Member& member = world.all().members[i];
    for (const auto& [topic, numbers] : member.owned) {
      const auto found = answer[i].find(topic);
      for (const int32_t number : numbers) {
        gave_up = gave_up || found == answer[i].end() ||
                  !std::binary_search(found->second.begin(), found->second.end(), number);
      }
    }
    member.owned = answer[i];
    member.generation = generation;
  }
  return gave_up;
}

}  // namespace

TEST_CASE("cooperative-sticky: what moves is held back until its owner has given it up") {
  World world;
  world.topic("t", 4).member("a", {"t"}, {{"t", {0, 1, 2, 3}}}, 1).member("b", {"t"});
  CooperativeSticky assignor;
  CHECK(assignor.cooperative());
  std::vector<Partitions> answer = world.given(assignor);
  CHECK(answer == std::vector<Partitions>{{{"t", {0, 1}}}, {}});
  CHECK(follow(world, answer, 2));
  answer = world.given(assignor);
  CHECK(answer == std::vector<Partitions>{{{"t", {0, 1}}}, {{"t", {2, 3}}}});
  CHECK_FALSE(follow(world, answer, 3));
}

TEST_CASE("cooperative-sticky: what two members claim is handed to neither at once") {
  World world;
  world.topic("t", 2).member("a", {"t"}, {{"t", {0}}}, 1).member("b", {"t"}, {{"t", {0, 1}}}, 1);
  CooperativeSticky assignor;
  CHECK(world.given(assignor) == std::vector<Partitions>{{}, {{"t", {1}}}});
}

TEST_CASE("cooperative-sticky: the generation of old subscriptions is in the user data") {
  World world;
  world.topic("t", 2).member("a", {"t"}, {{"t", {0, 1}}}, kNoGeneration);
  world.last().user_data = CooperativeSticky().user_data({}, 6);
  world.member("b", {"t"}, {{"t", {0}}}, 5);
  CHECK(cooperative_claim(world.all().members[0]).generation == 6);
  CHECK(cooperative_claim(world.all().members[1]).generation == 5);
  CooperativeSticky assignor;
  const std::vector<Partitions> answer = world.given(assignor);
  CHECK(count(answer[0]) == 1);
  CHECK(answer[1].empty());  // it has a claim to nothing that a newer one does not have
}

TEST_CASE("cooperative-sticky: after at most three follow-up rounds nothing moves any more") {
  std::mt19937 random(20261128);
  const auto below = [&random](uint32_t limit) { return static_cast<int>(random() % limit); };
  int rounds_of_all = 0;
  for (int run = 0; run < 300; ++run) {
    World world;
    const int topics = 1 + below(8);
    const int racks = 1 + below(4);
    for (int t = 0; t < topics; ++t) {
      std::vector<std::vector<std::string>> replicas;
      for (int p = 1 + below(30); p > 0; --p)
        replicas.push_back({"r" + std::to_string(below(static_cast<uint32_t>(racks)))});
      world.topic("t" + std::to_string(t), std::move(replicas));
    }
    for (int m = 2 + below(20); m > 0; --m) {
      std::vector<std::string> wants;
      Partitions owned;
      for (int t = 0; t < topics; ++t) {
        if (below(4) == 0) continue;
        wants.push_back("t" + std::to_string(t));
        for (int p = 0; p < 30; ++p) {
          if (below(12) == 0) owned[wants.back()].push_back(p);
        }
      }
      world.member("m" + std::to_string(m), wants, owned, 3 + below(2));
      if (below(5) != 0) world.last().rack = "r" + std::to_string(below(4));
    }
    CooperativeSticky assignor;
    int rounds = 0;
    while (follow(world, world.given(assignor), 10 + rounds)) {
      ++rounds;
      REQUIRE(rounds <= 4);  // the claims of this test have partitions that do not exist: they cost one more
    }
    rounds_of_all += rounds;
  }
  CHECK(rounds_of_all > 300);  // else this test shows nothing
}
