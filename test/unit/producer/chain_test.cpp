// Sequences of one partition: which batch gets which one, and what a gap leads to.
#include "producer/chain.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "producer/batch.hpp"
#include "records/iterator.hpp"

using namespace kafka;
using namespace kafka::producer;

namespace {

constexpr Identity kOld{7, 0};
constexpr Identity kFresh{7, 1};

std::unique_ptr<Batch> batch_of(int records) {
  auto batch = std::make_unique<Batch>(0, Compression::none, net::TimePoint(), 1024);
  for (int i = 0; i < records; ++i) REQUIRE(batch->append(1, "k", "v", {}, {}) == Errc::none);
  return batch;
}

// A batch that left once: it has its sequence, and is sealed.
std::unique_ptr<Batch> sent(Chain& chain, int records) {
  auto batch = batch_of(records);
  chain.stamp(*batch, kOld, 0);
  REQUIRE_FALSE(batch->seal(-1));
  return batch;
}

records::BatchInfo header_of(const Batch& batch) {
  records::BatchIterator iterator(batch.sealed, {});
  REQUIRE(iterator.next());
  return iterator.batch();
}

}  // namespace

TEST_CASE("a chain numbers records one after the other, and 2^31 - 1 is followed by 0") {
  Chain chain;
  CHECK_FALSE(chain.identity().known());
  auto first = batch_of(3);
  chain.stamp(*first, kOld, std::numeric_limits<int32_t>::max() - 3);
  CHECK(first->identity == kOld);
  CHECK(first->sequence == std::numeric_limits<int32_t>::max() - 3);
  auto second = batch_of(2);
  chain.stamp(*second, kFresh, 99);  // the chain goes on under the identity it began with
  CHECK(second->identity == kOld);
  CHECK(second->sequence == std::numeric_limits<int32_t>::max());
  CHECK(chain.next_sequence() == 1);
}

TEST_CASE("a batch gets its sequence once") {
  Chain chain;
  auto batch = batch_of(2);
  chain.stamp(*batch, kOld, 0);
  auto other = batch_of(1);
  chain.stamp(*other, kOld, 0);
  chain.stamp(*batch, kOld, 0);
  CHECK(batch->sequence == 0);
  CHECK(chain.next_sequence() == 3);
}

TEST_CASE("a batch that may be stored without a sequence never gets one, and without an identity none does") {
  Chain chain;
  auto bare = batch_of(1);
  bare->unknown_fate = true;
  chain.stamp(*bare, kOld, 0);
  CHECK_FALSE(bare->identity.known());
  CHECK_FALSE(chain.identity().known());
  auto early = batch_of(1);
  chain.stamp(*early, Identity(), 0);
  CHECK_FALSE(early->identity.known());
}

TEST_CASE("a batch that is sealed already carries its sequence in its bytes") {
  Chain chain;
  auto batch = batch_of(2);
  REQUIRE_FALSE(batch->seal(-1));
  CHECK(header_of(*batch).producer_id == -1);
  chain.stamp(*batch, kOld, 5);
  CHECK(header_of(*batch).producer_id == 7);
  CHECK(header_of(*batch).base_sequence == 5);
}

TEST_CASE("E4: a chain is anchored by a batch of its own identity, stored with its sequence") {
  Chain chain;
  auto batch = sent(chain, 1);
  CHECK_FALSE(chain.anchored());
  auto foreign = batch_of(1);
  foreign->identity = kFresh;
  chain.stored(*foreign, true);
  CHECK_FALSE(chain.anchored());
  chain.stored(*batch, true);
  CHECK(chain.anchored());
  chain.stored(*batch, false);  // by a leader that leaves sequences out: the log has a gap
  CHECK_FALSE(chain.anchored());
}

TEST_CASE("E14: after a failure nothing leaves until all that is under way has come back") {
  Chain chain;
  CHECK(chain.next(false) == Chain::Step::send);
  CHECK(chain.next(true) == Chain::Step::send);
  chain.drain();
  CHECK(chain.next(true) == Chain::Step::wait);
  CHECK(chain.next(true) == Chain::Step::wait);
  CHECK(chain.next(false) == Chain::Step::send);
  CHECK(chain.next(true) == Chain::Step::send);
}

TEST_CASE("a gap makes the chain wait for the batches under way, and begin again then") {
  Chain chain;
  auto lost = sent(chain, 3);
  chain.gap(*batch_of(1));  // without a sequence: leaves no gap
  CHECK(chain.next(true) == Chain::Step::send);
  chain.gap(*lost);
  CHECK(chain.next(true) == Chain::Step::wait);
  CHECK(chain.next(false) == Chain::Step::mend);
  CHECK(chain.next(false) == Chain::Step::mend);  // until it is mended
  Ring<std::unique_ptr<Batch>> waiting;
  CHECK(chain.mend(kFresh, waiting).empty());
  CHECK(chain.next(false) == Chain::Step::send);
  CHECK(chain.identity() == kFresh);
  CHECK(chain.next_sequence() == 0);
  chain.gap(*lost);  // of the old identity: it is no news
  CHECK(chain.next(false) == Chain::Step::send);
}

TEST_CASE("E8: mending gives new sequences to batches that no log has, and gives up those that one may have") {
  Chain chain;
  auto certain = sent(chain, 2);
  auto doubtful = sent(chain, 3);
  doubtful->unknown_fate = true;
  auto late = sent(chain, 4);
  auto unsent = batch_of(1);
  auto bare = batch_of(1);
  bare->unknown_fate = true;  // may be stored, but without a sequence: no identity makes a difference
  const Batch* const given_up = doubtful.get();
  Ring<std::unique_ptr<Batch>> waiting;
  for (auto* each : {&certain, &doubtful, &late, &unsent, &bare}) waiting.push_back(std::move(*each));
  const auto gone = chain.mend(kFresh, waiting);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].get() == given_up);
  CHECK(gone[0]->identity == kOld);
  REQUIRE(waiting.size() == 4);
  CHECK(waiting[0]->identity == kFresh);
  CHECK(waiting[0]->sequence == 0);
  CHECK(header_of(*waiting[0]).producer_epoch == 1);
  CHECK(header_of(*waiting[0]).base_sequence == 0);
  CHECK(waiting[1]->sequence == 2);
  CHECK(header_of(*waiting[1]).base_sequence == 2);
  CHECK_FALSE(waiting[2]->identity.known());
  CHECK_FALSE(waiting[3]->identity.known());
  CHECK(chain.next_sequence() == 6);
  CHECK_FALSE(chain.anchored());
}

TEST_CASE("a batch of which records were dropped for an old leader leaves a gap") {
  Chain chain;
  auto batch = batch_of(2);
  const Header header{"h", "x"};
  REQUIRE(batch->append(1, "k", "v", std::span(&header, 1), {}) == Errc::none);
  REQUIRE_FALSE(batch->seal(-1));
  REQUIRE_FALSE(batch->drop_headers(-1));
  chain.stamp(*batch, kOld, 0);
  CHECK(chain.broken());
  CHECK(chain.next_sequence() == 3);
}

TEST_CASE("errors about sequences are told from all others") {
  for (const Errc code : {Errc::out_of_order_sequence_number, Errc::unknown_producer_id, Errc::invalid_producer_epoch,
                          Errc::producer_fenced, Errc::invalid_producer_id_mapping}) {
    CHECK(is_about_sequences(code));
  }
  for (const Errc code : {Errc::none, Errc::duplicate_sequence_number, Errc::not_leader_or_follower}) {
    CHECK_FALSE(is_about_sequences(code));
  }
}
