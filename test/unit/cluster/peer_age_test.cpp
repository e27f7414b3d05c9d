// How the client finds out how old a broker is: every rule of PeerAge.
#include "cluster/peer_age.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::cluster;
using namespace std::chrono_literals;

namespace {

using Refusal = PeerAge::Refusal;
constexpr net::TimePoint kNow{100s};

protocol::ApiVersionSet release(bool gives_ids) {
  protocol::ApiVersionSet versions;
  versions.set(protocol::ApiKey::metadata, 0, 2);
  if (gives_ids) versions.set(protocol::ApiKey::init_producer_id, 0, 1);
  return versions;
}

PeerAge refused(uint32_t times) {
  PeerAge age;
  for (uint32_t i = 0; i < times; ++i) age.refused(kNow);
  return age;
}

}  // namespace

TEST_CASE("of a new address nothing is known: it is asked for its versions, and may be old", "[age]") {
  const PeerAge age;
  CHECK(age.dialect(kNow) == Dialect::negotiated);
  CHECK(age.may_be_old());
  CHECK_FALSE(age.gives_ids());
}

TEST_CASE("A12: after one refusal the address is asked again, after two it is spoken to as an old broker", "[age]") {
  PeerAge age;
  CHECK(age.refused(kNow) == Refusal::ask_again);
  for (uint32_t i = PeerAge::kRefusalsToTry; i <= 10; ++i) CHECK(age.refused(kNow) == Refusal::speak_old);
}

TEST_CASE("A12: other connections ask for versions until three were refused in a row", "[age]") {
  CHECK(refused(PeerAge::kRefusalsToTry).dialect(kNow) == Dialect::negotiated);
  CHECK(refused(PeerAge::kRefusalsToBelieve).dialect(kNow) == Dialect::old_guessed);
}

TEST_CASE("A12: that a broker is old is a guess until six connections were refused in a row", "[age]") {
  CHECK(refused(PeerAge::kRefusalsToTrust - 1).guess() == Dialect::old_guessed);
  CHECK(refused(PeerAge::kRefusalsToTrust).guess() == Dialect::old);
  CHECK(refused(PeerAge::kRefusalsToTrust).dialect(kNow) == Dialect::old);
}

TEST_CASE("A12: another failure between refusals begins the count anew", "[age]") {
  PeerAge age = refused(PeerAge::kRefusalsToBelieve - 1);
  age.not_set_up(Dialect::negotiated);
  CHECK(age.refused(kNow) == Refusal::ask_again);
  CHECK(age.dialect(kNow) == Dialect::negotiated);
}

TEST_CASE("A12: an old broker is asked for its versions again after 60 s", "[age]") {
  const PeerAge age = refused(PeerAge::kRefusalsToBelieve);
  CHECK(age.dialect(kNow + PeerAge::kMemory - 1ns) == Dialect::old_guessed);
  CHECK(age.dialect(kNow + PeerAge::kMemory) == Dialect::negotiated);
}

TEST_CASE("A12: a broker that ignores ApiVersions is old for certain, at once", "[age]") {
  PeerAge age;
  CHECK_FALSE(age.is_0_9());
  age.showed_0_9(kNow);
  CHECK(age.dialect(kNow) == Dialect::old);
  CHECK(age.may_be_old());
  CHECK(age.is_0_9());
  CHECK_FALSE(refused(PeerAge::kRefusalsToTrust).is_0_9());
}

TEST_CASE("A12: an old broker that cannot be connected to, or answers nothing, is not believed to be old", "[age]") {
  PeerAge age = refused(PeerAge::kRefusalsToTrust);
  SECTION("no connection") { age.not_set_up(Dialect::old); }
  SECTION("no answer") { age.not_old(); }
  CHECK(age.dialect(kNow) == Dialect::negotiated);
  CHECK(age.guess() == Dialect::old_guessed);
}

TEST_CASE("A12: a failed attempt to ask takes back nothing but the count of refusals", "[age]") {
  PeerAge age;
  age.showed_0_9(kNow);
  age.not_set_up(Dialect::negotiated);
  CHECK(age.dialect(kNow) == Dialect::negotiated);
  CHECK(age.guess() == Dialect::old);
}

TEST_CASE("A12: an address that answered ApiVersions is never taken for an old broker again", "[age]") {
  PeerAge age = refused(PeerAge::kRefusalsToTrust);
  age.answered(release(true));
  CHECK_FALSE(age.may_be_old());
  CHECK(age.dialect(kNow) == Dialect::negotiated);
  for (int i = 0; i < 10; ++i) CHECK(age.refused(kNow) == Refusal::none);
  CHECK(age.dialect(kNow) == Dialect::negotiated);
}

TEST_CASE("A12: connections in an old dialect are out of date once ApiVersions was answered", "[age]") {
  PeerAge age;
  CHECK_FALSE(age.outdated(Dialect::old));
  age.answered(release(false));
  CHECK(age.outdated(Dialect::old));
  CHECK(age.outdated(Dialect::old_guessed));
  CHECK_FALSE(age.outdated(Dialect::negotiated));
}

TEST_CASE("whether a broker gives out producer ids is what its last answer said", "[age]") {
  PeerAge age;
  age.answered(release(true));
  CHECK(age.gives_ids());
  age.answered(release(false));
  CHECK_FALSE(age.gives_ids());
}

TEST_CASE("A12: only a guess can be doubted, and then the next connection asks for versions", "[age]") {
  PeerAge age = refused(PeerAge::kRefusalsToBelieve);
  CHECK_FALSE(age.doubt(Dialect::old, {}));
  CHECK_FALSE(age.doubt(Dialect::negotiated, release(false)));
  CHECK(age.dialect(kNow) == Dialect::old_guessed);
  CHECK(age.doubt(Dialect::old_guessed, {}));
  CHECK(age.dialect(kNow) == Dialect::negotiated);
}

TEST_CASE("a connection to a broker that has been upgraded since can be doubted", "[age]") {
  PeerAge age;
  age.answered(release(true));
  CHECK(age.doubt(Dialect::negotiated, release(false)));
  CHECK_FALSE(age.doubt(Dialect::negotiated, release(true)));
}
