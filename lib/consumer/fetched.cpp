// What leaders and followers answer to Fetch: judged, buffered, or waited out. Records are opened later, when they are
// dispatched.
// Not here: asking (fetcher.cpp), logs that were cut (truncation.cpp).
#include <algorithm>

#include "base/backoff.hpp"
#include "base/error_table.hpp"
#include "consumer/reader.hpp"

namespace kafka::consumer {

void Consumer::fetched(const std::shared_ptr<Fetch>& fetch, Error error, protocol::FetchResponse& response,
                       const cluster::CallInfo& info) {
  if (life_cycle_.aborted()) return;
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  const net::TimePoint now = core_->reactor().now();
  Leader& leader = leaders_[fetch->node];
  leader.busy = false;
  reserved_ -= fetch->reserved;
  for (const Asked& asked : fetch->asked) asked.partition->request.id = 0;
  if (!error && response.error_code != 0) error = broker_error(response.error_code, "Fetch");
  if (fetch->unchecked) {  // nothing was sent
    leader.compares = false;
    leader.session.restart(false);
    return schedule_pump();
  }
  if (error) {
    // Whether the broker has gone on to the next epoch nobody knows: a full request, after a pause (D15).
    leader.session.restart(error == Errc::fetch_session_id_not_found);
    if (error == Errc::closed) return;
    if (error == Errc::too_large) return too_large(*fetch, error);
    if (traits(error.code()).refresh == Refresh::metadata || traits(error.code()).retry == Retry::no) {
      core_->metadata().refresh();
    }
    for (const Asked& asked : fetch->asked) {
      Partition& partition = *asked.partition;
      if (partition.generation != asked.generation || !partition.position.ready()) continue;
      partition.epochs.checked_under = -1;  // its log may be another one when it is there again
      if (!leave_replica(partition, fetch->node)) back_off(partition);
    }
    core_->log().state(LogLevel::warning, "fetch from " + core_->router().describe(fetch->node), error.message());
    return schedule_pump();
  }

  leader.compares = info.version >= kFirstDiverging;
  leader.session.answered(fetch->full, response.session_id);
  if (!leader.compares) {  // no epochs were sent
    for (auto& [slot, known] : leader.session.known) known.last_epoch = -1;
  }
  // Over quota a broker answers with nothing but the pause (KIP-219), which is the connection's: asked again behind it.
  const bool throttled = response.throttle_time_ms > 0 && response.responses.empty();
  std::vector<BrokerInfo> endpoints;
  for (const auto& node : response.node_endpoints) {
    endpoints.push_back({node.node_id, node.host, node.port, node.rack.value_or("")});
  }
  if (!endpoints.empty()) core_->metadata().add_brokers(endpoints);
  size_t bytes = 0;
  for (const auto& topic : response.responses) {
    for (const PartitionData& data : topic.partitions) {
      bytes += data.records.size();
      received_bytes_ += data.records.size();
      if (data.aborted_transactions) bytes += data.aborted_transactions->size() * sizeof(Aborted::Transaction);
    }
  }
  const auto credit = std::make_shared<Credit>(used_, bytes);
  bool moved = false;
  for (const auto& topic : response.responses) {
    std::string_view name = topic.topic;
    if (info.version > kLastByName) {
      const cluster::TopicState* state = core_->metadata().topic_by_id(topic.topic_id);
      if (state != nullptr) name = state->name;
    }
    for (const PartitionData& data : topic.partitions) {
      Partition* const partition = assignment_.find(name, data.partition_index);
      // Never asked for, or repeated: only the first answer to a question counts.
      if (partition == nullptr || partition->request.index >= fetch->asked.size()) continue;
      Asked& asked = fetch->asked[partition->request.index];
      if (asked.partition != partition || std::exchange(asked.answered, true)) continue;
      if (asked.generation != partition->generation || !partition->position.ready()) {
        moved = true;  // the position was set since: what came is of no use, and what to do next is known
        continue;
      }
      moved |= take(*partition, data, fetch->node, asked, leader.compares, credit);
      if (life_cycle_.closing()) return;
      const auto known = leader.session.known.find(partition->slot);
      if (known != leader.session.known.end() && data.error_code == 0) known->second.end = end_of(data);
    }
  }
  for (const Asked& asked : fetch->asked) {
    Partition& partition = *asked.partition;
    if (asked.answered || partition.generation != asked.generation || !partition.position.ready()) continue;
    if (throttled) continue;
    if (!fetch->full) {
      const auto known = leader.session.known.find(partition.slot);
      no_news(partition, known == leader.session.known.end() ? -1 : known->second.end);
      if (life_cycle_.closing()) return;
      continue;
    }
    odd_answer(partition, "the answer to Fetch lacks " + partition.where());
    if (life_cycle_.closing()) return;
  }
  // A broker that does not wait as it was asked to must not make the loop hot.
  if (!moved && now - fetch->sent_at < kShortestEmpty) leaders_[fetch->node].not_before = now + kShortestEmpty;
  schedule_pump();
  dispatcher_.schedule();
}

// The answer was larger than may be received: by whose records shows when each partition is asked for alone.
void Consumer::too_large(const Fetch& fetch, const Error& error) {
  for (const Asked& asked : fetch.asked) {
    Partition& partition = *asked.partition;
    if (partition.generation != asked.generation || !partition.position.ready()) continue;
    if (fetch.asked.size() == 1) {
      stop(partition, Error(Errc::too_large, partition.where() + ": " + std::string(error.detail())), true);
    } else {
      partition.fetch.alone = true;
    }
  }
  schedule_pump();
}

// Where the partition ends for this consumer. Before 0.11 nobody knows a stable offset, and there are no transactions.
int64_t Consumer::end_of(const PartitionData& data) const {
  const bool committed_only = options_.isolation_level == IsolationLevel::read_committed;
  return committed_only && data.last_stable_offset >= 0 ? data.last_stable_offset : data.high_watermark;
}

// True if something came, or something is to be done at once.
bool Consumer::take(Partition& partition, const PartitionData& data, int32_t node, const Asked& asked, bool compares,
                    const std::shared_ptr<Credit>& credit) {
  const int32_t epoch = compares ? asked.last_epoch : -1;  // that the broker has compared with its log
  if (data.error_code != 0) {
    Error error = broker_error(data.error_code, partition.where());
    // What a follower lacks the leader may have: only the leader's word counts (D14).
    if (leave_replica(partition, node)) {
      if (traits(error.code()).refresh == Refresh::metadata) core_->metadata().refresh();
      return true;
    }
    if (data.current_leader.leader_id >= 0 &&
        core_->metadata().apply_leader(*partition.topic, partition.number, data.current_leader.leader_id,
                                       data.current_leader.leader_epoch)) {
      if (partition.fetch.failures++ == 0) return true;  // asked again there, at once (KIP-951)
      back_off(partition);                               // but leaders that name each other are not run after
      return false;
    }
    if (error == Errc::offset_out_of_range && partition.epochs.last >= 0 &&
        !std::exchange(partition.epochs.doubted, true)) {
      // So says also a leader that does not know that epoch: asked again without it. Or it was not asked for that.
      if (epoch >= 0) {
        partition.epochs.refused_epoch = std::exchange(partition.epochs.last, -1);
      } else {
        partition.epochs.checked_under = -1;
      }
      return true;
    }
    if (error == Errc::offset_out_of_range) {
      out_of_range(partition, node);
    } else {
      fetch_failed(partition, error);
    }
    return false;
  }
  partition.fetch.failures = 0;
  partition.fetch.alone = false;
  partition.epochs.doubted = false;
  partition.epochs.refused_epoch = -1;
  partition.fetch.missing_since = {};  // whatever metadata says
  if (partition.replica.node != node) partition.epochs.checked_under = asked.leader_epoch;
  if (data.preferred_read_replica >= 0 && data.preferred_read_replica != node && data.records.empty())
    return sent_elsewhere(partition, data.preferred_read_replica);
  // Believed where something was asked; an undefined end is none.
  if (epoch >= 0 && data.diverging_epoch.epoch >= 0 && data.diverging_epoch.end_offset >= 0)
    return diverged(partition, data.diverging_epoch.epoch, data.diverging_epoch.end_offset, epoch);
  partition.position.end = end_of(data);
  if (data.records.empty()) {
    partition.fetch.oddities = 0;
    check_end(partition);
    return false;
  }
  const Scan found = scan(data.records);
  if (epoch < 0 && not_compared(partition, found.first_epoch, asked)) return false;
  if (found.last_offset < 0 && !found.damaged) {
    take_partial(partition, data.records.size(), found.partial_size);
    return true;
  }
  if (!found.damaged && found.last_offset < partition.fetch.position) {
    odd_answer(partition, "the answer to Fetch ends at offset " + std::to_string(found.last_offset) + " of " +
                              partition.where() + ", asked for " + std::to_string(partition.fetch.position));
    return false;
  }
  partition.fetch.oddities = 0;
  partition.fetch.max_bytes = 0;
  partition.position.end_reported = false;
  // Behind damage nothing is asked for: what is before it is delivered, then the partition stops (B3).
  partition.fetch.drain_first = found.damaged;
  if (found.last_offset >= partition.fetch.position) {
    partition.fetch.position = after(found.last_offset);
    partition.epochs.last = found.last_epoch;
    partition.epochs.from = node;
  }
  // A copy of a small answer would be kept alive by its frame: the records are slices of it.
  std::vector<Aborted::Transaction> aborted;
  if (options_.isolation_level == IsolationLevel::read_committed && data.aborted_transactions) {
    for (const auto& one : *data.aborted_transactions) aborted.push_back({one.producer_id, one.first_offset});
  }
  partition.buffer.push(data.records, credit, std::move(aborted));
  partition.request.served = fetches_;
  dispatcher_.make_ready(partition);
  return true;
}

// The leader wants the partition to be read from a follower (KIP-392). True if that one is asked at once.
bool Consumer::sent_elsewhere(Partition& partition, int32_t replica) {
  const net::TimePoint now = core_->reactor().now();
  if (core_->router().knows(replica) && now >= partition.replica.leader_only_until) {
    partition.replica.node = replica;
    partition.replica.until = now + core_->router().config().metadata_max_age;
    return true;
  }
  partition.replica.leader_only_until = now + kLeaderOnly;
  core_->metadata().refresh();
  back_off(partition);
  return false;
}

// True if it was not the leader that failed the partition: then the leader is asked, at once.
bool Consumer::leave_replica(Partition& partition, int32_t node) {
  if (partition.replica.node < 0 || partition.replica.node != node) return false;
  partition.replica.node = -1;
  partition.replica.leader_only_until = core_->reactor().now() + kLeaderOnly;
  return true;
}

// A session's answer without a word about the partition: neither records nor another end.
void Consumer::no_news(Partition& partition, int64_t end) {
  partition.fetch.failures = 0;
  partition.fetch.oddities = 0;
  partition.fetch.alone = false;
  partition.fetch.missing_since = {};
  if (end >= 0) partition.position.end = end;
  check_end(partition);
}

// Not one whole batch: the next fetch asks for as much as it needs (B4).
void Consumer::take_partial(Partition& partition, size_t size, size_t needed) {
  const auto most = static_cast<size_t>(core_->options().receive_message_max_bytes);
  if (needed == 0) {  // not even its size has come
    needed = 2 * std::max({partition.fetch.max_bytes, static_cast<size_t>(options_.max_partition_fetch_bytes), size});
    if (partition.fetch.max_bytes < most) needed = std::min(needed, most);
  }
  if (needed > most) {
    return stop(partition,
                Error(Errc::too_large, "a batch of " + std::to_string(needed) + " bytes at offset " +
                                           std::to_string(partition.fetch.position) + " of " + partition.where() +
                                           " exceeds receive_message_max_bytes (" + std::to_string(most) + ")"),
                true);
  }
  if (needed <= partition.fetch.max_bytes)
    return odd_answer(partition, "an answer to Fetch for " + partition.where() + " holds no whole batch though it may");
  partition.fetch.max_bytes = needed;
}

// The one error that resets a position (D16), and only once what was fetched before it has been dispatched.
void Consumer::out_of_range(Partition& partition, int32_t node) {
  if (!partition.buffer.empty()) {
    partition.fetch.drain_first = true;
    return;
  }
  Error error(Errc::offset_out_of_range,
              "offset " + std::to_string(partition.fetch.position) + " of " + partition.where());
  partition.epochs.refused_epoch = std::max(partition.epochs.refused_epoch, partition.epochs.last);
  // A leader of the past answers like a follower, and may lack what the present one has: what is done about it waits
  // for the leader's word (listed()).
  partition.epochs.refused_by = node;
  const bool latest = options_.on_offset_out_of_range != OutOfRange::reset_to_earliest;
  list(partition,
       latest ? TopicOffset::latest(*partition.topic, partition.number)
              : TopicOffset::earliest(*partition.topic, partition.number),
       std::move(error));
}

void Consumer::fetch_failed(Partition& partition, const Error& error) {
  const ErrorTraits& what = traits(error.code());
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) core_->metadata().refresh();
  if (what.retry == Retry::no) return stop(partition, error, false);
  core_->log().state(LogLevel::warning, "fetch of " + partition.where(), error.message());
  back_off(partition);
}

// An answer that makes no sense is asked for again a few times; then it is said (A14).
void Consumer::odd_answer(Partition& partition, const std::string& what) {
  if (++partition.fetch.oddities >= kMaxOddities) return stop(partition, Error(Errc::protocol_error, what), false);
  core_->log().state(LogLevel::warning, "fetch of " + partition.where(), what);
  core_->metadata().refresh();
  back_off(partition);
}

void Consumer::back_off(Partition& partition) {
  const auto& config = core_->router().config();
  partition.fetch.not_before =
      core_->reactor().now() + Backoff::at(partition.fetch.failures++, config.retry_backoff, config.retry_backoff_max,
                                           core_->reactor().random());
}

void Consumer::check_end(Partition& partition) {
  if (partition.position.end_reported || partition.open() || !partition.buffer.empty() || !partition.position.at_end())
    return;
  partition.position.end_reported = true;
  if (on_partition_end_ == nullptr) return;
  core_->callbacks().run([guard = scope_.guard(), handler = on_partition_end_,
                          where = TopicPartition{*partition.topic, partition.number},
                          offset = partition.position.next] {
    if (guard.alive()) (*handler)(where, offset);
  });
}

}  // namespace kafka::consumer
