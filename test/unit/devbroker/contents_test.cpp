// Records that go into logs and come out again.
#include "cluster_fixture.hpp"

using namespace kafka;
using namespace kafka::devbroker;

TEST_CASE("records appended by hand are read back as they were") {
  ClusterFixture f(1);
  REQUIRE(!f.cluster.topics().create("t", 1));
  CHECK(f.cluster.contents().append("t", 1, {.value = "x"}) == -1);
  CHECK(f.cluster.contents().append("t", 0, {.key = "k", .value = "v", .headers = {{"h", "1"}}, .timestamp = 5}) == 0);
  CHECK(f.cluster.contents().append("t", 0, {.value = "w"}) == 1);
  auto all = f.cluster.contents().read("t", 0);
  REQUIRE(all.size() == 2);
  CHECK(all[0].key == "k");
  CHECK(all[0].timestamp == 5);
  REQUIRE(all[0].headers.size() == 1);
  CHECK(all[0].headers[0].first == "h");
  CHECK(!all[1].key);
  CHECK(all[1].value == "w");
  CHECK(all[1].timestamp == 1700000000000);
}

TEST_CASE("an open transaction whose first records were deleted still holds the last stable offset back") {
  ClusterFixture f(1);
  REQUIRE(!f.cluster.topics().create("t", 1));
  const std::vector<Message> three(3, Message{.value = "x"});
  REQUIRE(f.cluster.transactions().append("t", 0, 7, three, Compression::none) == 0);
  REQUIRE(f.cluster.contents().append("t", 0, {.value = "w"}) == 3);
  const auto partition = f.cluster.topics().partition("t", 0);
  REQUIRE(!f.cluster.contents().truncate_before("t", 0, 2));
  CHECK(partition->log.last_stable_offset() == 2);
  LogRead read;
  CHECK(partition->log.read(2, 1000, true, false, 2, read, partition->log.last_stable_offset()) == Errc::none);
  CHECK(read.records.empty());
  CHECK(partition->log.bytes_from(2, 2) == 0);
  REQUIRE(!f.cluster.contents().truncate_before("t", 0, 3));
  CHECK(partition->log.last_stable_offset() == 3);
  REQUIRE(f.cluster.transactions().end("t", 0, 7, TransactionEnd::abort) == 4);
  CHECK(partition->log.last_stable_offset() == 5);
}

TEST_CASE("producers can be set, listed and forgotten by hand") {
  ClusterFixture f(1);
  REQUIRE(!f.cluster.topics().create("t", 1));
  Transactions& transactions = f.cluster.transactions();
  CHECK(transactions.set_producer("t", 1, {.id = 7}) == Errc::unknown_topic_or_partition);
  CHECK(transactions.set_producer("t", 0, {.id = -1}) == Errc::invalid_argument);
  REQUIRE(!transactions.set_producer("t", 0, {.id = 7, .epoch = 3, .last_sequence = 41}));
  const auto known = transactions.producers("t", 0);
  REQUIRE(known.size() == 1);
  CHECK(known[0].id == 7);
  CHECK(known[0].epoch == 3);
  CHECK(known[0].last_sequence == 41);
  REQUIRE(transactions.append("t", 0, 7, {Message{.value = "x"}}, Compression::none) == 0);
  CHECK(transactions.producers("t", 0)[0].last_sequence == 42);
  CHECK(transactions.producers("t", 0)[0].transaction_since == 0);
  REQUIRE(!transactions.forget_producers("t", 0));
  CHECK(transactions.producers("t", 0).size() == 1);  // an open transaction is not forgotten
  REQUIRE(transactions.end("t", 0, 7, TransactionEnd::commit) == 1);
  REQUIRE(!transactions.forget_producers("t", 0));
  CHECK(transactions.producers("t", 0).empty());
}
