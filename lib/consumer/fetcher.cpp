// Requests to the leaders: one under way per leader, for the partitions whose buffers are low, within
// fetch_memory; what comes back is judged and buffered. Records are opened later, when they are dispatched.
#include <algorithm>

#include "base/backoff.hpp"
#include "base/error_table.hpp"
#include "consumer/consumer.hpp"

namespace kafka::consumer {
namespace {

constexpr int16_t kLastByName = 12;     // from 13 on topics go by id (KIP-516)
constexpr int16_t kLastUnadvised = 10;  // from 11 on a leader may send consumers elsewhere (KIP-392)
constexpr int16_t kFirstLimited = 3;    // before it the whole answer cannot be limited (KIP-74)
constexpr int32_t kConsumerReplica = -1;
constexpr int16_t kFirstSession = 7;     // KIP-227
constexpr int16_t kFirstDiverging = 12;  // leaders compare the epoch of what was fetched last (KIP-320)

int32_t to_int32(size_t size) { return static_cast<int32_t>(std::min<size_t>(size, INT32_MAX)); }

}  // namespace

// --- asking -----------------------------------------------------------------

void Consumer::schedule_pump() {
  if (pump_scheduled_ || dead_ || !consuming()) return;
  pump_scheduled_ = true;
  core_->reactor().defer(scope_.wrap([this] {
    pump_scheduled_ = false;
    pump();
  }));
}

void Consumer::arm_wake(net::TimePoint at) {
  if (at == wake_at_ && wake_timer_.active()) return;
  wake_at_ = at;
  wake_timer_.cancel();
  if (at == net::TimePoint::max()) return;
  wake_timer_ = core_->reactor().after(std::max(at - core_->reactor().now(), net::Duration::zero()), [this] {
    wake_timer_.cancel();
    pump();
  });
}

void Consumer::pump() {
  if (dead_ || !consuming()) return;
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint wake = net::TimePoint::max();
  bool ask_metadata = false;
  std::map<int32_t, Share> shares;
  std::map<int32_t, std::vector<Partition*>> to_check;
  for (const auto& each : partitions_) {
    Partition& partition = *each;
    if (partition.state != Partition::State::ready || partition.paused || partition.in_fetch != 0) continue;
    const cluster::TopicState* const topic = core_->metadata().topic(*partition.topic);
    auto leader = core_->metadata().leader(topic, partition.number);
    if (leader && outdated(partition, *topic, *leader, now, wake)) leader.reset();
    if (leader && std::exchange(partition.leaderless, false)) {  // it has one again: no reason to wait
      partition.not_before = {};
      partition.failures = 0;
    }
    if (missing(partition, topic, now, wake)) {
      if (!consuming()) return;
      continue;
    }
    if (!leader) {
      if (partition.not_before <= now) {
        ask_metadata = partition.leaderless = true;
        back_off(partition);
      }
      wake = std::min(wake, partition.not_before);
      continue;
    }
    if (partition.not_before > now) {
      wake = std::min(wake, partition.not_before);
      continue;
    }
    if (partition.drain_first) {
      if (!partition.buffer.empty()) continue;
      partition.drain_first = false;
    }
    // The leader may know a better one by now, or be this one.
    if (now >= partition.replica_until || partition.replica == *leader) partition.replica = -1;
    if (unchecked(partition) && (partition.replica >= 0 || !leaders_[*leader].compares)) {
      to_check[*leader].push_back(&partition);
      continue;
    }
    Share& share = shares[partition.replica >= 0 ? partition.replica : *leader];
    if (!hungry(partition)) {
      share.others_full = true;
      continue;
    }
    share.hungry.push_back(&partition);
    share.at_end &= partition.at_end() && partition.buffer.empty();
    share.starving |= has_nothing(partition);
    share.advised &= now >= partition.leader_only_until;
  }
  for (const auto& [node, unsure] : to_check) check(node, unsure);
  // Memory goes first to leaders of partitions that have nothing, then to those asked longest ago.
  std::vector<std::pair<const int32_t, Share>*> order;
  for (auto& share : shares) order.push_back(&share);
  std::stable_sort(order.begin(), order.end(), [this](const auto* a, const auto* b) {
    if (a->second.starving != b->second.starving) return a->second.starving;
    return leaders_[a->first].last_fetch < leaders_[b->first].last_fetch;
  });
  for (auto* entry : order) {
    auto& [node, share] = *entry;
    if (share.hungry.empty()) continue;
    Leader& leader = leaders_[node];
    if (leader.busy) continue;
    net::TimePoint due = leader.not_before;
    // Those at their end would hold up the others for fetch_max_wait: they are looked at in passing.
    if (share.others_full && share.at_end) due = std::max(due, leader.last_alone + kRideAlong);
    if (due > now) {
      wake = std::min(wake, due);
      continue;
    }
    const auto alone = std::find_if(share.hungry.begin(), share.hungry.end(), [](auto* p) { return p->alone; });
    if (alone != share.hungry.end()) share.hungry = {*alone};
    size_t reserve = room(share, shares.size());
    if (reserve == 0) {
      if (!stuck()) continue;  // comes back when something has been dispatched
      // What fills the memory will not be read soon: one small step beyond it for each of the others.
      std::erase_if(share.hungry, [](const Partition* partition) { return !has_nothing(*partition); });
      if (share.hungry.empty()) continue;
      reserve = kLeastFetch;
    }
    // The broker fills its answer in the order of the question: who got something last comes last.
    std::stable_sort(share.hungry.begin(), share.hungry.end(),
                     [](const auto* a, const auto* b) { return a->served < b->served; });
    if (share.others_full && share.at_end) leader.last_alone = now;
    send_fetch(node, share, reserve);
  }
  if (ask_metadata) core_->metadata().refresh();
  arm_wake(wake);
}

// How much a fetch may bring; 0: not now.
size_t Consumer::room(const Share& share, size_t leaders) const {
  const auto memory = static_cast<size_t>(options_.fetch_memory);
  size_t want = 0;
  for (const Partition* partition : share.hungry) {
    want += std::max(partition->max_bytes, static_cast<size_t>(options_.max_partition_fetch_bytes));
  }
  want = std::min(want, static_cast<size_t>(options_.fetch_max_bytes));
  // Several answers at a time in memory: one is dispatched while the next comes, and blocks of this size are used again
  // where larger ones would be taken from the system and given back each time.
  want = std::min(want, std::max(memory / kAnswersInMemory, kLeastAnswer));
  // A whole answer must be allowed to come, with what stands around the records.
  const auto most = static_cast<size_t>(core_->options().receive_message_max_bytes);
  want = std::min(want, most - most / 8);
  // Long polls of many leaders hold their reservation while they wait: each gets its part.
  want = std::min(want, std::max<size_t>(memory / std::max<size_t>(leaders, 1), 1));
  const size_t taken = *used_ + *unfolded_ + reserved_;
  const size_t left = memory > taken ? memory - taken : 0;
  return left >= std::min(want, kLeastFetch) ? std::min(want, left) : 0;
}

// True if nothing that would free memory can happen by itself.
bool Consumer::stuck() const {
  if (reserved_ > 0) return false;
  if (options_.ordering == Ordering::consumer && open_ > 0) return false;  // the next one waits for its answer
  if (unordered_ && open_ > 0) return false;                               // envelopes keep what they were cut from
  for (size_t i = 0; i < ready_.size(); ++i) {
    if (dispatchable(*ready_[i])) return false;
  }
  return true;
}

// True if metadata says that the partition cannot be consumed, or has not known it for too long: it is stopped.
bool Consumer::missing(Partition& partition, const cluster::TopicState* topic, net::TimePoint now,
                       net::TimePoint& wake) {
  if (topic != nullptr && topic->error && traits(topic->error.code()).retry == Retry::no) {
    core_->metadata().refresh();  // asked anew for who tries again
    stop(partition, topic->error, false);
    return true;
  }
  const bool absent = topic == nullptr || !topic->known || topic->error == Errc::unknown_topic_or_partition ||
                      static_cast<size_t>(partition.number) >= topic->partitions.size();
  if (!absent) partition.missing_since = {};
  if (!absent || core_->metadata().last_error()) return false;  // an outage is waited out, however long
  if (partition.missing_since == net::TimePoint()) partition.missing_since = now;
  const net::TimePoint given_up = partition.missing_since + options_.default_api_timeout;
  if (now >= given_up) {
    core_->metadata().refresh();  // asked anew for who tries again
    stop(partition, Error(Errc::unknown_topic_or_partition, partition.where()), false);
    return true;
  }
  wake = std::min(wake, given_up);
  return false;
}

void Consumer::send_fetch(int32_t node, const Share& share, size_t reserved) {
  auto fetch = std::make_shared<Fetch>();
  fetch->id = ++fetches_;
  fetch->node = node;
  fetch->reserved = reserved;
  fetch->polling = share.others_full;
  fetch->sent_at = core_->reactor().now();

  protocol::FetchRequest request;
  request.replica_id = kConsumerReplica;
  request.max_wait_ms = fetch->polling ? 0 : static_cast<int32_t>(options_.fetch_max_wait.count());
  request.min_bytes = options_.fetch_min_bytes;
  request.max_bytes = to_int32(reserved);
  request.isolation_level = static_cast<int8_t>(options_.isolation_level);
  bool by_id = true;
  std::map<std::string_view, size_t> topics;
  const auto plain = static_cast<size_t>(options_.max_partition_fetch_bytes);
  FetchSession& session = leaders_[node].session;
  std::vector<FetchSession::Known> wanted;
  for (Partition* partition : share.hungry) {
    auto& one = wanted.emplace_back();
    if (const auto* state = core_->metadata().topic(*partition->topic)) one.topic_id = state->id;
    partition->topic_id = one.topic_id;
    by_id &= !one.topic_id.is_zero();
    one.offset = partition->fetch_position;
    one.max_bytes = to_int32(std::max(plain, partition->max_bytes));
    // A follower that is behind would take the rest for another log.
    if (partition->replica != node) one.last_epoch = partition->last_epoch;
    one.asked_in = fetch->id;
    const auto known = session.known.find(partition->slot);
    // The topic was made anew: the session knows another one.
    if (known != session.known.end() && known->second.topic_id != one.topic_id) session.restart(false);
  }
  by_id &= share.advised;
  if (std::exchange(session.by_id, by_id) != by_id) session.restart(false);
  fetch->full = session.full();
  request.rack_id = options_.client_rack;
  request.session_id = session.id;
  request.session_epoch = session.epoch;
  bool any_unchecked = false;
  std::vector<int32_t> grown;  // for batches that did not fit, in the order of the request (B4)
  for (Partition* partition : share.hungry) {
    partition->in_fetch = fetch->id;
    partition->asked_index = fetch->asked.size();
    FetchSession::Known& one = wanted[fetch->asked.size()];
    const int32_t leader_epoch = core_->metadata().leader_epoch(*partition->topic, partition->number);
    fetch->asked.push_back(
        {partition, partition->generation, partition->fetch_position, false, one.last_epoch, leader_epoch});
    any_unchecked |= partition->replica != node && unchecked(*partition);
    const auto [known, unknown] = session.known.try_emplace(partition->slot, one);
    one.end = known->second.end;
    const bool named = unknown || !known->second.same(one);
    known->second = one;
    if (!named) continue;  // as it was in the request before
    const auto [place, fresh] = topics.try_emplace(*partition->topic, request.topics.size());
    if (fresh) {
      auto& topic = request.topics.emplace_back();
      topic.topic = *partition->topic;
      topic.topic_id = one.topic_id;
    }
    auto& asked = request.topics[place->second].partitions.emplace_back();
    asked.partition = partition->number;
    asked.fetch_offset = one.offset;
    asked.last_fetched_epoch = one.last_epoch;
    asked.partition_max_bytes = one.max_bytes;
  }
  for (auto known = session.known.begin(); known != session.known.end();) {
    if (known->second.asked_in == fetch->id) {
      ++known;
      continue;
    }
    const Partition& forgotten = *partitions_[known->first];
    auto& topic = request.forgotten_topics_data.emplace_back();
    topic.topic = *forgotten.topic;
    topic.topic_id = known->second.topic_id;
    topic.partitions.push_back(forgotten.number);
    known = session.known.erase(known);
  }
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) {
      grown.push_back(to_int32(find(topic.topic, asked.partition)->max_bytes));
    }
  }
  leaders_[node].busy = true;
  leaders_[node].last_fetch = fetch->id;
  reserved_ += reserved;
  const size_t share_of_old = std::max(reserved / share.hungry.size(), kLeastPartitionFetch);
  // Time spent on connecting is taken off the broker's wait: it would answer behind the deadline, again and again.
  const net::TimePoint answer_by = core_->reactor().now() + options_.fetch_max_wait;
  core_->router().call<protocol::FetchRequest>(
      node, lane_, std::move(request), core_->router().config().request_timeout + options_.fetch_max_wait,
      scope_.wrap([this, fetch](Error error, protocol::FetchResponse& response, const cluster::CallInfo& info) {
        fetched(fetch, std::move(error), response, info);
      }),
      [&reactor = core_->reactor(), answer_by, plain = std::min(plain, reserved), share_of_old, full = fetch->full,
       grown = std::move(grown),
       unsure = any_unchecked ? fetch : nullptr](protocol::FetchRequest& adapted, int16_t version) {
        if (version < kFirstDiverging && unsure != nullptr) {
          unsure->unchecked = true;
          return Error(Errc::unsupported_version, "Fetch 12");
        }
        // An older broker than the one that had the session: what it knew has to be told anew.
        if (version < kFirstSession && !full) return Error(Errc::fetch_session_id_not_found);
        const auto left = std::chrono::floor<std::chrono::milliseconds>(answer_by - reactor.now());
        adapted.max_wait_ms = static_cast<int32_t>(std::clamp<int64_t>(left.count(), 0, adapted.max_wait_ms));
        if (version < kFirstDiverging) {
          for (auto& topic : adapted.topics) {
            for (auto& asked : topic.partitions) asked.last_fetched_epoch = -1;
          }
        }
        if (version >= kFirstLimited) return Error();
        size_t place = 0;
        for (auto& topic : adapted.topics) {
          for (auto& asked : topic.partitions) {
            asked.partition_max_bytes = std::max(to_int32(std::min(plain, share_of_old)), grown[place++]);
          }
        }
        return Error();
      },
      !share.advised ? kLastUnadvised
      : by_id        ? int16_t{32767}
                     : kLastByName);
}

// --- answers ----------------------------------------------------------------

void Consumer::fetched(const std::shared_ptr<Fetch>& fetch, Error error, protocol::FetchResponse& response,
                       const cluster::CallInfo& info) {
  if (dead_) return;
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  const net::TimePoint now = core_->reactor().now();
  Leader& leader = leaders_[fetch->node];
  leader.busy = false;
  reserved_ -= fetch->reserved;
  for (const Asked& asked : fetch->asked) asked.partition->in_fetch = 0;
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
      if (partition.generation != asked.generation || partition.state != Partition::State::ready) continue;
      partition.checked_under = -1;  // its log may be another one when it is there again
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
      Partition* const partition = find(name, data.partition_index);
      // Never asked for, or repeated: only the first answer to a question counts.
      if (partition == nullptr || partition->asked_index >= fetch->asked.size()) continue;
      Asked& asked = fetch->asked[partition->asked_index];
      if (asked.partition != partition || std::exchange(asked.answered, true)) continue;
      if (asked.generation != partition->generation || partition->state != Partition::State::ready) {
        moved = true;  // the position was set since: what came is of no use, and what to do next is known
        continue;
      }
      moved |= take(*partition, data, fetch->node, asked, leader.compares, credit);
      if (dead_ || closing_) return;
      const auto known = leader.session.known.find(partition->slot);
      if (known != leader.session.known.end() && data.error_code == 0) known->second.end = end_of(data);
    }
  }
  for (const Asked& asked : fetch->asked) {
    Partition& partition = *asked.partition;
    if (asked.answered || partition.generation != asked.generation || partition.state != Partition::State::ready)
      continue;
    if (throttled) continue;
    if (!fetch->full) {
      const auto known = leader.session.known.find(partition.slot);
      no_news(partition, known == leader.session.known.end() ? -1 : known->second.end);
      if (dead_ || closing_) return;
      continue;
    }
    odd_answer(partition, "the answer to Fetch lacks " + partition.where());
    if (dead_ || closing_) return;
  }
  // A broker that does not wait as it was asked to must not make the loop hot.
  if (!moved && now - fetch->sent_at < kShortestEmpty) leaders_[fetch->node].not_before = now + kShortestEmpty;
  schedule_pump();
  schedule_dispatch();
}

// The answer was larger than may be received: by whose records shows when each partition is asked for alone.
void Consumer::too_large(const Fetch& fetch, const Error& error) {
  for (const Asked& asked : fetch.asked) {
    Partition& partition = *asked.partition;
    if (partition.generation != asked.generation || partition.state != Partition::State::ready) continue;
    if (fetch.asked.size() == 1) {
      stop(partition, Error(Errc::too_large, partition.where() + ": " + std::string(error.detail())), true);
    } else {
      partition.alone = true;
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
      if (partition.failures++ == 0) return true;  // asked again there, at once (KIP-951)
      back_off(partition);                         // but leaders that name each other are not run after
      return false;
    }
    if (error == Errc::offset_out_of_range && partition.last_epoch >= 0 && !std::exchange(partition.doubted, true)) {
      // So says also a leader that does not know that epoch: asked again without it. Or it was not asked for that.
      if (epoch >= 0) {
        partition.refused_epoch = std::exchange(partition.last_epoch, -1);
      } else {
        partition.checked_under = -1;
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
  partition.failures = 0;
  partition.alone = false;
  partition.doubted = false;
  partition.refused_epoch = -1;
  partition.missing_since = {};  // whatever metadata says
  if (partition.replica != node) partition.checked_under = asked.leader_epoch;
  if (data.preferred_read_replica >= 0 && data.preferred_read_replica != node && data.records.empty())
    return sent_elsewhere(partition, data.preferred_read_replica);
  // Believed where something was asked; an undefined end is none.
  if (epoch >= 0 && data.diverging_epoch.epoch >= 0 && data.diverging_epoch.end_offset >= 0)
    return diverged(partition, data.diverging_epoch.epoch, data.diverging_epoch.end_offset, epoch);
  partition.end = end_of(data);
  if (data.records.empty()) {
    partition.oddities = 0;
    check_end(partition);
    return false;
  }
  const Scan found = scan(data.records);
  if (epoch < 0 && not_compared(partition, found.first_epoch, asked)) return false;
  if (found.last_offset < 0 && !found.damaged) {
    take_partial(partition, data.records.size(), found.partial_size);
    return true;
  }
  if (!found.damaged && found.last_offset < partition.fetch_position) {
    odd_answer(partition, "the answer to Fetch ends at offset " + std::to_string(found.last_offset) + " of " +
                              partition.where() + ", asked for " + std::to_string(partition.fetch_position));
    return false;
  }
  partition.oddities = 0;
  partition.max_bytes = 0;
  partition.end_reported = false;
  // Behind damage nothing is asked for: what is before it is delivered, then the partition stops (B3).
  partition.drain_first = found.damaged;
  if (found.last_offset >= partition.fetch_position) {
    partition.fetch_position = after(found.last_offset);
    partition.last_epoch = found.last_epoch;
    partition.epoch_from = node;
  }
  // A copy of a small answer would be kept alive by its frame: the records are slices of it.
  std::vector<Aborted::Transaction> aborted;
  if (options_.isolation_level == IsolationLevel::read_committed && data.aborted_transactions) {
    for (const auto& one : *data.aborted_transactions) aborted.push_back({one.producer_id, one.first_offset});
  }
  partition.buffer.push(data.records, credit, std::move(aborted));
  partition.served = fetches_;
  make_ready(partition);
  return true;
}

// The leader wants the partition to be read from a follower (KIP-392). True if that one is asked at once.
bool Consumer::sent_elsewhere(Partition& partition, int32_t replica) {
  const net::TimePoint now = core_->reactor().now();
  if (core_->router().knows(replica) && now >= partition.leader_only_until) {
    partition.replica = replica;
    partition.replica_until = now + core_->router().config().metadata_max_age;
    return true;
  }
  partition.leader_only_until = now + kLeaderOnly;
  core_->metadata().refresh();
  back_off(partition);
  return false;
}

// True if it was not the leader that failed the partition: then the leader is asked, at once.
bool Consumer::leave_replica(Partition& partition, int32_t node) {
  if (partition.replica < 0 || partition.replica != node) return false;
  partition.replica = -1;
  partition.leader_only_until = core_->reactor().now() + kLeaderOnly;
  return true;
}

// A session's answer without a word about the partition: neither records nor another end.
void Consumer::no_news(Partition& partition, int64_t end) {
  partition.failures = 0;
  partition.oddities = 0;
  partition.alone = false;
  partition.missing_since = {};
  if (end >= 0) partition.end = end;
  check_end(partition);
}

// Not one whole batch: the next fetch asks for as much as it needs (B4).
void Consumer::take_partial(Partition& partition, size_t size, size_t needed) {
  const auto most = static_cast<size_t>(core_->options().receive_message_max_bytes);
  if (needed == 0) {  // not even its size has come
    needed = 2 * std::max({partition.max_bytes, static_cast<size_t>(options_.max_partition_fetch_bytes), size});
    if (partition.max_bytes < most) needed = std::min(needed, most);
  }
  if (needed > most) {
    return stop(partition,
                Error(Errc::too_large, "a batch of " + std::to_string(needed) + " bytes at offset " +
                                           std::to_string(partition.fetch_position) + " of " + partition.where() +
                                           " exceeds receive_message_max_bytes (" + std::to_string(most) + ")"),
                true);
  }
  if (needed <= partition.max_bytes)
    return odd_answer(partition, "an answer to Fetch for " + partition.where() + " holds no whole batch though it may");
  partition.max_bytes = needed;
}

// The one error that resets a position (D16), and only once what was fetched before it has been dispatched.
void Consumer::out_of_range(Partition& partition, int32_t node) {
  if (!partition.buffer.empty()) {
    partition.drain_first = true;
    return;
  }
  Error error(Errc::offset_out_of_range,
              "offset " + std::to_string(partition.fetch_position) + " of " + partition.where());
  partition.refused_epoch = std::max(partition.refused_epoch, partition.last_epoch);
  // A leader of the past answers like a follower, and may lack what the present one has: what is done about it waits
  // for the leader's word (listed()).
  partition.refused_by = node;
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
  if (++partition.oddities >= kMaxOddities) return stop(partition, Error(Errc::protocol_error, what), false);
  core_->log().state(LogLevel::warning, "fetch of " + partition.where(), what);
  core_->metadata().refresh();
  back_off(partition);
}

void Consumer::back_off(Partition& partition) {
  const auto& config = core_->router().config();
  partition.not_before = core_->reactor().now() + Backoff::at(partition.failures++, config.retry_backoff,
                                                              config.retry_backoff_max, core_->reactor().random());
}

void Consumer::check_end(Partition& partition) {
  if (partition.end_reported || partition.open() || !partition.buffer.empty() || !partition.at_end()) return;
  partition.end_reported = true;
  if (on_partition_end_ == nullptr) return;
  core_->callbacks().run([guard = scope_.guard(), handler = on_partition_end_,
                          where = TopicPartition{*partition.topic, partition.number}, offset = partition.next] {
    if (guard.alive()) (*handler)(where, offset);
  });
}

}  // namespace kafka::consumer
