// What leaves when: the batches that may be sent are gathered by leader into one Produce request each, with one batch
// per partition.
// Not here: how batches are filled (accumulator.hpp), what becomes of them after an answer (answer_queue.hpp).
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/scope.hpp"
#include "cluster/leaders.hpp"
#include "producer/accumulator.hpp"
#include "producer/alarm.hpp"
#include "producer/answer_queue.hpp"
#include "producer/expiry.hpp"
#include "producer/idempotence.hpp"
#include "producer/lingering.hpp"
#include "producer/request_writer.hpp"
#include "producer/requests.hpp"
#include "producer/send_queue.hpp"
#include "producer/settler.hpp"
#include "producer/urgency.hpp"

namespace kafka::producer {

/// Owns the requests under way, the partitions that have something to send, and the producer's identity.
class Sender final : public BatchObserver {
 public:
  /// Largest body of one request, over all its partitions; brokers refuse 100 MiB.
  static constexpr size_t kMaxRequestBytes = 16 * 1024 * 1024;
  static constexpr int32_t kDefaultInFlight = 5;
  /// Bytes, before compression, of the batches that are packed ahead in one turn of the loop; or one batch.
  static constexpr size_t kSealedAhead = 1024 * 1024;

  Sender(session::Core& session, const ProducerOptions& options, Accumulator& accumulator, Reports& reports,
         Urgency urgency);

  void on_opened(Partition& partition) override;
  void on_filled(Partition& partition) override { queue_.activate(partition); }
  void on_parked(net::TimePoint deadline) override { expiry_.by(deadline); }

  /// Looks for something to send at the end of the turn.
  void schedule() { queue_.schedule(); }
  /// `flush` waits for what is under way too, and nothing lingers.
  void flush(const std::shared_ptr<void>& flush);
  /// Ends the batches under way. Their requests go on without them.
  void fail_requests(const Error& error);
  /// Ends the batches of the partition that wait, and its open one.
  void fail_waiting(Partition& partition, const Error& error);
  size_t requests() const noexcept { return requests_.size(); }
  /// For tests of the wrap (E7): partitions that have sent nothing count from here.
  void set_first_sequence(int32_t sequence) { first_sequence_ = sequence; }
  void stop();

 private:
  struct Outgoing;
  struct Pass;

  void look();
  void end_lingering(net::TimePoint now);
  bool visit(Partition& partition, Pass& pass);
  bool may_leave(Partition& partition, Pass& pass, bool& lingers);
  bool chain_allows(Partition& partition);
  bool mend(Partition& partition);
  static bool of_unknown_fate(const Partition& partition);
  Outgoing* outgoing(Partition& partition, Pass& pass);
  void take_batch(Partition& partition, Outgoing& to, Pass& pass);
  void end_pass(Pass& pass);
  void fetch_ahead(const std::vector<Partition*>& listed, size_t at) const;
  bool may_seal_ahead(const Partition& partition) const;
  void seal_ahead(const std::vector<Partition*>& partitions);
  void send(std::shared_ptr<Request> request);
  int32_t request_limit() const { return options_.max_in_flight.value_or(kDefaultInFlight); }
  int32_t batch_limit(const Partition& partition) const;

  session::Core& session_;
  const ProducerOptions& options_;
  Accumulator& accumulator_;
  Reports& reports_;
  const Urgency urgency_;
  SendQueue queue_;
  Lingering lingering_;
  Alarm wake_;
  Requests requests_;
  Idempotence idempotence_;
  int32_t first_sequence_ = 0;
  Expiry expiry_;
  Settler settler_;
  AnswerQueue answers_;
  RequestWriter writer_;
  cluster::LeaderSearch search_;  // one for all partitions
  Scope scope_;
};

}  // namespace kafka::producer
