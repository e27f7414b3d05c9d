// Requests to the leaders: one under way per leader, for the partitions whose buffers are low, within fetch_memory.
// Not here: what comes back (fetched.cpp).
#include <algorithm>

#include "base/error_table.hpp"
#include "consumer/reader.hpp"

namespace kafka::consumer {
namespace {

constexpr int16_t kLastUnadvised = 10;  // from 11 on a leader may send consumers elsewhere (KIP-392)
constexpr int16_t kFirstLimited = 3;    // before it the whole answer cannot be limited (KIP-74)
constexpr int32_t kConsumerReplica = -1;
constexpr int16_t kFirstSession = 7;  // KIP-227

int32_t to_int32(size_t size) { return static_cast<int32_t>(std::min<size_t>(size, INT32_MAX)); }

}  // namespace

void Consumer::schedule_pump() {
  if (pump_scheduled_ || !consuming()) return;
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
  if (!consuming()) return;
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint wake = net::TimePoint::max();
  bool ask_metadata = false;
  std::map<int32_t, Share> shares;
  std::map<int32_t, std::vector<Partition*>> to_check;
  for (const auto& each : assignment_) {
    Partition& partition = *each;
    if (!partition.position.ready() || partition.paused || partition.request.id != 0) continue;
    const cluster::TopicState* const topic = core_->metadata().topic(*partition.topic);
    auto leader = core_->metadata().leader(topic, partition.number);
    if (leader && outdated(partition, *topic, *leader, now, wake)) leader.reset();
    if (leader && std::exchange(partition.fetch.leaderless, false)) {  // it has one again: no reason to wait
      partition.fetch.not_before = {};
      partition.fetch.failures = 0;
    }
    if (missing(partition, topic, now, wake)) {
      if (!consuming()) return;
      continue;
    }
    if (!leader) {
      if (partition.fetch.not_before <= now) {
        ask_metadata = partition.fetch.leaderless = true;
        back_off(partition);
      }
      wake = std::min(wake, partition.fetch.not_before);
      continue;
    }
    if (partition.fetch.not_before > now) {
      wake = std::min(wake, partition.fetch.not_before);
      continue;
    }
    if (partition.fetch.drain_first) {
      if (!partition.buffer.empty()) continue;
      partition.fetch.drain_first = false;
    }
    // The leader may know a better one by now, or be this one.
    if (now >= partition.replica.until || partition.replica.node == *leader) partition.replica.node = -1;
    if ((partition.replica.node >= 0 || !leaders_[*leader].compares) &&
        unchecked(partition, cluster::Metadata::leader_epoch(topic, partition.number))) {
      to_check[*leader].push_back(&partition);
      continue;
    }
    Share& share = shares[partition.replica.node >= 0 ? partition.replica.node : *leader];
    if (!hungry(partition)) {
      share.others_full = true;
      continue;
    }
    share.hungry.push_back(&partition);
    share.at_end &= partition.position.at_end() && partition.buffer.empty();
    share.starving |= has_nothing(partition);
    share.advised &= now >= partition.replica.leader_only_until;
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
    const auto alone = std::find_if(share.hungry.begin(), share.hungry.end(), [](auto* p) { return p->fetch.alone; });
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
                     [](const auto* a, const auto* b) { return a->request.served < b->request.served; });
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
    want += std::max(partition->fetch.max_bytes, static_cast<size_t>(options_.max_partition_fetch_bytes));
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
  // With `consumer` the next message waits for the answer; with `unordered` envelopes keep what they were cut from.
  if (options_.ordering != Ordering::partition && dispatcher_.open() > 0) return false;
  return dispatcher_.nothing_to_do();
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
  if (!absent) partition.fetch.missing_since = {};
  if (!absent || core_->metadata().last_error()) return false;  // an outage is waited out, however long
  if (partition.fetch.missing_since == net::TimePoint()) partition.fetch.missing_since = now;
  const net::TimePoint given_up = partition.fetch.missing_since + options_.default_api_timeout;
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
    partition->request.topic_id = one.topic_id;
    by_id &= !one.topic_id.is_zero();
    one.offset = partition->fetch.position;
    one.max_bytes = to_int32(std::max(plain, partition->fetch.max_bytes));
    // A follower that is behind would take the rest for another log.
    if (partition->replica.node != node) one.last_epoch = partition->epochs.last;
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
    partition->request.id = fetch->id;
    partition->request.index = fetch->asked.size();
    FetchSession::Known& one = wanted[fetch->asked.size()];
    const int32_t leader_epoch = core_->metadata().leader_epoch(*partition->topic, partition->number);
    fetch->asked.push_back(
        {partition, partition->generation, partition->fetch.position, false, one.last_epoch, leader_epoch});
    any_unchecked |= partition->replica.node != node && unchecked(*partition, leader_epoch);
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
    const Partition& forgotten = *assignment_.at(known->first);
    auto& topic = request.forgotten_topics_data.emplace_back();
    topic.topic = *forgotten.topic;
    topic.topic_id = known->second.topic_id;
    topic.partitions.push_back(forgotten.number);
    known = session.known.erase(known);
  }
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) {
      grown.push_back(to_int32(assignment_.find(topic.topic, asked.partition)->fetch.max_bytes));
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

}  // namespace kafka::consumer
