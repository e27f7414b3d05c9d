#include "producer/chain.hpp"

#include <utility>

#include "producer/batch.hpp"

namespace kafka::producer {

bool is_about_sequences(Errc code) noexcept {
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

bool Chain::owns(const Batch& batch) const noexcept { return batch.identity.known() && batch.identity == identity(); }

void Chain::begin(const Identity& identity, int32_t sequence) noexcept {
  id_ = identity.id;
  epoch_ = identity.epoch;
  next_sequence_ = sequence;
  anchored_ = false;
}

void Chain::give(Batch& batch) noexcept {
  batch.identity = identity();
  batch.sequence = next_sequence_;
  next_sequence_ = producer::next_sequence(next_sequence_, batch.count());
}

void Chain::stamp(Batch& batch, const Identity& current, int32_t first) {
  // A batch that a leader may have stored without a sequence is sent again without one.
  if (batch.identity.known() || batch.unknown_fate) return;
  if (!identity().known()) begin(current, first);
  if (!identity().known()) return;  // the leader stores no sequences, so none was asked for
  give(batch);
  if (!batch.dropped.empty()) gap(batch);  // it has fewer records than sequences
  // A batch is sealed already if it was meant for an old leader, which would have stored it without a sequence.
  if (!batch.sealed.empty()) {
    batch.sealed = records::restamp(std::move(batch.sealed), batch.identity.id, batch.identity.epoch, batch.sequence);
  }
}

void Chain::stored(const Batch& batch, bool sequenced) noexcept {
  if (owns(batch)) anchored_ = sequenced;
}

void Chain::gap(const Batch& batch) noexcept {
  if (owns(batch)) broken_ = true;
}

bool Chain::broke_before(const Batch& batch) const noexcept { return broken_ && owns(batch); }

std::vector<std::unique_ptr<Batch>> Chain::mend(const Identity& fresh, Ring<std::unique_ptr<Batch>>& waiting) {
  broken_ = renewed_ = false;
  begin(fresh, 0);
  std::vector<std::unique_ptr<Batch>> given_up;
  Ring<std::unique_ptr<Batch>> kept;
  while (!waiting.empty()) {
    std::unique_ptr<Batch> batch = waiting.pop_front();
    if (batch->identity.known() && batch->unknown_fate) {
      given_up.push_back(std::move(batch));
      continue;
    }
    if (batch->identity.known()) {
      give(*batch);
      if (!batch->sealed.empty()) {
        batch->sealed = records::restamp(std::move(batch->sealed), fresh.id, fresh.epoch, batch->sequence);
      }
    }
    kept.push_back(std::move(batch));
  }
  waiting = std::move(kept);
  return given_up;
}

}  // namespace kafka::producer
