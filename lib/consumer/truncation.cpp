// Logs that are not the ones that were read, as after an unclean election (KIP-320): with each Fetch to a leader goes
// the epoch of the batch fetched last, and a leader whose log differs says where the two part. Leaders before Fetch 12
// are asked for it first, by OffsetForLeaderEpoch, whenever their epoch is a new one. Leaders of the past are not
// asked. Not here: sending the epochs (fetcher.cpp), positions that do not exist (fetched.cpp).
#include "base/error_table.hpp"
#include "consumer/reader.hpp"

namespace kafka::consumer {
namespace {

constexpr int32_t kConsumerReplica = -1;
constexpr int16_t kFirstForConsumers = 3;  // before it only brokers may ask

}  // namespace

// The leader's log and what was read part at `end`, the end of the newest epoch that both may have. What was not
// dispatched is fetched anew; where dispatched records are no more, reading goes on at `end`, or stops. True if that is
// to be done at once.
bool Consumer::diverged(Partition& partition, int32_t epoch, int64_t end, int32_t asked_epoch) {
  if (epoch > asked_epoch || (epoch == asked_epoch && end >= partition.fetch.position)) {
    odd_answer(partition, "the leader of " + partition.where() +
                              " says that its log parts from what was read at offset " + std::to_string(end) +
                              ", epoch " + std::to_string(epoch) + ": that is no earlier place");
    return false;
  }
  const bool lost = partition.position.next > end;
  const int64_t next = std::min(partition.position.next, end);
  // What is still open, or not stored yet: a commit must not promise what is no more.
  partition.window.cut(next, epoch);
  if (partition.commits.wanted.offset > next) {
    partition.commits.wanted.offset = next;
    partition.commits.wanted.epoch = epoch;
  }
  const Error error(Errc::offset_out_of_range,
                    partition.where() + " was truncated to offset " + std::to_string(end) + ", behind what was read");
  if (lost && options_.on_offset_out_of_range == OutOfRange::fail) {
    stop(partition, error, true);
    return true;
  }
  if (lost) answers_.position_set(partition);  // an answer given later does not take it back
  const int32_t from = partition.epochs.from;
  forget(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = next;
  partition.fetch.position = next;
  partition.epochs.last = epoch;  // without it a second truncation would go unnoticed
  partition.epochs.from = from;
  if (lost) tell(Event::Type::log_truncated, partition, error, next);
  return true;
}

// True if metadata names a leader of an older epoch than that of what was read: it leads no more, though it may not
// know it, and might take its own log for the whole. Better metadata is waited for, but not for ever: a topic that was
// made anew begins its epochs anew too, and before 2.8 nobody tells.
bool Consumer::outdated(Partition& partition, const cluster::TopicState& topic, int32_t leader, net::TimePoint now,
                        net::TimePoint& wake) {
  if (partition.epochs.last < 0 || partition.epochs.from == leader) {
    partition.epochs.outdated_since = {};
    return false;
  }
  const int32_t epoch = cluster::Metadata::leader_epoch(&topic, partition.number);
  if (epoch < 0 || epoch >= partition.epochs.last) {
    partition.epochs.outdated_since = {};
    return false;
  }
  if (epoch == partition.epochs.outdated_under) return false;
  if (partition.epochs.outdated_since == net::TimePoint()) partition.epochs.outdated_since = now;
  const net::TimePoint given_up = partition.epochs.outdated_since + kOutdatedLeader;
  const bool made_anew = !partition.request.topic_id.is_zero() && partition.request.topic_id != topic.id;
  if (made_anew || now >= given_up) {
    partition.epochs.last = -1;
    partition.epochs.outdated_since = {};
    partition.epochs.outdated_under = epoch;
    return false;
  }
  wake = std::min(wake, given_up);
  return true;
}

// True if the leader has not been asked yet whether its log is the one that was read.
bool Consumer::unchecked(const Partition& partition, int32_t leader_epoch) {
  return partition.epochs.last >= 0 && leader_epoch >= 0 && leader_epoch != partition.epochs.checked_under;
}

// True if records came from a leader newer than those whose log was compared with what was read, by a way on which
// nothing is compared: they are asked for again, so that metadata can tell of that leader and it can be asked. Once.
bool Consumer::not_compared(Partition& partition, int32_t first_epoch, const Asked& asked) {
  if (partition.epochs.last < 0 || asked.leader_epoch < 0 || first_epoch == partition.epochs.held) return false;
  if (first_epoch <= std::max(partition.epochs.last, partition.epochs.checked_under)) return false;
  partition.epochs.held = first_epoch;
  core_->metadata().refresh();
  back_off(partition);
  return true;
}

void Consumer::check(int32_t node, const std::vector<Partition*>& partitions) {
  protocol::OffsetForLeaderEpochRequest request;
  request.replica_id = kConsumerReplica;
  std::vector<Asked> asked;
  std::map<std::string_view, size_t> topics;
  const uint64_t id = ++fetches_;
  for (Partition* partition : partitions) {
    const int32_t leader_epoch = core_->metadata().leader_epoch(*partition->topic, partition->number);
    asked.push_back(
        {partition, partition->generation, partition->fetch.position, false, partition->epochs.last, leader_epoch});
    partition->request.id = id;  // not fetched meanwhile
    const auto [place, fresh] = topics.try_emplace(*partition->topic, request.topics.size());
    if (fresh) request.topics.emplace_back().topic = *partition->topic;
    auto& one = request.topics[place->second].partitions.emplace_back();
    one.partition = partition->number;
    one.leader_epoch = partition->epochs.last;
  }
  core_->router().call<protocol::OffsetForLeaderEpochRequest>(
      node, lane_, std::move(request), core_->router().config().request_timeout + options_.fetch_max_wait,
      scope_.wrap([this, asked = std::move(asked)](const Error& error, protocol::OffsetForLeaderEpochResponse& response,
                                                   const cluster::CallInfo&) { checked(asked, error, response); }),
      [](protocol::OffsetForLeaderEpochRequest&, int16_t version) {
        if (version >= kFirstForConsumers) return Error();
        return Error(Errc::unsupported_version, "OffsetForLeaderEpoch " + std::to_string(version));
      });
}

// No failure here resets a position or stops it: where nothing is learnt, Fetch goes on as if there were no epochs.
void Consumer::checked(const std::vector<Asked>& asked, const Error& error,
                       const protocol::OffsetForLeaderEpochResponse& response) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  using Answer = protocol::OffsetForLeaderEpochResponse::OffsetForLeaderTopicResult::EpochEndOffset;
  std::map<std::pair<std::string_view, int32_t>, const Answer*> answers;  // the first of a repeated one counts
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) answers.try_emplace({topic.topic, partition.partition}, &partition);
  }
  for (const Asked& one : asked) one.partition->request.id = 0;
  if (error == Errc::closed) return;
  for (const Asked& one : asked) {
    Partition& partition = *one.partition;
    if (partition.generation != one.generation || !partition.position.ready()) continue;
    const auto found = answers.find({*partition.topic, partition.number});
    Error failed = error;
    if (!failed && found == answers.end())
      failed = Error(Errc::protocol_error, "the answer lacks " + partition.where());
    if (!failed) failed = broker_error(found->second->error_code, partition.where());
    if (failed) {
      core_->log().state(LogLevel::warning, "the epochs of " + partition.where(), failed.message());
      const ErrorTraits& what = traits(failed.code());
      if (what.refresh != Refresh::none) core_->metadata().refresh();
      if (what.retry != Retry::no && partition.fetch.failures < kMaxOddities) {
        back_off(partition);
        continue;
      }
    }
    partition.fetch.failures = 0;
    partition.epochs.checked_under = one.leader_epoch;
    if (failed) continue;
    const Answer& answer = *found->second;
    if (answer.leader_epoch < 0 || answer.leader_epoch > one.last_epoch || answer.end_offset < 0) continue;
    if (answer.end_offset < partition.fetch.position)
      diverged(partition, answer.leader_epoch, answer.end_offset, one.last_epoch);
    if (life_cycle_.closing()) return;
  }
  schedule_pump();
}

}  // namespace kafka::consumer
