// The one way to delay a retry.
#include "cluster/retry_pause.hpp"

#include <set>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::cluster;
using namespace std::chrono_literals;

namespace {

constexpr PauseLimits kLimits{100ms, 1s};
constexpr uint64_t kNoJitter = 200;  // of 0 to 400

}  // namespace

TEST_CASE("a pause that never failed is due", "[retry]") {
  const RetryPause retry;
  CHECK(retry.due(net::TimePoint{}));
  CHECK(retry.failures() == 0);
}

TEST_CASE("each failure in a row doubles the pause, up to the largest", "[retry]") {
  RetryPause retry;
  const net::TimePoint now{5s};
  for (const auto expected : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    CHECK(retry.fail(now, kNoJitter, kLimits) == expected);
    CHECK(retry.until() == now + expected);
    CHECK_FALSE(retry.due(now + expected - 1ns));
    CHECK(retry.due(now + expected));
  }
  CHECK(retry.failures() == 6);
}

TEST_CASE("long pauses end at common times, so that many retries go together", "[retry]") {
  std::set<net::TimePoint> ends;
  for (uint64_t random = 0; random <= 400; ++random) {
    RetryPause retry;
    for (int i = 0; i < 4; ++i) retry.fail(net::TimePoint(5s + std::chrono::milliseconds(random)), random, kLimits);
    ends.insert(retry.until());
    CHECK(retry.until().time_since_epoch() % RetryPause::kGather == net::Duration::zero());
  }
  CHECK(ends.size() <= 16);  // of 401 that began within 400 ms
}

TEST_CASE("a pause differs by up to a fifth at random", "[retry]") {
  RetryPause shortest;
  RetryPause longest;
  CHECK(shortest.fail(net::TimePoint{}, 0, kLimits) == 80ms);
  CHECK(longest.fail(net::TimePoint{}, 400, kLimits) == 120ms);
}

TEST_CASE("after a success the pauses begin with the smallest again", "[retry]") {
  RetryPause retry;
  for (int i = 0; i < 4; ++i) retry.fail(net::TimePoint{}, kNoJitter, kLimits);
  retry.succeed();
  CHECK(retry.fail(net::TimePoint{}, kNoJitter, kLimits) == 100ms);
}

TEST_CASE("a failure that is retried at once lengthens later pauses", "[retry]") {
  RetryPause retry;
  retry.count();
  CHECK(retry.due(net::TimePoint{}));
  CHECK(retry.fail(net::TimePoint{}, kNoJitter, kLimits) == 200ms);
}

TEST_CASE("a pause that is cut short is due, and its failures stay counted", "[retry]") {
  RetryPause retry;
  retry.fail(net::TimePoint{}, kNoJitter, kLimits);
  retry.cut_short();
  CHECK(retry.due(net::TimePoint{}));
  CHECK(retry.fail(net::TimePoint{}, kNoJitter, kLimits) == 200ms);
  retry.reset();
  CHECK(retry.due(net::TimePoint{}));
  CHECK(retry.failures() == 0);
}

TEST_CASE("a hold delays the next attempt without counting as a failure", "[retry]") {
  RetryPause retry;
  retry.hold(net::TimePoint{3s});
  CHECK_FALSE(retry.due(net::TimePoint{2s}));
  CHECK(retry.due(net::TimePoint{3s}));
  CHECK(retry.failures() == 0);
}

TEST_CASE("a pause takes no more room than a time and a count", "[retry]") { CHECK(sizeof(RetryPause) == 16); }
