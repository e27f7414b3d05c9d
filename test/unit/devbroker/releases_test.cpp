// Which versions brokers speak.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("each release has its versions; unknown releases are refused") {
  ClusterFixture f(1);
  CHECK(f.cluster.releases().profile().find(ApiKey::produce)->served.max == 13);
  REQUIRE(!f.cluster.releases().as_version("0.9"));
  CHECK_FALSE(f.cluster.releases().profile().has_api_versions);
  CHECK_FALSE(f.cluster.releases().profile().find(ApiKey::api_versions));
  REQUIRE(!f.cluster.releases().as_version("4.3"));
  CHECK(f.cluster.releases().profile().find(ApiKey::produce)->served.min == 3);
  CHECK(f.cluster.releases().profile().find(ApiKey::produce)->advertised_min == 0);
  CHECK(f.cluster.releases().profile().find(ApiKey::list_offsets)->served.min == 1);
  CHECK(f.cluster.releases().profile().find(ApiKey::list_offsets)->advertised_min == 1);
  CHECK(f.cluster.releases().as_version("5.0") == Errc::invalid_argument);
}

TEST_CASE("a single broker can speak another release, until all are given one") {
  Releases releases;
  REQUIRE(!releases.as_version("0.11"));
  REQUIRE(!releases.as_version("2.8", 2));
  CHECK(releases.profile().release == "0.11");
  CHECK(releases.profile(1).release == "0.11");
  CHECK(releases.profile(2).release == "2.8");
  REQUIRE(!releases.as_version("3.9"));
  CHECK(releases.profile(2).release == "3.9");
}

TEST_CASE("a broker advertises its APIs in the order of their keys") {
  Releases releases;
  for (const char* release : {"", "0.8.2", "1.1", "4.3"}) {
    REQUIRE(!releases.as_version(release));
    const auto apis = releases.profile().apis();
    REQUIRE(!apis.empty());
    for (size_t i = 1; i < apis.size(); ++i) CHECK(apis[i - 1].api < apis[i].api);
    for (const ApiRange& range : apis) {
      CHECK(range.advertised_min <= range.served.min);
      CHECK(range.served.min <= range.served.max);
    }
  }
}
