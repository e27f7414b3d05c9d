// Which claims are believed.
#include "group/claims.hpp"

#include "group/cooperative_sticky.hpp"
#include "group/java_hash.hpp"
#include "group_fixture.hpp"

using namespace kafka;
using namespace kafka::group;

namespace {

struct Cleaned {
  explicit Cleaned(const World& world)
      : roster(std::make_shared<Membership>(const_cast<World&>(world).all())),
        racks(roster),
        claims(roster, racks, false, &cooperative_claim) {}
  Roster roster;
  Racks racks;
  Claims claims;
};

}  // namespace

TEST_CASE("a claim counts if the partition exists and the member still wants the topic") {
  World world;
  world.topic("t", 2).topic("u", 1);
  world.member("a", {"t"}, {{"t", {0, 7}}, {"u", {0}}, {"gone", {0}}}, 3).member("b", {"t", "u"}, {}, 3);
  const Cleaned cleaned(world);
  CHECK(cleaned.claims.owner == std::vector<uint32_t>{0, kNobody, kNobody});
  CHECK(cleaned.claims.lost_some);
  CHECK(cleaned.claims.said[0] == std::vector<uint32_t>{0, 2});
}

TEST_CASE("of several claims the newest generation counts, and two of one generation cancel each other") {
  World world;
  world.topic("t", 3);
  world.member("a", {"t"}, {{"t", {0, 1, 2}}}, 4)
      .member("b", {"t"}, {{"t", {0, 1}}}, 5)
      .member("c", {"t"}, {{"t", {1}}}, 5);
  const Cleaned cleaned(world);
  CHECK(cleaned.claims.owner == std::vector<uint32_t>{1, kNobody, 0});
  CHECK(cleaned.claims.contested == std::vector<bool>{false, true, false});
  CHECK(cleaned.claims.previous == std::vector<uint32_t>{0, 0, 0});
  CHECK_FALSE(cleaned.claims.lost_some);
}

TEST_CASE("who claims what cancels out plays no part for a newer claim, in whatever order they come") {
  for (const int32_t first : {5, 4}) {
    World world;
    world.topic("t", 1);
    world.member("a", {"t"}, {{"t", {0}}}, first).member("b", {"t"}, {{"t", {0}}}, 4);
    world.member("c", {"t"}, {{"t", {0}}}, first == 5 ? 4 : 5);
    const Cleaned cleaned(world);
    CHECK(cleaned.claims.owner == std::vector<uint32_t>{first == 5 ? 0U : 2U});
  }
}

TEST_CASE("Java's hashes") {
  CHECK(java_hash("") == 0);
  CHECK(java_hash("hello") == 99162322);
  CHECK(java_hash("\xc3\xa9") == 233);                             // one UTF-16 unit
  CHECK(java_hash("\xf0\x9f\x98\x80") == 31 * 0xd83dU + 0xde00U);  // two
  CHECK(java_hash("cut \xf0\x9f") != 0);                           // no UTF-8: some number
  CHECK(java_bucket(0x12345678, 12) == ((0x12345678 ^ 0x1234) & 15));
  CHECK(java_bucket(0x12345678, 13) == ((0x12345678 ^ 0x1234) & 31));
}
