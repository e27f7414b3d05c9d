// What a log knows of its producers, producer ids, and the leader epochs of a log.
#include "devbroker/producers.hpp"

#include "catch.hpp"

#include <vector>

#include "devbroker/log.hpp"
#include "devbroker/producer_ids.hpp"
#include "records/builder.hpp"

using namespace kafka;
using namespace kafka::devbroker;

namespace {

constexpr int32_t kMaxSequence = INT32_MAX;

Bytes batch_of(int count, int64_t producer, int16_t epoch, int32_t sequence) {
  records::BatchBuilder builder(256);
  for (int i = 0; i < count; ++i) REQUIRE(builder.append(1000 + i, "k", "v") == Errc::none);
  Bytes sealed;
  REQUIRE(!builder.seal({.producer_id = producer, .producer_epoch = epoch, .base_sequence = sequence}, sealed));
  return sealed;
}

struct Fixture {
  Appended append(int count, int32_t sequence, int16_t epoch = 0, int64_t producer = 7) {
    return log.append(batch_of(count, producer, epoch, sequence), {.producers = rules});
  }
  Errc error(int count, int32_t sequence, int16_t epoch = 0, int64_t producer = 7) {
    return append(count, sequence, epoch, producer).error;
  }
  PartitionLog log;
  ProducerRules rules = ProducerRules::lasting;
};

}  // namespace

TEST_CASE("batches in order are appended, a gap is refused and leaves the log as it was") {
  Fixture f;
  CHECK(f.append(2, 0).base_offset == 0);
  CHECK(f.append(3, 2).base_offset == 2);
  CHECK(f.error(1, 6) == Errc::out_of_order_sequence_number);
  CHECK(f.log.end_offset() == 5);
  CHECK(f.error(1, 0, 0, 8) == Errc::none);
  CHECK(f.append(1, 5).base_offset == 6);
}

TEST_CASE("a retry of one of the last five batches succeeds with its first offset and appends nothing") {
  Fixture f;
  for (int32_t i = 0; i < 6; ++i) REQUIRE(f.error(2, 2 * i) == Errc::none);
  for (int32_t i = 1; i < 6; ++i) {
    const Appended again = f.append(2, 2 * i);
    CHECK(again.error == Errc::none);
    CHECK(again.duplicate);
    CHECK(again.base_offset == 2 * i);
    CHECK(again.timestamp == 1001);
  }
  CHECK(f.error(2, 0) == Errc::out_of_order_sequence_number);
  CHECK(f.error(1, 10) == Errc::out_of_order_sequence_number);  // the same start, another end
  CHECK(f.log.end_offset() == 12);
  CHECK(f.append(1, 12).base_offset == 12);
}

TEST_CASE("like 0.11: one batch is remembered") {
  Fixture f;
  f.rules = ProducerRules::one_batch;
  for (int32_t i = 0; i < 3; ++i) REQUIRE(f.error(1, i) == Errc::none);
  CHECK(f.append(1, 2).base_offset == 2);
  CHECK(f.error(1, 1) == Errc::out_of_order_sequence_number);
  CHECK(f.error(1, 4) == Errc::out_of_order_sequence_number);
  CHECK(f.error(1, 4, 0, 9) == Errc::out_of_order_sequence_number);
}

TEST_CASE("an old epoch is refused; a new one begins with sequence 0") {
  Fixture f;
  REQUIRE(f.error(1, 0, 3) == Errc::none);
  CHECK(f.error(1, 1, 2) == Errc::invalid_producer_epoch);
  CHECK(f.error(1, 1, 4) == Errc::out_of_order_sequence_number);
  CHECK(f.error(1, 0, 4) == Errc::none);
  CHECK(f.error(1, 1, 3) == Errc::invalid_producer_epoch);
  CHECK(f.error(1, 1, 4) == Errc::none);
  CHECK(f.log.end_offset() == 3);
}

TEST_CASE("an unknown producer may begin with any sequence, but not in 1.1") {
  Fixture f;
  CHECK(f.error(1, 1234) == Errc::none);
  CHECK(f.error(1, 1236) == Errc::out_of_order_sequence_number);
  f.log.producers().forget();
  CHECK(f.error(1, 1236) == Errc::none);
  f.log.producers().forget();
  f.rules = ProducerRules::forgetful;
  CHECK(f.error(1, 1237) == Errc::unknown_producer_id);
  CHECK(f.error(1, 0) == Errc::none);
}

TEST_CASE("E7: sequence 0 follows 2^31 - 1, also inside a batch, and the retry is recognised") {
  Fixture f;
  REQUIRE(f.error(1, kMaxSequence - 3) == Errc::none);
  CHECK(f.append(5, kMaxSequence - 2).base_offset == 1);  // MAX-2, MAX-1, MAX, 0, 1
  CHECK(f.append(5, kMaxSequence - 2).duplicate);
  CHECK(f.error(1, 1) == Errc::out_of_order_sequence_number);
  CHECK(f.append(1, 2).base_offset == 6);
  Fixture exact;
  REQUIRE(exact.error(2, kMaxSequence - 1) == Errc::none);
  CHECK(exact.error(1, 1) == Errc::out_of_order_sequence_number);
  CHECK(exact.append(1, 0).base_offset == 2);
}

TEST_CASE("when a log is truncated it forgets the producers of the lost batches") {
  Fixture f;
  REQUIRE(f.error(2, 0) == Errc::none);
  REQUIRE(f.error(2, 2) == Errc::none);
  REQUIRE(f.error(1, 0, 0, 8) == Errc::none);
  f.log.truncate_to(2);
  CHECK(f.log.producers().states().size() == 1);
  CHECK(f.error(1, 4) == Errc::out_of_order_sequence_number);
  CHECK(f.append(2, 0).duplicate);
  CHECK(f.append(2, 2).base_offset == 2);
  REQUIRE(f.log.truncate_before(-1) == Errc::none);
  CHECK(f.append(2, 2).duplicate);
  f.log.producers().forget_below(f.log.start_offset());
  CHECK(f.log.producers().states().empty());
}

TEST_CASE("ids count up; a transactional id keeps its own, with a growing epoch, until that is used up") {
  ProducerIds ids;
  CHECK(ids.create().id == 0);
  CHECK(ids.create().id == 1);
  ids.set_next_epoch(32765);
  ProducerIdentity first, next;
  REQUIRE(ids.init("t", {}, first) == Errc::none);
  CHECK(first.id == 2);
  CHECK(first.epoch == 32765);
  REQUIRE(ids.init("t", first, next) == Errc::none);
  CHECK(next.id == 2);
  CHECK(next.epoch == 32766);
  REQUIRE(ids.init("t", first, next) == Errc::none);  // the answer was lost
  CHECK(next.epoch == 32766);
  ProducerIdentity rotated;
  REQUIRE(ids.init("t", next, rotated) == Errc::none);
  CHECK(rotated.id == 3);
  CHECK(rotated.epoch == 0);
  CHECK(ids.init("t", first, first) == Errc::producer_fenced);
  REQUIRE(ids.init("t", {}, first) == Errc::none);  // another producer takes over
  CHECK(first.epoch == 1);
  CHECK(ids.init("t", rotated, first) == Errc::producer_fenced);
}

TEST_CASE("an epoch ends where the next one with records begins; truncated epochs are forgotten") {
  LeaderEpochs epochs;
  CHECK(epochs.end_of(0, 9).epoch == -1);
  epochs.begin(0, 0);
  epochs.begin(2, 5);
  epochs.begin(3, 5);  // 2 has written nothing
  epochs.begin(1, 6);  // too late
  CHECK(epochs.end_of(0, 9).end_offset == 5);
  CHECK(epochs.end_of(2, 9).epoch == 0);
  CHECK(epochs.end_of(3, 9).end_offset == 9);
  CHECK(epochs.end_of(4, 9).epoch == -1);
  epochs.cut_below(7);
  CHECK(epochs.end_of(0, 9).epoch == 0);
  CHECK(epochs.end_of(0, 9).end_offset == 7);
  epochs.begin(8, 9);
  epochs.cut_from(9);
  CHECK(epochs.end_of(3, 9).end_offset == 9);
  CHECK(epochs.end_of(8, 9).epoch == -1);
}
