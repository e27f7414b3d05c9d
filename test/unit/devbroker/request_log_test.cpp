// What brokers remember of the requests that they have seen.
#include "devbroker/request_log.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("requests are counted per broker and API") {
  RequestLog log;
  log.note({.broker = 1, .api = ApiKey::fetch});
  log.note({.broker = 2, .api = ApiKey::fetch});
  log.note({.broker = 2, .api = ApiKey::produce});
  CHECK(log.count(ApiKey::fetch) == 2);
  CHECK(log.count(ApiKey::fetch, 2) == 1);
  CHECK(log.count(ApiKey::produce, 1) == 0);
  log.clear_seen();
  CHECK(log.seen().empty());
  CHECK(log.count(ApiKey::fetch) == 2);
}

TEST_CASE("the newest requests are kept, at most twice as many as promised") {
  RequestLog log;
  for (size_t i = 0; i < 2 * DevBroker::kMaxSeenRequests + 5; ++i) {
    log.note({.broker = 1, .correlation_id = static_cast<int32_t>(i)});
  }
  CHECK(log.seen().size() == DevBroker::kMaxSeenRequests + 5);
  CHECK(log.seen().front().correlation_id == static_cast<int32_t>(DevBroker::kMaxSeenRequests));
  CHECK(log.seen().back().correlation_id == static_cast<int32_t>(2 * DevBroker::kMaxSeenRequests + 4));
}
