// What a message costs on its way to the application, counted in allocations.
#include <cstdlib>
#include <new>

#include "consumer_bench.hpp"
#include "fetch_peer.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {
size_t allocations = 0;  // of the whole program
}

void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// What the library of C++ asks for without exceptions comes back through the same delete.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

TEST_CASE("A message that is acked inside its callback costs no allocation") {
  SimClient client(1);
  FetchPeer peer(client.world, 2);
  SessionOptions session;
  session.bootstrap_servers = peer.broker.address();
  client.open(session);
  const auto ordering = GENERATE(Ordering::consumer, Ordering::partition);
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
