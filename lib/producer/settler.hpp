// What becomes of a batch of a Produce request that was answered, or that failed: it is reported, or sent again.
// Not here: which batch has which answer (answer_queue.cpp), when a batch is sent again (sender.cpp).
#pragma once

#include "cluster/call.hpp"
#include "producer/idempotence.hpp"
#include "producer/reports.hpp"
#include "producer/requests.hpp"
#include "producer/send_queue.hpp"
#include "protocol/produce.hpp"

namespace kafka::producer {

/// Decides by the error table what a failure means, and puts batches that are sent again back to the front of their
/// partitions.
class Settler {
 public:
  Settler(session::Core& session, const ProducerOptions& options, const Requests& requests, SendQueue& queue,
          Reports& reports)
      : session_(session), options_(options), older_(requests), queue_(queue), reports_(reports) {}

  /// Other requests may be under way than before.
  void begin() { older_.forget(); }
  /// `error`: the whole call failed; otherwise SentBatch::answer is the leader's. The batch is under way no more.
  void settle(SentBatch sent, const Error& error, const cluster::CallInfo& info);

 private:
  // What is known about one batch.
  struct Verdict {
    Error error = {};
    Persistence persistence = Persistence::no;
    const PartitionAnswer* answer = nullptr;  // null if the leader said nothing about it
    bool leader_named = false;                // the answer named a new leader (KIP-951)
  };

  bool settle_unanswered(SentBatch& sent, const Error& error, const cluster::CallInfo& info);
  bool settle_stored(SentBatch& sent, const Verdict& verdict, const cluster::CallInfo& info);
  Verdict judge(const SentBatch& sent, const Error& error, const cluster::CallInfo& info);
  void settle_failed(SentBatch sent, Verdict verdict);
  bool settle_sequence(SentBatch& sent, const Error& error);
  bool settle_refused(SentBatch& sent, const Verdict& verdict);
  bool split(SentBatch& sent, const Error& error);
  void put_back(SentBatch sent);
  void retry(Partition& partition, std::unique_ptr<Batch> batch, const Error& why, bool leader_named);

  session::Core& session_;
  const ProducerOptions& options_;
  OlderBatches older_;
  SendQueue& queue_;
  Reports& reports_;
};

}  // namespace kafka::producer
