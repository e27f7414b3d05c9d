// Fetching, over all brokers: which partition is asked for where and when, and how much memory each request gets.
// Not here: requests and answers of one broker (source.hpp), giving memory back (buffer.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <map>
#include <optional>
#include <vector>

#include "consumer/assignment.hpp"
#include "consumer/consumption.hpp"
#include "consumer/epoch_check.hpp"
#include "consumer/fetch_memory.hpp"
#include "consumer/intake.hpp"
#include "consumer/life_cycle.hpp"
#include "consumer/positions.hpp"
#include "consumer/source.hpp"
#include "consumer/topic_lookup.hpp"

namespace kafka::consumer {

/// Owns the sources, the memory account, the consumer's connections (a lane), and the timer that looks again.
class Sources final : private SourceContext::Owner {
 public:
  class Owner : public Intake::Owner {
   public:
    /// Dispatching may go on.
    virtual void answer_taken() = 0;
    /// What is in memory is being dispatched, or waits for an answer of the application that can come.
    virtual bool will_free_memory() const = 0;

   protected:
    ~Owner() = default;
  };

  /// All arguments outlive this object.
  Sources(session::Core& core, const ConsumerOptions& options, const Assignment& assignment,
          const LifeCycle& life_cycle, const Consumptions& consumptions, Positions& positions, Owner& owner);

  /// Takes connections of its own, and listens to metadata.
  void join();
  /// The consumption ends: nothing more is asked for.
  void rest();
  /// Answers count no more. `leave` gives back what join() took.
  void close(bool leave);
  /// Looks, at the end of this turn, what can be asked for. To be called whenever a partition, memory, or what is
  /// known of the cluster has changed.
  void schedule();

  const FetchMemory& memory() const { return memory_; }
  uint64_t requests() const { return context_.requests; }
  uint64_t received_bytes() const { return context_.received_bytes; }

 private:
  /// What one look has found to do.
  struct Plan {
    explicit Plan(const cluster::Metadata& metadata, net::TimePoint when) : topics(metadata), now(when) {}
    TopicLookup topics;
    net::TimePoint now;
    net::TimePoint wake = net::TimePoint::max();  // when to look again
    std::map<int32_t, Share> shares;
    std::map<int32_t, std::vector<Partition*>> to_check;  // leaders to be asked about epochs first
    bool checks = false;                                  // a topic is asked about

    void wake_at(net::TimePoint at) { wake = std::min(wake, at); }
  };
  using Entry = std::pair<const int32_t, Share>;

  bool consuming() const { return consumptions_.running() && !context_.life_cycle.closing(); }
  void look();
  void hear_metadata(Plan& plan);
  void look_at(Partition& partition, Plan& plan);
  void check_along(Plan& plan);
  bool in_doubt(const Partition& partition, int32_t leader, const Plan& plan);
  std::optional<int32_t> leader(Partition& partition, const cluster::TopicState* topic, Plan& plan);
  bool missing(Partition& partition, const cluster::TopicState* topic, Plan& plan);
  std::vector<Entry*> in_order(Plan& plan);
  void ask(Entry& entry, Plan& plan);
  size_t wanted(const Share& share) const;
  bool hungry(const Partition& partition) const {
    return partition.buffer.bytes() < static_cast<size_t>(context_.options.max_partition_fetch_bytes);
  }
  Source& source(int32_t node) { return sources_.try_emplace(node, node, context_).first->second; }
  void arm_wake(net::TimePoint at);

  void source_free() override { schedule(); }
  void answer_taken() override { owner_.answer_taken(); }

  const Consumptions& consumptions_;
  Positions& positions_;
  Owner& owner_;
  FetchMemory memory_;
  Intake intake_;
  SourceContext context_;
  EpochCheck epoch_check_;
  std::map<int32_t, Source> sources_;
  uint64_t heard_ = 0;  // the generation of metadata that was looked at
  bool scheduled_ = false;
  net::Timer wake_timer_;
  net::TimePoint wake_at_ = net::TimePoint::max();
  uint64_t listener_ = 0;
};

}  // namespace kafka::consumer
