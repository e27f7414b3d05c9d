// Which version is picked for a request.
#include "protocol/negotiation.hpp"

#include <string>

#include "catch.hpp"
#include "protocol/api_table.hpp"

using namespace kafka;
using protocol::ApiKey;
using protocol::ApiVersionSet;

namespace {

bool mentions(const Error& error, std::string_view text) { return error.message().find(text) != std::string::npos; }

}  // namespace

TEST_CASE("the newest version that both sides have is picked") {
  ApiVersionSet set;
  CHECK(set.empty());
  set.set(ApiKey::metadata, 0, 5);
  set.set(ApiKey::fetch, 4, 99);
  int16_t version = -1;
  REQUIRE_FALSE(set.pick(ApiKey::metadata, version));
  CHECK(version == 5);
  REQUIRE_FALSE(set.pick(ApiKey::fetch, version));
  CHECK(version == protocol::find_api(ApiKey::fetch)->versions.max);
  REQUIRE_FALSE(set.pick(ApiKey::fetch, 12, version));
  CHECK(version == 12);
}

TEST_CASE("A11: a missing API is an error that names it") {
  ApiVersionSet set;
  set.set(ApiKey::metadata, 0, 5);
  int16_t version = 77;
  const Error error = set.pick(ApiKey::find_coordinator, version);
  CHECK(error == Errc::unsupported_version);
  CHECK(mentions(error, "FindCoordinator"));
  CHECK(version == 77);
  CHECK_FALSE(set.range(ApiKey::find_coordinator));
}

TEST_CASE("A11: ranges that do not meet are both named") {
  ApiVersionSet set;
  set.set(ApiKey::metadata, 50, 60);
  int16_t version = -1;
  const Error error = set.pick(ApiKey::metadata, version);
  CHECK(error == Errc::unsupported_version);
  CHECK(mentions(error, "Metadata"));
  CHECK(mentions(error, "50 to 60"));
  CHECK(mentions(error, "0 to 13"));
  set.set(ApiKey::fetch, 13, 17);
  const Error capped = set.pick(ApiKey::fetch, 12, version);
  CHECK(capped == Errc::unsupported_version);
  CHECK(mentions(capped, "at most 12"));
}

TEST_CASE("A11: a range whose least version is above its greatest is no range") {
  ApiVersionSet set;
  set.set(ApiKey::metadata, 5, 3);
  set.set(ApiKey::fetch, -7, -1);
  int16_t version = -1;
  CHECK(set.pick(ApiKey::metadata, version) == Errc::unsupported_version);
  CHECK(mentions(set.pick(ApiKey::metadata, version), "5 to 3"));
  CHECK(set.pick(ApiKey::fetch, version) == Errc::unsupported_version);
}

TEST_CASE("A11: keys that nobody knows are ignored") {
  ApiVersionSet set;
  set.set(static_cast<ApiKey>(-1), 0, 1);
  set.set(static_cast<ApiKey>(93), 0, 1);
  set.set(static_cast<ApiKey>(32767), 0, 1);
  CHECK(set.empty());
  int16_t version = -1;
  CHECK(set.pick(static_cast<ApiKey>(32767), version) == Errc::unsupported_version);
  CHECK(set.pick(static_cast<ApiKey>(-1), version) == Errc::unsupported_version);
}

TEST_CASE("Kafka 4 gets Produce from version 3 on, although it advertises older versions") {
  ApiVersionSet set;
  set.set(ApiKey::produce, 0, 13);
  set.set(ApiKey::fetch, 0, 17);
  CHECK(set.range(ApiKey::produce)->min == 0);
  set.set(ApiKey::fetch, 4, 18);
  CHECK(set.range(ApiKey::produce)->min == 3);
  int16_t version = -1;
  CHECK(set.pick(ApiKey::produce, 2, version) == Errc::unsupported_version);
}

TEST_CASE("A12: the legacy profile is what 0.8.2 and 0.9 speak, with offsets in Kafka") {
  const ApiVersionSet set = protocol::legacy_versions(false);
  int16_t version = -1;
  for (ApiKey key :
       {ApiKey::produce, ApiKey::fetch, ApiKey::list_offsets, ApiKey::metadata, ApiKey::find_coordinator}) {
    REQUIRE_FALSE(set.pick(key, version));
    CHECK(version == 0);
  }
  for (ApiKey key : {ApiKey::offset_commit, ApiKey::offset_fetch}) {
    REQUIRE_FALSE(set.pick(key, version));
    CHECK(version == 1);
    CHECK(set.pick(key, 0, version) == Errc::unsupported_version);
  }
  CHECK(set.pick(ApiKey::api_versions, version) == Errc::unsupported_version);
  CHECK(set.pick(ApiKey::init_producer_id, version) == Errc::unsupported_version);
  CHECK(set.pick(ApiKey::join_group, version) == Errc::unsupported_version);
}

TEST_CASE("A12: a broker that is known to be 0.9 has groups, and everything else as before") {
  const ApiVersionSet set = protocol::legacy_versions(true);
  int16_t version = -1;
  for (ApiKey key : {ApiKey::join_group, ApiKey::sync_group, ApiKey::heartbeat, ApiKey::leave_group,
                     ApiKey::describe_groups, ApiKey::list_groups, ApiKey::produce}) {
    REQUIRE_FALSE(set.pick(key, version));
    CHECK(version == 0);
  }
  REQUIRE_FALSE(set.pick(ApiKey::offset_commit, version));
  CHECK(version == 1);
  CHECK(set.pick(ApiKey::api_versions, version) == Errc::unsupported_version);
}
