// What a log knows of its producers (see producers.hpp).
#include "devbroker/producers.hpp"

#include <algorithm>

namespace kafka::devbroker {

namespace {

std::string text(const char* what, const ProducerBatch& batch, int64_t known) {
  return std::string(what) + ": producer " + std::to_string(batch.producer_id) + ", epoch " +
         std::to_string(batch.epoch) + ", sequence " + std::to_string(batch.first_sequence) + ", known is " +
         std::to_string(known);
}

}  // namespace

Producers::Verdict Producers::check(const ProducerBatch& batch, ProducerRules rules) const {
  auto at = states_.find(batch.producer_id);
  const State* state = at == states_.end() ? nullptr : &at->second;
  if (state != nullptr && state->epoch == batch.epoch) {
    const size_t kept = rules == ProducerRules::one_batch ? 1 : kBatchesKept;
    const size_t skipped = state->batches.size() - std::min(state->batches.size(), kept);
    for (size_t i = skipped; i < state->batches.size(); ++i) {
      const Batch& known = state->batches[i];
      if (known.first_sequence == batch.first_sequence && known.last_sequence == batch.last_sequence) {
        return {Errc::none, "", &known};
      }
    }
  }
  if (state != nullptr && batch.epoch < state->epoch) {
    return {Errc::invalid_producer_epoch,
            text("the producer's epoch is older than the last one seen", batch, state->epoch)};
  }
  Verdict verdict = check_sequence(batch, state, rules);
  if (verdict.error == Errc::none && state != nullptr && state->open_since >= 0 && !batch.transactional) {
    return {Errc::invalid_txn_state, "a transaction of this producer is under way, and the batch is not part of it"};
  }
  return verdict;
}

Producers::Verdict Producers::check_sequence(const ProducerBatch& batch, const State* state,
                                             ProducerRules rules) const {
  const int32_t first = batch.first_sequence;
  if (state == nullptr) {
    if (first == 0 || rules == ProducerRules::lasting) return {};
    return {rules == ProducerRules::forgetful ? Errc::unknown_producer_id : Errc::out_of_order_sequence_number,
            text("nothing is known of this producer, so its sequence should be 0", batch, -1)};
  }
  if (state->epoch != batch.epoch) {
    if (first == 0) return {};
    return {Errc::out_of_order_sequence_number, text("a new epoch begins with sequence 0", batch, state->epoch)};
  }
  const int32_t last = state->batches.empty() ? -1 : state->batches.back().last_sequence;
  if (last == -1 ? first == 0 : first == add_to_sequence(last, 1)) return {};
  return {Errc::out_of_order_sequence_number, text("the sequence does not follow the last one", batch, last)};
}

void Producers::add(const ProducerBatch& batch) {
  State& state = states_[batch.producer_id];
  if (state.epoch != batch.epoch) state.batches.clear();
  state.epoch = batch.epoch;
  if (state.batches.size() == kBatchesKept) state.batches.pop_front();
  state.batches.push_back(
      {batch.first_sequence, batch.last_sequence, batch.first_offset, batch.last_offset, batch.timestamp});
  if (batch.transactional && state.open_since < 0) state.open_since = batch.first_offset;
}

void Producers::end_transaction(int64_t producer_id, int16_t epoch, int64_t marker_offset, bool aborted) {
  State& state = states_[producer_id];
  if (state.epoch != epoch) state.batches.clear();
  state.epoch = epoch;
  if (state.open_since >= 0 && aborted) aborted_.push_back({producer_id, state.open_since, marker_offset});
  state.open_since = -1;
}

void Producers::set(int64_t producer_id, int16_t epoch, int32_t last_sequence, int64_t last_offset) {
  State& state = states_[producer_id];
  state.epoch = epoch;
  state.batches.clear();
  if (last_sequence >= 0) state.batches.push_back({last_sequence, last_sequence, last_offset, last_offset, -1});
}

void Producers::forget() {
  std::erase_if(states_, [](const auto& entry) { return entry.second.open_since < 0; });
}

void Producers::forget_below(int64_t offset) {
  std::erase_if(states_, [offset](const auto& entry) {
    const State& state = entry.second;
    return state.open_since < 0 && (state.batches.empty() || state.batches.back().last_offset < offset);
  });
}

void Producers::clear() {
  states_.clear();
  aborted_.clear();
}

int64_t Producers::last_stable_offset(int64_t end) const noexcept {
  int64_t stable = end;
  for (const auto& [id, state] : states_) {
    if (state.open_since >= 0) stable = std::min(stable, state.open_since);
  }
  return stable;
}

std::vector<AbortedTransaction> Producers::aborted(int64_t from, int64_t to) const {
  std::vector<AbortedTransaction> found;
  for (const AbortedTransaction& transaction : aborted_) {
    if (transaction.marker_offset >= from && transaction.first_offset < to) found.push_back(transaction);
  }
  return found;
}

void Producers::forget_aborted_below(int64_t offset) {
  std::erase_if(aborted_, [offset](const AbortedTransaction& one) { return one.marker_offset < offset; });
}

}  // namespace kafka::devbroker
