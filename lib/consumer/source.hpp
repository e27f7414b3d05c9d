// Fetching from one broker: one Fetch at a time, for the partitions that are read from it.
// Not here: which partitions those are, and how much memory the request gets (sources.hpp); what the answer means for a
// single partition (intake.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <vector>

#include "cluster/call.hpp"
#include "consumer/assignment.hpp"
#include "consumer/fetch_memory.hpp"
#include "consumer/fetch_session.hpp"
#include "consumer/intake.hpp"
#include "consumer/life_cycle.hpp"
#include "protocol/fetch.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// What is to be asked of one broker now.
struct Share {
  std::vector<Partition*> hungry;
  bool others_full = false;  ///< the broker has partitions that have enough buffered, but not for long
  bool at_end = true;        ///< every hungry one has seen the end
  bool starving = false;     ///< one at least has nothing buffered
  bool advised = true;       ///< no hungry one has had bad advice: the leader may send them elsewhere
};

/// What the sources of one consumer have in common.
struct SourceContext {
  class Owner {
   public:
    /// Look again what can be asked for.
    virtual void source_free() = 0;
    /// An answer was taken: there may be something to dispatch.
    virtual void answer_taken() = 0;

   protected:
    ~Owner() = default;
  };

  session::Core& core;
  const ConsumerOptions& options;
  const Assignment& assignment;
  const LifeCycle& life_cycle;
  FetchMemory& memory;
  Intake& intake;
  Owner& owner;
  cluster::Lane lane{};         ///< connections of the consumer's own: its long polls hold up nobody else
  uint64_t requests = 0;        ///< counts them; each has its number
  uint64_t received_bytes = 0;  ///< of records
  Scope scope{};
};

/// Owns the fetch session with one broker, the request under way and the pause between requests.
class Source {
 public:
  /// How often partitions at their end are asked for while others of the broker have a full buffer.
  static constexpr net::Duration kRideAlong = std::chrono::milliseconds(100);
  /// An empty answer that comes sooner than this is followed by a pause of this length. If the broker was to wait and
  /// does so again and again, the pause doubles up to kLongestEmpty.
  static constexpr net::Duration kShortestEmpty = std::chrono::milliseconds(10);
  static constexpr net::Duration kLongestEmpty = std::chrono::milliseconds(80);

  Source(int32_t node, SourceContext& context) : node_(node), context_(context) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  bool busy() const { return busy_; }
  /// The number of the last request.
  uint64_t last_request() const { return last_request_; }
  /// The broker compares the epochs in a Fetch with its log. True until it turns out to be too old.
  bool compares() const { return compares_; }
  /// The broker takes the ids of topics in a Fetch. False until its first answer says so.
  bool by_id() const { return by_id_; }
  /// When the share may be asked for.
  net::TimePoint due(const Share& share) const;
  /// Sends the request, for at most `reserved` bytes.
  void ask(Share& share, size_t reserved);

 private:
  using Known = FetchSession::Known;
  struct Fetch {
    uint64_t id = 0;
    size_t reserved = 0;
    bool full = true;        // not the next one of a session: the answer has to name every partition
    bool waits = false;      // the broker may wait for records
    bool unchecked = false;  // not sent: the broker compares no epochs, and was not asked about some of them
    net::TimePoint sent_at{};
    std::vector<Question> asked;
  };

  std::vector<Known> wanted(const Share& share, uint64_t id);
  void name_partitions(const Share& share, std::vector<Known>& wanted, Fetch& fetch, protocol::FetchRequest& request,
                       std::vector<int32_t>& grown, bool& unchecked);
  void name_forgotten(uint64_t id, protocol::FetchRequest& request);
  void send(const std::shared_ptr<Fetch>& fetch, protocol::FetchRequest request, std::vector<int32_t> grown,
            bool unchecked, int16_t max_version);

  void pace(const Fetch& fetch, bool something);
  void answered(Fetch& fetch, Error error, protocol::FetchResponse& response, const cluster::CallInfo& info);
  void failed(const Fetch& fetch, const Error& error);
  void too_large(const Fetch& fetch, const Error& error);
  std::shared_ptr<Credit> charge(const protocol::FetchResponse& response);
  bool take_all(Fetch& fetch, const protocol::FetchResponse& response, bool& something);
  bool take_silent(const Fetch& fetch);

  int32_t node_;
  SourceContext& context_;
  FetchSession session_;
  bool busy_ = false;
  bool compares_ = true;
  bool by_id_ = false;
  uint64_t last_request_ = 0;
  uint64_t removals_ = 0;  // of the assignment, when the last request was made
  net::TimePoint not_before_{};
  net::Duration empty_pause_ = kShortestEmpty;
  net::TimePoint last_ride_{};  // when partitions at their end were last asked for while others were full
};

}  // namespace kafka::consumer
