// Asks leaders where partitions begin and end, or which offset a time has: each partition until its
// leader has answered, or the time is up. Leaders are asked in parallel and followed when they move.
// Callers: OffsetMaster, ConsumerGroup's resets, and consumers in search of a position.
#pragma once

#include <kafka/options.hpp>
#include <kafka/types.hpp>

#include <map>
#include <memory>
#include <vector>

#include "protocol/list_offsets.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Who told an offset, and the epoch of the leader that took the batch there; -1: nobody, not known.
struct OffsetSource {
  int32_t node = -1;
  int32_t epoch = -1;
};

class OffsetQuery final : public session::Client, public std::enable_shared_from_this<OffsetQuery> {
 public:
  /// One answer: which of those asked for, with the offset found, or its error. In the order of arrival.
  using Each = Function<void(size_t index, const TopicOffset& found, const OffsetSource& source)>;
  /// All answers, in the order of the question; the error is the first of theirs.
  using Done = Function<void(Error, std::vector<TopicOffset>)>;

  OffsetQuery(std::shared_ptr<session::Core> core, std::vector<TopicOffset> asked);

  /// Asks. With read_committed the end, and what a time finds, is at most the last stable offset. Lives by itself until
  /// `done` has been called, which is never from inside this call; `closed` when the session closes before. What is
  /// asked at a time and found nowhere has offset -1 and no error.
  static std::shared_ptr<OffsetQuery> start(std::shared_ptr<session::Core> core, std::vector<TopicOffset> asked,
                                            IsolationLevel isolation, bool create, net::Duration timeout, Each each,
                                            Done done);
  /// Nobody waits any more: nothing is called.
  void cancel();

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;

 private:
  enum class State : uint8_t { waiting, asked, done };
  struct Entry {
    TopicOffset place;
    State state = State::waiting;
    bool checked = false;
    bool leaderless = false;  // metadata is asked for, at not_before again
    uint32_t failures = 0;
    net::TimePoint not_before{};
    Error last_error;
  };

  void schedule();
  void step();
  void ask(int32_t node, std::vector<size_t> indexes);
  void answered(int32_t node, const std::vector<size_t>& indexes, const Error& error,
                const protocol::ListOffsetsResponse& response, int16_t version);
  void failed(Entry& entry, Error error);
  void back_off(Entry& entry);
  void finish(Entry& entry, int64_t offset, int64_t timestamp, Error error, const OffsetSource& source = {});
  void fail_all(const Error& error);
  void end();
  void leave();

  std::shared_ptr<session::Core> core_;
  std::shared_ptr<OffsetQuery> self_;
  IsolationLevel isolation_ = IsolationLevel::read_uncommitted;
  std::vector<Entry> entries_;
  size_t left_ = 0;
  bool scheduled_ = false;
  bool ended_ = false;
  net::TimePoint deadline_{};
  net::Timer timer_;
  uint64_t listener_ = 0;
  Each each_;
  Done done_;
  Scope scope_;
};

/// Each partition of the list, at one place.
std::vector<TopicOffset> places(const Partitions& partitions, int64_t offset, int64_t timestamp = -1);

}  // namespace kafka::consumer
