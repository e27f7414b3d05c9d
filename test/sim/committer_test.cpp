// Which commits leave together, which wait, and what a commit that fails takes with it: the committer alone, with a
// group that answers when the test says so.
#include "consumer/committer.hpp"

#include "consumer/assignment.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace kafka::consumer;
using namespace std::chrono_literals;

namespace {

struct HeldGroup final : GroupOffsets {
  struct Request {
    std::vector<StoredOffset> offsets;
    OffsetsDone done;
  };
  HeldGroup() : GroupOffsets("g") {}
  void fetch(std::vector<TopicPartition>, net::Duration, OffsetsDone, OffsetsWanted) override {}
  void commit(std::vector<StoredOffset> offsets, net::Duration, OffsetsDone done, OffsetsWanted) override {
    requests.push_back({std::move(offsets), std::move(done)});
  }
  void answer(size_t index, const Error& error = {}) {
    Request request = std::move(requests[index]);
    for (StoredOffset& offset : request.offsets) offset.error = error;
    request.done(error, std::move(request.offsets));
  }
  std::vector<Request> requests;
};

struct CommitterBench final : Committer::Owner {
  explicit CommitterBench(ConsumerOptions with)
      : client(1, {.brokers = 1}),
        options(with),
        assignment(options.ordering == Ordering::unordered ? Window::kMany : 1),
        teller(*client.core, {}),
        committer(*client.core, {}, options, &group, teller, trust, *this) {
    for (int32_t number = 0; number < 3; ++number) partitions.push_back(&assignment.add("t", number));
  }
  std::shared_ptr<void> pin() override { return {}; }
  void commit_stored(Partition& partition, const Commit& commit) override {
    log.push_back("stored " + partition.where() + " " + std::to_string(commit.offset));
  }
  void commit_failed(Partition& partition, const Commit& commit, const Error&) override {
    log.push_back("failed " + partition.where() + " " + std::to_string(commit.offset));
  }
  void commit_lost(Partition& partition, const Commit& commit) override {
    log.push_back("lost " + partition.where() + " " + std::to_string(commit.offset));
  }
  void commit_given_up(Partition& partition, const Commit&) override { log.push_back("given up " + partition.where()); }
  void commits_ended() override {}

  void want(int32_t number, int64_t offset, bool told = false) {
    Function<void(Error)> done;
    if (told)
      done = [this, offset](const Error& error) {
        log.push_back("told " + std::to_string(offset) + " " + error.name());
      };
    committer.want(*partitions[static_cast<size_t>(number)], {offset - 1, offset, 0, true, true}, {}, std::move(done));
  }
  void turn() { client.run(1ms); }

  SimClient client;
  ConsumerOptions options;
  HeldGroup group;
  Assignment assignment;
  Teller teller;
  Trust trust;
  Committer committer;
  std::vector<Partition*> partitions;
  std::vector<std::string> log;
};

}  // namespace

TEST_CASE("Committer: what one turn wants leaves together; other partitions need not wait, the same one does") {
  CommitterBench fixture({.commit_mode = CommitMode::confirmed, .ordering = Ordering::partition});
  fixture.want(0, 1);
  fixture.want(1, 1);
  CHECK(fixture.group.requests.empty());
  CHECK(fixture.committer.pending());
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 1);
  CHECK(fixture.group.requests[0].offsets.size() == 2);
  fixture.want(2, 5);
  fixture.want(0, 2);
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 2);
  REQUIRE(fixture.group.requests[1].offsets.size() == 1);
  CHECK(fixture.group.requests[1].offsets[0].partition == 2);
  fixture.group.answer(0);
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 3);
  CHECK(fixture.group.requests[2].offsets[0].partition == 0);
  CHECK(fixture.group.requests[2].offsets[0].offset == 2);
  fixture.group.answer(2);
  fixture.group.answer(1);
  fixture.turn();
  CHECK(fixture.log == std::vector<std::string>{"stored t/0 1", "stored t/1 1", "stored t/0 2", "stored t/2 5"});
  CHECK_FALSE(fixture.committer.pending());
}

TEST_CASE("Committer: where nothing waits for a commit, one request at a time carries the newest offsets") {
  const bool unordered = GENERATE(false, true);
  CommitterBench fixture(unordered
                             ? ConsumerOptions{.commit_mode = CommitMode::confirmed, .ordering = Ordering::unordered}
                             : ConsumerOptions{.commit_mode = CommitMode::pipelined, .ordering = Ordering::partition});
  fixture.want(0, 1);
  fixture.turn();
  fixture.want(1, 1);
  fixture.want(1, 2);
  fixture.turn();
  CHECK(fixture.group.requests.size() == 1);
  fixture.group.answer(0);
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 2);
  CHECK(fixture.group.requests[1].offsets[0].offset == 2);
  fixture.group.answer(1);
  CHECK(fixture.log == std::vector<std::string>{"stored t/0 1", "stored t/1 2"});
}

TEST_CASE("Committer: done is told before the envelope is closed, and a failure takes the newer commit with it") {
  CommitterBench fixture({.commit_mode = CommitMode::pipelined, .ordering = Ordering::partition});
  fixture.want(0, 1, true);
  fixture.turn();
  fixture.want(0, 2, true);
  fixture.turn();
  fixture.group.answer(0, Error(Errc::group_authorization_failed));
  CHECK(fixture.log == std::vector<std::string>{"failed t/0 1", "failed t/0 2"});
  fixture.turn();
  CHECK(fixture.log == std::vector<std::string>{"failed t/0 1", "failed t/0 2", "told 1 group_authorization_failed",
                                                "told 2 group_authorization_failed"});
  fixture.log.clear();
  fixture.want(0, 3, true);
  fixture.turn();
  fixture.group.answer(1);
  CHECK(fixture.log.empty());
  CHECK(fixture.committer.pending());
  fixture.turn();
  CHECK(fixture.log == std::vector<std::string>{"told 3 none", "stored t/0 3"});
  CHECK_FALSE(fixture.committer.pending());
}

TEST_CASE("Committer: a partition that comes back waits for the commit of the one that left") {
  CommitterBench fixture({.commit_mode = CommitMode::confirmed, .ordering = Ordering::partition});
  fixture.want(0, 1);
  fixture.turn();
  const std::shared_ptr<Partition> left = fixture.partitions[0]->shared_from_this();
  fixture.assignment.remove(*left);
  fixture.committer.leave(*left, Error(Errc::lost));
  fixture.partitions[0] = &fixture.assignment.add("t", 0);
  fixture.want(0, 2);
  fixture.want(1, 2);
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 2);
  REQUIRE(fixture.group.requests[1].offsets.size() == 1);
  CHECK(fixture.group.requests[1].offsets[0].partition == 1);
  fixture.group.answer(0);
  fixture.turn();
  REQUIRE(fixture.group.requests.size() == 3);
  CHECK(fixture.group.requests[2].offsets[0].offset == 2);
}

TEST_CASE("Committer: after the deadline nothing is pending, and late answers find nothing") {
  CommitterBench fixture({.commit_mode = CommitMode::pipelined, .ordering = Ordering::partition});
  fixture.want(0, 1, true);
  fixture.turn();
  fixture.want(1, 1);
  fixture.committer.give_up(Error(Errc::closed));
  CHECK(fixture.log == std::vector<std::string>{"given up t/0"});
  CHECK_FALSE(fixture.committer.pending());
  fixture.turn();
  CHECK(fixture.log.back() == "told 1 closed");
  fixture.group.answer(0);
  fixture.turn();
  CHECK(fixture.log.size() == 2);
  CHECK(fixture.group.requests.size() == 1);
}
