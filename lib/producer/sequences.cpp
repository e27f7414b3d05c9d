// Sequences of an idempotent producer: which batch has which, and what a gap in them leads to. A partition whose
// chain is broken sends nothing until all that is under way has come back; then it goes on under a newer
// identity from sequence 0, with those batches of which it is certain that no log has them.
#include "base/error_table.hpp"
#include "producer/producer.hpp"

namespace kafka::producer {

namespace {

// Errors that say: this broker's idea of the sequence, or of the producer, is not ours.
bool is_about_sequences(Errc code) {
  switch (code) {
    case Errc::out_of_order_sequence_number:
    case Errc::unknown_producer_id:
    case Errc::invalid_producer_epoch:
    case Errc::producer_fenced:
    case Errc::invalid_producer_id_mapping:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Whether the partition may send under idempotence: it has an identity, its chain is whole, and after a failure
// everything that was under way has come back, so that retries go out in order.
bool Producer::chain_ready(Partition& partition) {
  if (!idempotence_.on() || partition.plain) return true;
  if (!idempotence_.ready()) {
    idempotence_.ask();
    return false;
  }
  if (partition.in_flight > 0) return !partition.draining && !partition.broken;
  partition.draining = false;
  if (partition.broken) return mend(partition);
  return true;
}

// Gives a batch that leaves for the first time its place in the chain.
void Producer::stamp(Partition& partition, Batch& batch) {
  // What may have been stored without a sequence is sent again as it was.
  if (!idempotence_.on() || batch.identity.known() || batch.unknown_fate) return;
  if (!partition.identity.known()) {
    partition.identity = idempotence_.current();
    partition.next_sequence = first_sequence_;
    partition.anchored = false;
  }
  if (!partition.identity.known()) return;  // its leader knows none
  batch.identity = partition.identity;
  batch.sequence = partition.next_sequence;
  partition.next_sequence = next_sequence(partition.next_sequence, batch.count());
  if (!batch.dropped.empty()) break_chain(partition, batch);  // it has fewer records than sequences
  if (!batch.sealed.empty()) {                                // an old leader would have had it without
    batch.sealed = records::restamp(std::move(batch.sealed), batch.identity.id, batch.identity.epoch, batch.sequence);
  }
}

// Why a batch that is to have a sequence must not leave in this version: it would be stored without, and stored again
// when its answer is lost.
Error Producer::unsequenced(const Batch& batch, int16_t version, bool guessed) {
  constexpr int16_t kFirstV2 = 3;
  if (version >= kFirstV2) {
    idempotence_.learnt();
    // Here it can have one after all. What may be in the log without goes on without.
    const bool bare = idempotence_.on() && !batch.identity.known() && !batch.unknown_fate;
    return bare ? Error(Errc::unsupported_feature, "the leader stores sequences, and the batch had none") : Error();
  }
  if (!idempotence_.on()) return {};
  if (idempotence_.required()) {
    return Error(Errc::unsupported_feature, "enable_idempotence needs a leader of 0.11 or later");
  }
  if (guessed) {
    return Error(Errc::unsupported_feature, "the leader closed connections as if it were older than 0.10");
  }
  return {};
}

// A batch with a sequence ended without being in the log for certain: what follows it would be out of order.
void Producer::break_chain(Partition& partition, const Batch& batch) {
  if (batch.identity.known() && batch.identity == partition.identity) partition.broken = true;
}

// Begins the chain anew. A batch that the log may have must not be sent under another identity: it would be
// stored twice. It is reported as what it is.
bool Producer::mend(Partition& partition) {
  const Identity fresh = idempotence_.bump();
  if (!fresh.known()) return false;
  partition.broken = false;
  partition.identity = fresh;
  partition.next_sequence = 0;
  partition.anchored = false;
  Ring<std::unique_ptr<Batch>> kept;
  while (!partition.waiting.empty()) {
    std::unique_ptr<Batch> batch = partition.waiting.pop_front();
    if (batch->identity.known() && batch->unknown_fate) {
      const std::string where = partition.topic->name + "/" + std::to_string(partition.number);
      finish(std::move(batch), {Error(Errc::out_of_order_sequence_number,
                                      where + ": an earlier batch failed, and nobody knows whether this one is stored"),
                                -1, -1, Persistence::maybe});
      continue;
    }
    if (batch->identity.known()) {
      batch->identity = fresh;
      batch->sequence = partition.next_sequence;
      partition.next_sequence = next_sequence(partition.next_sequence, batch->count());
      if (!batch->sealed.empty()) {
        batch->sealed = records::restamp(std::move(batch->sealed), fresh.id, fresh.epoch, batch->sequence);
      }
    }
    kept.push_back(std::move(batch));
  }
  partition.waiting = std::move(kept);
  return !partition.idle();
}

bool Producer::is_oldest(const Partition& partition, const Batch& batch) const {
  if (!partition.waiting.empty() && partition.waiting.front()->first_record < batch.first_record) return false;
  for (const auto& request : requests_) {
    for (const Sent& sent : request->batches) {
      if (sent.partition == &partition && sent.batch->first_record < batch.first_record) return false;
    }
  }
  return true;
}

// True if the error was about the chain, and the batch has been dealt with.
bool Producer::settle_sequence(Partition& partition, std::unique_ptr<Batch>& batch, const Error& error) {
  if (!batch->identity.known() || !is_about_sequences(error.code())) return false;
  // Behind an earlier batch that failed this one had to be out of order, and is sent again in its turn.
  if (is_oldest(partition, *batch)) break_chain(partition, *batch);
  core_->log().state(LogLevel::info, partition.topic->name + "/" + std::to_string(partition.number), error.message());
  retry(partition, std::move(batch), false);
  return true;
}

}  // namespace kafka::producer
