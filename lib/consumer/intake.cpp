#include "consumer/intake.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error_table.hpp"
#include "cluster/answers.hpp"

namespace kafka::consumer {

// Before 0.11 no stable offset is known, and there are no transactions.
int64_t Intake::end_of(const Data& data) const {
  const bool committed_only = options_.isolation_level == IsolationLevel::read_committed;
  return committed_only && data.last_stable_offset >= 0 ? data.last_stable_offset : data.high_watermark;
}

bool Intake::take(Partition& partition, const Data& data, const Question& asked, const From& from,
                  const std::shared_ptr<Credit>& credit) {
  const int32_t compared = from.compares ? asked.last_epoch : -1;
  const bool probed = std::exchange(partition.read_topic.probing, false);
  if (data.error_code != 0) return failed(partition, data, from.node, compared);
  // Believed where something was asked. An end below zero means that the leader does not know.
  const auto& diverging = data.diverging_epoch;
  const bool parts = compared >= 0 && diverging.epoch >= 0 && diverging.end_offset >= 0;
  const bool vouched = partition.read_topic.vouched(from.by_id);
  if (partition.read_topic.doubted && !vouched && !parts) {  // it may be another topic's: that is asked first
    if (probed) back_off(partition);
    return !probed;
  }
  partition.fetch.succeed();  // whatever metadata says
  if (vouched || !parts) partition.read_topic.confirm(from.sent_at);
  partition.epochs.accept();
  if (partition.replica.node != from.node) partition.epochs.check(asked.leader_epoch);
  if (data.preferred_read_replica >= 0 && data.preferred_read_replica != from.node && data.records.empty())
    return sent_elsewhere(partition, data.preferred_read_replica);
  partition.position.named = false;  // the broker has looked for it, and has it
  if (parts) return diverged(partition, diverging.epoch, diverging.end_offset, compared, vouched);
  confirm_position(partition);
  partition.position.end = end_of(data);
  if (data.records.empty()) {
    partition.fetch.oddities = 0;
    owner_.check_end(partition);
    return false;
  }
  const Scan found = scan(data.records);
  if (compared < 0 && partition.epochs.hold_up(found.first_epoch, asked.leader_epoch)) {
    core_.metadata().refresh();
    back_off(partition);
    return false;
  }
  if (found.last_offset < 0 && !found.damaged) {
    take_partial(partition, data.records.size(), found.partial_size);
    return true;
  }
  return take_records(partition, data, found, from, credit);
}

// The broker has looked for the position, and the log that was asked for has it.
void Intake::confirm_position(Partition& partition) {
  partition.position.asked_of = {};
  partition.read_topic.reach(partition.fetch.position);
}

bool Intake::take_records(Partition& partition, const Data& data, const Scan& found, const From& from,
                          const std::shared_ptr<Credit>& credit) {
  FetchState& fetch = partition.fetch;
  if (!found.damaged && found.last_offset < fetch.position) {
    odd_answer(partition, "the answer to Fetch ends at offset " + std::to_string(found.last_offset) + " of " +
                              partition.where() + ", asked for " + std::to_string(fetch.position));
    return false;
  }
  fetch.oddities = 0;
  fetch.max_bytes = 0;
  partition.setbacks.progress(found.last_offset);
  partition.position.end_reported = false;
  // Behind damage nothing is asked for: what is before it is delivered, then the partition stops (B3).
  fetch.drain_first = found.damaged;
  if (found.last_offset >= fetch.position) {
    // Below where reading began there may be newer timestamps: the application chooses them.
    if (partition.read_topic.newest < 0 && fetch.position > 0) partition.read_topic.ordered = false;
    fetch.position = after(found.last_offset);
    partition.epochs.read(found.last_epoch, from.node);
    partition.read_topic.read(found.newest);
    partition.read_topic.reach(fetch.position);
  }
  std::vector<Aborted::Transaction> aborted;
  if (options_.isolation_level == IsolationLevel::read_committed && data.aborted_transactions) {
    for (const auto& one : *data.aborted_transactions) aborted.push_back({one.producer_id, one.first_offset});
  }
  // The records are slices of the answer's frame. A copy of a few of them would not free the frame any sooner.
  partition.buffer.push(data.records, credit, std::move(aborted));
  partition.request.served = from.request;
  owner_.records_came(partition);
  return true;
}

bool Intake::failed(Partition& partition, const Data& data, int32_t node, int32_t compared) {
  const Error error = data.error_code == 0 ? Error() : broker_error(data.error_code, partition.where());
  // What a follower lacks the leader may have: only the leader's word counts (D14).
  if (partition.replica.leave(node, core_.reactor().now())) {
    if (traits(error.code()).refresh == Refresh::metadata) core_.metadata().refresh();
    return true;
  }
  if (cluster::learn_leader(core_.metadata(), *partition.topic, partition.number, data.current_leader)) {
    // Asked again there, at once (KIP-951). But two leaders that name each other must not make the loop hot.
    const bool first = partition.fetch.retry.failures() == 0;
    partition.fetch.retry.count();
    if (!first) back_off(partition);
    return first;
  }
  if (error != Errc::offset_out_of_range) {
    fetch_failed(partition, error);
    return false;
  }
  if (partition.epochs.doubt(compared)) return true;
  // It counts only once everything that was fetched before it has been dispatched.
  if (partition.buffer.empty()) {
    positions_.out_of_range(partition, node);
  } else {
    partition.fetch.drain_first = true;
  }
  return false;
}

void Intake::request_failed(Partition& partition, int32_t node) {
  partition.epochs.uncheck();
  if (!partition.replica.leave(node, core_.reactor().now())) back_off(partition);
}

void Intake::too_large(Partition& partition, bool alone, const Error& error) {
  partition.fetch.alone = true;
  if (!alone) return;
  positions_.stop(partition, Error(Errc::too_large, partition.where() + ": " + std::string(error.detail())), true);
}

// The leader wants the partition to be read from a follower (KIP-392). True if that one is asked at once.
bool Intake::sent_elsewhere(Partition& partition, int32_t replica) {
  const net::TimePoint now = core_.reactor().now();
  if (core_.router().knows(replica) && partition.replica.takes_advice(now)) {
    partition.replica.follow(replica, now + core_.router().config().metadata_max_age);
    return true;
  }
  partition.replica.refuse_advice(now);
  core_.metadata().refresh();
  back_off(partition);
  return false;
}

void Intake::no_news(Partition& partition, int64_t end, net::TimePoint sent_at, bool by_id) {
  const bool probed = std::exchange(partition.read_topic.probing, false);
  if (partition.read_topic.doubted && !partition.read_topic.vouched(by_id)) {
    if (probed) back_off(partition);
    return;
  }
  partition.fetch.succeed();
  partition.read_topic.confirm(sent_at);
  partition.fetch.oddities = 0;
  partition.position.named = false;
  confirm_position(partition);
  if (end >= 0) partition.position.end = end;
  owner_.check_end(partition);
}

// Not one whole batch: the next fetch asks for as much as it needs (B4).
void Intake::take_partial(Partition& partition, size_t size, size_t needed) {
  FetchState& fetch = partition.fetch;
  const auto most = static_cast<size_t>(core_.options().receive_message_max_bytes);
  if (needed == 0) {  // not even its size has come
    if (fetch.max_bytes >= most) {
      return odd_answer(partition, "an answer to Fetch for " + partition.where() + " has " + std::to_string(size) +
                                       " bytes at offset " + std::to_string(fetch.position) +
                                       ", too few for the head of a batch, though " + std::to_string(most) +
                                       " were allowed");
    }
    needed = 2 * std::max({fetch.max_bytes, static_cast<size_t>(options_.max_partition_fetch_bytes), size});
    needed = std::min(needed, most);
  }
  if (needed > most) {
    const Error error(Errc::too_large, "a batch of " + std::to_string(needed) + " bytes at offset " +
                                           std::to_string(fetch.position) + " of " + partition.where() +
                                           " exceeds receive_message_max_bytes (" + std::to_string(most) + ")");
    return positions_.stop(partition, error, true);
  }
  if (needed <= fetch.max_bytes)
    return odd_answer(partition, "an answer to Fetch for " + partition.where() + " holds no whole batch though it may");
  fetch.max_bytes = needed;
}

void Intake::fetch_failed(Partition& partition, const Error& error) {
  const ErrorTraits& what = traits(error.code());
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) {
    core_.metadata().refresh();
    partition.read_topic.doubt();
    if (error == Errc::unknown_topic_or_partition) partition.read_topic.lose();
  }
  if (what.retry == Retry::no) return positions_.stop(partition, error, false);
  core_.log().failure(LogLevel::warning, "fetch of " + partition.where(), error);
  back_off(partition);
}

void Intake::odd_answer(Partition& partition, const std::string& what) {
  if (++partition.fetch.oddities >= FetchState::kMaxOddities)
    return positions_.stop(partition, Error(Errc::protocol_error, what), false);
  core_.log().state(LogLevel::warning, "fetch of " + partition.where(), what);
  core_.metadata().refresh();
  back_off(partition);
}

bool Intake::diverged(Partition& partition, int32_t epoch, int64_t end, int32_t asked, bool by_id) {
  if (!LogEpochs::earlier_place(epoch, end, asked, partition.fetch.position)) {
    odd_answer(partition, "the leader of " + partition.where() +
                              " says that its log parts from what was read at offset " + std::to_string(end) +
                              ", epoch " + std::to_string(epoch) + ": that is no earlier place");
    return false;
  }
  positions_.truncated(partition, end, epoch, by_id);
  return true;
}

}  // namespace kafka::consumer
