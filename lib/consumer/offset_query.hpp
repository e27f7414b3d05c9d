// Asks leaders where partitions begin and end, or which offset a time has. Leaders are asked in parallel, and followed
// when they move. Each partition is asked about until its leader has answered, or the time is up.
// Not here: what the offsets are for (positions.cpp, offset_lookup.cpp, stored_offsets.cpp).
#pragma once

#include <kafka/options.hpp>
#include <kafka/types.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/leaders.hpp"
#include "protocol/list_offsets.hpp"
#include "session/core.hpp"
#include "session/operation.hpp"

namespace kafka::consumer {

/// Which broker told an offset, and the epoch of the leader that took the batch there; -1: none, not known.
struct OffsetSource {
  int32_t node = -1;
  int32_t epoch = -1;
  bool by_time = false;  ///< a time was asked for, and the broker looks at the times of records (0.10.1 and later)
  Uuid topic_id{};       ///< as metadata knew it when the broker was asked, which goes by name; zero: not known
};

/// Owns one question about any number of partitions, until all of them are answered.
class OffsetQuery final : public session::Operation {
 public:
  struct Task {
    std::vector<TopicOffset> places;  ///< earliest, latest or a time
    /// With read_committed the end, and what a time finds, is at most the last stable offset.
    IsolationLevel isolation = IsolationLevel::read_uncommitted;
    bool create = false;  ///< brokers may create topics
    net::Duration timeout{};
    /// False once nobody needs the answer: what waits for a connection is not sent then. Empty: somebody does.
    Function<bool()> wanted = {};
  };
  /// One answer: which of the places, with the offset found, or its error. In the order of arrival.
  using Each = Function<void(size_t index, const TopicOffset& found, const OffsetSource& source)>;
  /// All answers, in the order of the places; the error is the first of theirs.
  using Done = Function<void(Error, std::vector<TopicOffset>)>;

  OffsetQuery(std::shared_ptr<session::Core> core, Task task, Each each, Done done);

  /// Asks. `done` is never called from inside this call; with `closed` when the session closes before. A time after the
  /// last record gives offset -1 and no error.
  static std::shared_ptr<OffsetQuery> start(std::shared_ptr<session::Core> core, Task task, Each each, Done done);
  /// Nobody waits any more: nothing is called.
  void cancel();

 private:
  enum class State : uint8_t { waiting, asked, done };
  struct Entry {
    TopicOffset place;
    State state = State::waiting;
    cluster::LeaderSearch retry;
    Uuid topic_id{};  ///< when it was asked last
    Error last_error;
  };
  using ByLeader = std::map<int32_t, std::vector<size_t>>;
  using Answer = protocol::ListOffsetsResponse::ListOffsetsTopicResponse::ListOffsetsPartitionResponse;

  void begin();
  void refuse_illegal();
  void schedule();
  void step();
  void look_at(size_t index, net::TimePoint now, net::TimePoint& wake, ByLeader& by_leader);
  Error time_out(const Entry& entry, const cluster::TopicState* topic) const;
  void ask(int32_t node, std::vector<size_t> indexes);
  void answered(int32_t node, const std::vector<size_t>& indexes, const Error& error,
                const protocol::ListOffsetsResponse& response, int16_t version);
  void take(Entry& entry, const Answer& answer, int32_t node, int16_t version);
  void failed(Entry& entry, Error error);
  void retry_together(const std::vector<size_t>& indexes);
  void finish(Entry& entry, int64_t offset, int64_t timestamp, Error error, const OffsetSource& source = {});
  void fail(Error error) override;
  void drop() override;
  void end();
  std::shared_ptr<Operation> stop();
  std::set<std::string> topics() const;

  std::shared_ptr<session::Core> core_;
  IsolationLevel isolation_;
  bool create_;
  std::vector<Entry> entries_;
  size_t left_;
  bool checked_ = false;  // illegal places have been refused
  bool scheduled_ = false;
  net::TimePoint deadline_;
  net::Timer timer_;
  uint64_t listener_ = 0;
  Function<bool()> wanted_;
  Each each_;
  Done done_;
  Scope scope_;
};

/// Each partition of the list, at one place.
std::vector<TopicOffset> places(const Partitions& partitions, int64_t offset, int64_t timestamp = -1);

}  // namespace kafka::consumer
