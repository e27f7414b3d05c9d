// What a message costs on its way to the application, and what reading leaves behind: counted in allocations.
#include <cstdlib>
#include <new>

#include "consumer_fixture.hpp"
#include "fetch_peer.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {
size_t allocations = 0;  // of the whole program
size_t releases = 0;

void release(void* memory) noexcept {
  releases += memory != nullptr ? 1 : 0;
  std::free(memory);
}
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// The standard library also allocates with this one, and frees with the same delete.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }

TEST_CASE("A message that is acked inside its callback costs no allocation") {
  SimClient client(1);
  FetchPeer peer(client.world, 2);
  SessionOptions session;
  session.bootstrap_servers = peer.broker.address();
  client.open(session);
  const auto ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  for (int32_t p = 0; p < 2; ++p) peer.add(p, 2000, 100);
  Fetcher fetcher(*client.session, {{"t", 0, 0}, {"t", 1, 0}}, {.ordering = ordering});
  int got = 0;
  size_t before = 0;
  size_t after = 0;
  fetcher.fetch([&](MessageEnvelope envelope) {
    ++got;
    if (got == 100) before = allocations;
    if (got == 1900) after = allocations;
    if (envelope.ack()) std::abort();
  });
  REQUIRE(client.until([&] { return got == 4000; }));
  CHECK(after - before < 20);  // opening the other partition's batch
  close(client, fetcher);
  client.close();
}

namespace {

struct CostBench {
  explicit CostBench(int32_t partitions, int per_partition) : client(1, {.brokers = 1}) {
    devbroker::Cluster& cluster = client.brokers->cluster();
    REQUIRE_FALSE(cluster.topics().create("t", partitions));
    for (int32_t p = 0; p < partitions; ++p) {
      records::BatchBuilder builder;
      for (int i = 0; i < per_partition; ++i) REQUIRE(builder.append(1, {}, "value") == Errc::none);
      Bytes sealed;
      REQUIRE_FALSE(builder.seal({}, sealed));
      REQUIRE(cluster.contents().append(*cluster.topics().partition("t", p), sealed, 3, 1).error == Errc::none);
    }
  }
  SimClient client;
};

}  // namespace

TEST_CASE("A message that is committed inside its callback, pipelined and without done, costs no allocation") {
  const auto ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered);
  CostBench fixture(2, 5000);
  Consumer consumer(*fixture.client.session, "g", {{"t", {0, 1}}},
                    {.commit_mode = CommitMode::pipelined, .ordering = ordering});
  int got = 0;
  size_t before = 0;
  size_t after = 0;
  consumer.consume([&](MessageEnvelope envelope) {
    ++got;
    if (got == 1000) before = allocations;
    if (got == 9000) after = allocations;
    if (envelope.commit()) std::abort();
  });
  REQUIRE(fixture.client.until([&] { return got == 10000; }));
  CHECK(after - before < 200);  // a request for all messages of a turn, at most one at a time
  close(fixture.client, consumer);
  CHECK(committed(fixture.client, "g", "t", 0) == 5000);
  CHECK(committed(fixture.client, "g", "t", 1) == 5000);
  fixture.client.close();
}

TEST_CASE("A message that is answered out of order, with ack or commit, costs no allocation") {
  const bool commits = GENERATE(false, true);
  CostBench fixture(2, 5000);
  Consumer consumer(*fixture.client.session, "g", {{"t", {0, 1}}},
                    {.commit_mode = CommitMode::pipelined, .max_open = 100, .ordering = Ordering::unordered});
  int got = 0;
  size_t before = 0;
  size_t after = 0;
  std::vector<MessageEnvelope> kept;  // the newest 60, answered newest first
  kept.reserve(100);
  const auto answer_all = [&] {
    for (; !kept.empty(); kept.pop_back()) {
      if (commits ? kept.back().commit() : kept.back().ack()) std::abort();
    }
  };
  consumer.consume([&](MessageEnvelope envelope) {
    ++got;
    if (got == 1000) before = allocations;
    if (got == 9000) after = allocations;
    kept.push_back(std::move(envelope));
    if (kept.size() == 60 || got == 10000) answer_all();
  });
  REQUIRE(fixture.client.until([&] { return got == 10000; }));
  CHECK(after - before < 200);
  close(fixture.client, consumer);
  CHECK(committed(fixture.client, "g", "t", 0) == (commits ? 5000 : -1));
  fixture.client.close();
}

TEST_CASE("A batch costs as many allocations as a single envelope may, however many messages it has") {
  CostBench fixture(1, 20000);
  Fetcher fetcher(*fixture.client.session, {{"t", 0, 0}});
  size_t got = 0;
  size_t batches = 0;
  size_t before = 0;
  size_t after = 0;
  fetcher.batch_fetch(1000, [&](BatchEnvelope batch) {
    got += batch.size();
    ++batches;
    if (batches == 2) before = allocations;
    if (batches == 18) after = allocations;
    if (batch.ack()) std::abort();
  });
  REQUIRE(fixture.client.until([&] { return got == 20000; }));
  CHECK(batches == 20);
  CHECK(after - before <= 16 * 2 + 4);  // what the envelope keeps, and room for its messages
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("I5: thousands of aborted transactions leave nothing behind in a consumer that reads past them") {
  SimClient client(1, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  constexpr int kCommitsEvery = 100;
  for (int i = 1; i <= 40 * kCommitsEvery; ++i) {
    REQUIRE(cluster.transactions().append("t", 0, i, {{.value = std::string(100, 'v')}}, Compression::none) >= 0);
    const bool commits = i % kCommitsEvery == 0;
    REQUIRE(cluster.transactions().end("t", 0, i, commits ? TransactionEnd::commit : TransactionEnd::abort) >= 0);
  }
  Fetcher fetcher(*client.session, {{"t", 0, 0}}, {.max_partition_fetch_bytes = 20000});
  std::vector<size_t> blocks;  // in use when each committed message comes
  blocks.reserve(100);
  fetcher.fetch([&](MessageEnvelope envelope) {
    blocks.push_back(allocations - releases);
    if (envelope.ack()) std::abort();
  });
  REQUIRE(client.until([&] { return blocks.size() == 40; }));
  // Between these two lie 3,000 transactions.
  CHECK(blocks[39] < blocks[9] + 500);
  close(client, fetcher);
  client.close();
}
