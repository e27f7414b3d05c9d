#include "producer/settler.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"
#include "cluster/answers.hpp"
#include "producer/refused_records.hpp"

namespace kafka::producer {
namespace {

// To the front, but behind older batches: several batches of a partition may come back in any order.
void to_front(Partition& partition, std::unique_ptr<Batch> batch) {
  auto& waiting = partition.waiting;
  waiting.push_front(std::move(batch));
  for (size_t i = 1; i < waiting.size() && waiting[i]->first_record < waiting[i - 1]->first_record; ++i) {
    std::swap(waiting[i], waiting[i - 1]);
  }
}

}  // namespace

void Settler::settle(SentBatch sent, const Error& error, const cluster::CallInfo& info) {
  if (settle_unanswered(sent, error, info)) return;
  Verdict verdict = judge(sent, error, info);
  if (settle_stored(sent, verdict, info)) return;
  settle_failed(std::move(sent), std::move(verdict));
}

// True if the batch has its outcome without an answer: nothing of it was in the message, or none is given (acks=0).
bool Settler::settle_unanswered(SentBatch& sent, const Error& error, const cluster::CallInfo& info) {
  if (sent.waits) return false;
  if (sent.unfit) {
    if (split(sent, sent.unfit)) return true;
    sent.partition->chain.gap(*sent.batch);
    reports_.fail(std::move(sent.batch), std::move(sent.unfit));
    return true;
  }
  if (sent.batch->sealed.empty()) {  // every record was dropped
    reports_.finish(std::move(sent.batch), {});
    return true;
  }
  if (options_.acks != Acks::none) return false;
  if (!error) {
    reports_.finish(std::move(sent.batch), {{}, -1, -1, Persistence::maybe});
    return true;
  }
  if (info.sent != cluster::Sent::maybe) return false;
  sent.partition->leader.doubt();
  reports_.finish(std::move(sent.batch), {error, -1, -1, Persistence::maybe});
  return true;
}

Settler::Verdict Settler::judge(const SentBatch& sent, const Error& error, const cluster::CallInfo& info) {
  Partition& partition = *sent.partition;
  const PartitionAnswer* const answer = sent.answer;
  if (sent.waits) {
    session_.metadata().refresh();
    if (info.guessed) session_.router().doubt(partition.leader.node, cluster::Purpose::produce);
    return {.error = sent.unfit};
  }
  if (error) {
    partition.leader.doubt();
    return {.error = error, .persistence = info.sent == cluster::Sent::maybe ? Persistence::maybe : Persistence::no};
  }
  if (answer == nullptr) {
    return {.error = Error(Errc::protocol_error, "the answer to Produce lacks " + partition.name()),
            .persistence = Persistence::maybe};
  }
  if (answer->error_code == 0) return {.persistence = Persistence::yes, .answer = answer};
  Verdict verdict{.answer = answer};
  verdict.error = broker_error(answer->error_code, answer->error_message ? *answer->error_message : partition.name());
  verdict.persistence = traits(verdict.error.code()).persistence;
  if (verdict.persistence == Persistence::yes) return verdict;  // the log has it from an earlier attempt
  verdict.leader_named =
      cluster::learn_leader(session_.metadata(), partition.topic->name, partition.number, answer->current_leader);
  return verdict;
}

bool Settler::settle_stored(SentBatch& sent, const Verdict& verdict, const cluster::CallInfo& info) {
  if (verdict.answer == nullptr || verdict.persistence != Persistence::yes) return false;
  sent.partition->setback.reset();
  sent.partition->chain.stored(*sent.batch, info.version >= protocol::ProduceRequest::kBatchesFrom);
  Outcome outcome{{}, -1, -1, Persistence::yes};
  if (!verdict.error) {
    // An offset that leaves no room for the batch is none that a log can have.
    const int64_t offset = verdict.answer->base_offset;
    outcome.base_offset = offset <= INT64_MAX - sent.batch->count() ? offset : -1;
    outcome.log_append_time = verdict.answer->log_append_time_ms;
  }
  reports_.finish(std::move(sent.batch), std::move(outcome));
  return true;
}

// The batch is sent again, in whole or in part, or has failed.
void Settler::settle_failed(SentBatch sent, Verdict verdict) {
  Partition& partition = *sent.partition;
  Batch& batch = *sent.batch;
  Error& error = verdict.error;
  if (verdict.persistence == Persistence::maybe) batch.unknown_fate = true;
  if (partition.in_flight > 0 && batch.identity.known()) partition.chain.drain();
  if (verdict.answer != nullptr && settle_sequence(sent, error)) return;
  if (verdict.answer != nullptr && settle_refused(sent, verdict)) return;
  const ErrorTraits& what = traits(error.code());
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) session_.metadata().refresh();
  if (split(sent, error)) return;
  const net::TimePoint deadline = batch.created + options_.delivery_timeout;
  const bool again = (what.retry == Retry::yes || verdict.answer == nullptr) && error != Errc::closed &&
                     error != Errc::unsupported_version;
  const bool allowed = batch.pause.failures() < static_cast<uint32_t>(options_.retries);
  if (again && allowed && session_.reactor().now() < deadline) {
    session_.log().failure(LogLevel::debug, partition.name(), error);
    return retry(partition, std::move(sent.batch), error, verdict.leader_named);
  }
  if (again && allowed) error = Error(Errc::timed_out, "delivery_timeout passed: " + error.message());
  partition.chain.gap(batch);
  const Persistence fate = batch.unknown_fate ? Persistence::maybe : verdict.persistence;
  reports_.finish(std::move(sent.batch), {std::move(error), -1, -1, fate});
}

// True if the error was about the sequence, and the batch has been put back.
bool Settler::settle_sequence(SentBatch& sent, const Error& error) {
  Partition& partition = *sent.partition;
  Batch& batch = *sent.batch;
  if (!batch.identity.known() || !is_about_sequences(error.code())) return false;
  session_.log().failure(LogLevel::info, partition.name(), error);
  // Behind an earlier batch that failed, this one had to be out of order: it is sent again after that one.
  const auto& waiting = partition.waiting;
  const bool behind_waiting = !waiting.empty() && waiting.front()->first_record < batch.first_record;
  if (behind_waiting || older_.has(partition, batch) || partition.chain.broke_before(batch)) {
    // The earlier batch has its pause. If it has none (it goes on as halves, or has ended), nothing is to be waited
    // for: batch after batch may be too large, and records would pass delivery_timeout in pauses that are not their
    // own.
    put_back(std::move(sent));
    return true;
  }
  partition.chain.gap(batch);
  retry(partition, std::move(sent.batch), error, false);
  return true;
}

// True if the broker refused single records: those have failed, and the others wait to be sent again.
bool Settler::settle_refused(SentBatch& sent, const Verdict& verdict) {
  std::vector<RefusedRecords> refused = take_refused(*sent.batch, *verdict.answer, verdict.error);
  if (refused.empty()) return false;
  sent.partition->chain.gap(*sent.batch);
  for (RefusedRecords& records : refused) reports_.fail(std::move(records.batch), std::move(records.error));
  if (sent.batch->count() == 0) {
    reports_.fail(std::move(sent.batch), verdict.error);  // for the flushes that wait, and what is still charged
    return true;
  }
  put_back(std::move(sent));
  return true;
}

// True if the batch was too large for the broker, or for the format that it wants, and goes on as two halves.
bool Settler::split(SentBatch& sent, const Error& error) {
  if (error != Errc::message_too_large && error != Errc::record_list_too_large) return false;
  if (!sent.batch->dropped.empty()) return false;
  std::unique_ptr<Batch> second = sent.batch->split();
  if (second == nullptr) return false;
  to_front(*sent.partition, std::move(second));
  to_front(*sent.partition, std::move(sent.batch));
  queue_.activate(*sent.partition);
  return true;
}

// It may leave at once.
void Settler::put_back(SentBatch sent) {
  reports_.count_retry();
  to_front(*sent.partition, std::move(sent.batch));
  queue_.activate(*sent.partition);
}

// When the broker named a new leader there is nothing to wait for (KIP-951), unless the last retry did not wait either.
void Settler::retry(Partition& partition, std::unique_ptr<Batch> batch, const Error& why, bool leader_named) {
  reports_.count_retry();
  partition.setback = std::make_unique<Error>(why);
  session_.router().delay(batch->pause);
  batch->hurried = leader_named && !batch->hurried;
  if (!batch->hurried) partition.not_before = batch->pause.until();
  to_front(partition, std::move(batch));
  queue_.activate(partition);
}

}  // namespace kafka::producer
