// The account of buffer_memory, and the memory of batches that ended.
#include "producer/memory.hpp"

#include "catch.hpp"
#include "quiet_session.hpp"

using namespace kafka;
using namespace kafka::producer;

TEST_CASE("memory says queue_full when the account is used up, and on_drain is called once half of it is free") {
  QuietSession session;
  Memory memory(*session.core, {}, 10000);
  int drained = 0;
  memory.on_drain([&] { ++drained; });
  memory.charge_record(9000);
  CHECK(memory.used() == 9000);
  CHECK(memory.records() == 1);
  CHECK_FALSE(memory.make_room(900));
  CHECK(memory.make_room(1000) == Errc::queue_full);
  memory.charge_record(500);
  memory.release(4000, 1);
  session.reactor.end_turn();
  CHECK(drained == 0);
  memory.release(1000, 0);
  session.reactor.end_turn();
  CHECK(drained == 1);
  memory.on_drain([&] { ++drained; });
  memory.release(4500, 1);
  session.reactor.end_turn();
  CHECK(drained == 1);  // nothing was refused since
  CHECK(memory.used() == 0);
  CHECK(memory.records() == 0);
}

TEST_CASE("a handler that is set when nothing is left is called at once") {
  QuietSession session;
  Memory memory(*session.core, {}, 1000);
  CHECK(memory.make_room(2000) == Errc::queue_full);
  int drained = 0;
  memory.on_drain([&] { ++drained; });
  session.reactor.end_turn();
  CHECK(drained == 1);
}

TEST_CASE("a parked record that moves into a batch does not call on_drain for the room between") {
  QuietSession session;
  Memory memory(*session.core, {}, 1000);
  int drained = 0;
  memory.charge_record(800);
  CHECK(memory.make_room(500) == Errc::queue_full);
  memory.on_drain([&] { ++drained; });
  memory.move_record(800);
  memory.charge_record(900);
  session.reactor.end_turn();
  CHECK(drained == 0);
  CHECK(memory.used() == 900);
  CHECK(memory.records() == 1);
}

TEST_CASE("open batches take memory beforehand for half of the account at most") {
  QuietSession session;
  Memory memory(*session.core, {}, 100000);
  auto first = memory.new_batch(0, Compression::none, {}, 40000);
  CHECK(first->guessed == 40000);
  CHECK(first->builder.capacity() >= 40000);
  auto second = memory.new_batch(1, Compression::none, {}, 40000);
  CHECK(second->guessed == 0);
  CHECK(second->builder.capacity() < 40000);
  memory.end_filling(*first);
  CHECK(first->guessed == 0);
  auto third = memory.new_batch(2, Compression::none, {}, 40000);
  CHECK(third->guessed == 40000);
}

TEST_CASE("a batch that has ended begins again as another, and flushes that waited for it end") {
  QuietSession session;
  Memory memory(*session.core, {}, 100000);
  auto batch = memory.new_batch(3, Compression::none, {}, 0);
  const Batch* const object = batch.get();
  auto flush = std::make_shared<int>(0);
  const std::weak_ptr<int> under_way = flush;
  batch->flushes.push_back(std::move(flush));
  batch->sequence = 9;
  memory.keep(std::move(batch));
  CHECK(under_way.expired());
  auto again = memory.new_batch(4, Compression::none, {}, 0);
  CHECK(again.get() == object);
  CHECK(again->partition == 4);
  CHECK(again->sequence == -1);
}
