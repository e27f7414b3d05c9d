// What becomes of the batches of a Produce request that was answered, or that failed: reported, or sent again.
// Not here: when they are sent again (sender.cpp).
#pragma once

#include "cluster/call.hpp"
#include "producer/accumulator.hpp"
#include "producer/idempotence.hpp"
#include "producer/requests.hpp"
#include "producer/send_queue.hpp"
#include "protocol/produce.hpp"

namespace kafka::producer {

/// Decides by the error table what a failure means, and puts batches that are sent again back to the front of their
/// partitions.
class Settler {
 public:
  Settler(session::Core& session, const ProducerOptions& options, Accumulator& accumulator, const Requests& requests,
          SendQueue& queue, Reports& reports)
      : session_(session),
        options_(options),
        accumulator_(accumulator),
        older_(requests),
        queue_(queue),
        reports_(reports) {}

  /// `error`: the whole call failed; otherwise `response` is the leader's.
  void settle(Request& request, const Error& error, const protocol::ProduceResponse& response,
              const cluster::CallInfo& info);

 private:
  // What is known about one batch.
  struct Verdict {
    Error error = {};
    Persistence persistence = Persistence::no;
    const PartitionAnswer* answer = nullptr;  // null if the leader said nothing about it
    bool leader_named = false;                // the answer named a new leader (KIP-951)
  };

  std::vector<const PartitionAnswer*> match(const Request& request, const protocol::ProduceResponse& response);
  void settle(SentBatch sent, const Error& error, const PartitionAnswer* answer, const cluster::CallInfo& info);
  bool settle_unanswered(SentBatch& sent, const Error& error, const cluster::CallInfo& info);
  bool settle_stored(SentBatch& sent, const Verdict& verdict, const cluster::CallInfo& info);
  Verdict judge(const SentBatch& sent, const Error& error, const PartitionAnswer* answer,
                const cluster::CallInfo& info);
  void settle_failed(SentBatch sent, Verdict verdict);
  bool settle_sequence(SentBatch& sent, const Error& error);
  bool settle_refused(SentBatch& sent, const Verdict& verdict);
  bool split(SentBatch& sent, const Error& error);
  void put_back(SentBatch sent);
  void retry(Partition& partition, std::unique_ptr<Batch> batch, bool leader_named);

  session::Core& session_;
  const ProducerOptions& options_;
  Accumulator& accumulator_;
  OlderBatches older_;
  SendQueue& queue_;
  Reports& reports_;
};

}  // namespace kafka::producer
