// The small parts of fetching: the advice to read from a follower, the memory account, and what a broker remembers of a
// fetch session.
#include "consumer/fetch_memory.hpp"
#include "consumer/fetch_session.hpp"
#include "consumer/partition.hpp"
#include "consumer/replica.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::consumer;
using namespace std::chrono_literals;

namespace {

constexpr net::TimePoint kNow{100s};
constexpr size_t kKiB = 1024;
constexpr size_t kMiB = 1024 * kKiB;

FetchSession::Known known(const std::string& topic, int32_t number, int64_t offset) {
  FetchSession::Known one;
  one.topic = std::make_shared<const std::string>(topic);
  one.number = number;
  one.offset = offset;
  return one;
}

}  // namespace

TEST_CASE("a position set anew keeps the request under way, the follower and the origin, and no answer about it counts",
          "[partition]") {
  const auto partition = std::make_shared<Partition>();
  partition->topic = std::make_shared<const std::string>("t");
  partition->origin.kind = Origin::Kind::committed;
  partition->position.state = Position::State::ready;
  partition->position.next = 5;
  partition->epochs.read(3, 1);
  partition->fetch.position = 9;
  partition->fetch.oddities = 2;
  partition->request.id = 7;
  partition->replica.follow(3, kNow);
  const Question question(*partition);
  CHECK(question.fetching());
  partition->start_anew();
  CHECK_FALSE(question.holds());
  CHECK_FALSE(question.fetching());
  CHECK(partition->position.state == Position::State::unknown);
  CHECK(partition->position.next == -1);
  CHECK(partition->epochs.last == -1);
  CHECK(partition->fetch.position == -1);
  CHECK(partition->fetch.oddities == 0);
  CHECK(partition->origin.kind == Origin::Kind::committed);
  CHECK(partition->request.id == 7);
  CHECK(partition->replica.followed());
}

TEST_CASE("a follower is read from until its time is up, or it leads", "[replica]") {
  Replica replica;
  CHECK_FALSE(replica.followed());
  replica.follow(3, kNow + 5min);
  replica.refresh(1, kNow + 5min - 1ns);
  CHECK(replica.followed());
  replica.refresh(1, kNow + 5min);
  CHECK_FALSE(replica.followed());
  replica.follow(3, kNow + 5min);
  replica.refresh(3, kNow);
  CHECK_FALSE(replica.followed());
}

TEST_CASE("after a follower that failed, advice is not taken for 10 seconds", "[replica]") {
  Replica replica;
  replica.follow(3, kNow + 5min);
  CHECK_FALSE(replica.leave(1, kNow));  // it was the leader that failed
  CHECK(replica.followed());
  CHECK(replica.leave(3, kNow));
  CHECK_FALSE(replica.followed());
  CHECK_FALSE(replica.takes_advice(kNow + 10s - 1ns));
  CHECK(replica.takes_advice(kNow + 10s));
  CHECK_FALSE(replica.leave(3, kNow));
}

TEST_CASE("one answer takes a quarter of the memory, at least 1 MiB, and never more than may be received", "[memory]") {
  CHECK(FetchMemory::largest_answer(64 * kMiB, 50 * kMiB, 100 * kMiB) == 16 * kMiB);
  CHECK(FetchMemory::largest_answer(2 * kMiB, 50 * kMiB, 100 * kMiB) == kMiB);
  CHECK(FetchMemory::largest_answer(64 * kMiB, 4 * kMiB, 100 * kMiB) == 4 * kMiB);
  CHECK(FetchMemory::largest_answer(64 * kMiB, 50 * kMiB, 8 * kMiB) == 7 * kMiB);
}

TEST_CASE("a fetch gets what it can use, its part of the memory, or what is left", "[memory]") {
  FetchMemory memory(8 * kMiB, 4 * kMiB);
  CHECK(memory.room(kMiB, 1) == kMiB);
  CHECK(memory.room(100 * kMiB, 1) == 4 * kMiB);  // the largest answer
  CHECK(memory.room(100 * kMiB, 8) == kMiB);      // one of eight brokers
  memory.reserve(7 * kMiB);
  CHECK(memory.room(100 * kMiB, 1) == kMiB);
  memory.release(7 * kMiB);
  const auto credit = memory.charge(6 * kMiB);
  *memory.decompressed() += kMiB;
  CHECK(memory.held() == 7 * kMiB);
  CHECK(memory.room(100 * kMiB, 1) == kMiB);
}

TEST_CASE("a fetch that would get less than 64 KiB is not sent, unless it needs no more", "[memory]") {
  FetchMemory memory(kMiB, kMiB);
  memory.reserve(kMiB - FetchMemory::kLeastFetch + 1);
  CHECK(memory.room(kMiB, 1) == 0);
  CHECK(memory.room(10 * kKiB, 1) == 10 * kKiB);
  memory.release(1);
  CHECK(memory.room(kMiB, 1) == FetchMemory::kLeastFetch);
  memory.reserve(kMiB);  // a small step beyond the limit
  CHECK(memory.room(10 * kKiB, 1) == 0);
}

TEST_CASE("memory of an answer is charged as long as somebody keeps it", "[memory]") {
  FetchMemory memory(kMiB, kMiB);
  auto first = memory.charge(1000);
  auto second = first;
  first.reset();
  CHECK(memory.held() == 1000);
  second.reset();
  CHECK(memory.held() == 0);
}

TEST_CASE("a fetch session goes on from epoch to epoch, and ends with any other answer", "[session]") {
  FetchSession session;
  CHECK(session.full());
  session.answered(true, 77);
  CHECK_FALSE(session.full());
  CHECK(session.id == 77);
  CHECK(session.epoch == 1);
  session.answered(false, 77);
  CHECK(session.epoch == 2);
  session.epoch = INT32_MAX;
  session.answered(false, 77);
  CHECK(session.epoch == 1);  // 0 would begin another session
  session.known[0] = known("t", 0, 5);
  session.answered(false, 78);
  CHECK(session.full());
  CHECK(session.id == 0);
  CHECK(session.known.empty());
}

TEST_CASE("a broker that opens no session is asked in full each time", "[session]") {
  FetchSession session;
  session.answered(true, 0);
  CHECK(session.full());
  CHECK(session.id == 0);
}

TEST_CASE("a session that may be out of step is closed with the next request, unless the broker lost it", "[session]") {
  FetchSession session;
  session.answered(true, 77);
  session.restart(false);
  CHECK(session.full());
  CHECK(session.id == 77);  // the broker may drop it
  session.restart(true);
  CHECK(session.id == 0);
}

TEST_CASE("a slot that went to another partition, or a topic made anew, is not the one that the broker knows",
          "[session]") {
  const FetchSession::Known one = known("t", 3, 5);
  CHECK(one.same_partition(known("t", 3, 9)));  // the same name in another string
  CHECK_FALSE(one.same_partition(known("t", 4, 5)));
  CHECK_FALSE(one.same_partition(known("u", 3, 5)));
  FetchSession::Known anew = one;
  anew.topic_id = Uuid{{1}};
  CHECK_FALSE(one.same_partition(anew));
  CHECK(one.same(known("t", 3, 5)));
  CHECK_FALSE(one.same(known("t", 3, 6)));
}
