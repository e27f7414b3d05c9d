// Receipts: the callbacks and tokens of a batch.
#include "producer/receipt.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "producer/block_pool.hpp"

using namespace kafka;
using namespace kafka::producer;

namespace {

// Takes everything: "3c" is a callable of record 3, "4t7" token 7 of record 4.
std::string take_all(Receipts& receipts) {
  std::string all;
  while (true) {
    const int32_t callback = receipts.next_callback();
    const int32_t token = receipts.next_token();
    if (std::min(callback, token) == Receipts::kNone) return all;
    REQUIRE(callback != token);
    if (!all.empty()) all += ' ';
    if (callback < token) {
      CHECK(receipts.take_callback());
      all += std::to_string(callback) + "c";
    } else {
      all += std::to_string(token) + "t" + std::to_string(receipts.take_token());
    }
  }
}

Receipts mixed() {
  Receipts receipts;
  for (int32_t i = 0; i < 12; ++i) {
    if (i == 2 || i == 7) continue;  // these have neither
    if (i % 5 == 0) receipts.add(i, Receipt(DeliveryCallback([](const DeliveryReport&) {})));
    if (i % 5 != 0) receipts.add(i, Receipt(static_cast<uint64_t>(100 + i)));
  }
  return receipts;
}

}  // namespace

TEST_CASE("receipts come out in the order of their records, whatever they are") {
  Receipts receipts = mixed();
  CHECK_FALSE(receipts.empty());
  CHECK(take_all(receipts) == "0c 1t101 3t103 4t104 5c 6t106 8t108 9t109 10c 11t111");
  Receipts none;
  none.add(0, Receipt());
  CHECK(none.empty());
  CHECK(take_all(none).empty());
}

TEST_CASE("E10: split receipts go with their records, at every place") {
  for (int32_t at = 0; at <= 12; ++at) {
    Receipts whole = mixed();
    const std::string all = take_all(whole);
    Receipts first = mixed();
    Receipts second;
    first.split(at, second);
    std::string joined = take_all(first);
    // Of the second half with their old indices again.
    Receipts shifted;
    while (std::min(second.next_callback(), second.next_token()) != Receipts::kNone) {
      if (second.next_callback() < second.next_token()) {
        const int32_t index = second.next_callback();
        shifted.add(index + at, Receipt(second.take_callback()));
      } else {
        const int32_t index = second.next_token();
        shifted.add(index + at, Receipt(second.take_token()));
      }
    }
    const std::string rest = take_all(shifted);
    if (!joined.empty() && !rest.empty()) joined += ' ';
    CHECK(joined + rest == all);
  }
}

TEST_CASE("E2: memory of batches is used again, but never while somebody may read it") {
  BlockPool memory;
  Buffer first = memory.take(100000);
  const char* const at = first.data();
  first.append("batch");
  Bytes batch = first.take();
  const Bytes write = batch;  // what a write under way holds
  memory.give(std::move(batch), 1 << 20);
  CHECK(memory.bytes() == 100000);
  const Buffer other = memory.take(100000);
  CHECK(other.data() != at);
  CHECK(write.view() == "batch");
  {
    const Bytes last = write;
    CHECK(memory.take(100000).data() != at);
  }
  CHECK(memory.bytes() == 100000);
}

TEST_CASE("blocks of batches: one that is not read any more is taken first, and the pool keeps to its limit") {
  BlockPool memory;
  Bytes batch = memory.take(100000).take();
  const BufferBlock* const block = batch.block();
  memory.give(std::move(batch), 1 << 20);
  CHECK(memory.take(200000).take().block() != block);  // too small
  CHECK(memory.take(20000).take().block() != block);   // a waste
  CHECK(memory.take(90000).take().block() == block);
  CHECK(memory.bytes() == 0);
  for (int i = 0; i < 10; ++i) memory.give(Buffer(100000).take(), 350000);
  CHECK(memory.bytes() == 300000);
  memory.trim(150000);
  CHECK(memory.bytes() == 100000);
  memory.give(Buffer(100).take(), 350000);  // not worth it
  CHECK(memory.bytes() == 100000);
  memory.give(Bytes::unowned("literal"), 350000);
  CHECK(memory.bytes() == 100000);
}
