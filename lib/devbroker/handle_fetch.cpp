// Fetch (see handle_fetch.hpp).
#include "devbroker/handle_fetch.hpp"

#include <algorithm>

#include "protocol/api_table.hpp"

namespace kafka::devbroker {

namespace {

constexpr int64_t kMaxResponseBytes = 55 * 1024 * 1024;
constexpr int8_t kReadCommitted = 1;
constexpr int32_t kNewSession = 0;
constexpr int32_t kNoSession = -1;

using protocol::FetchRequest;

bool concerns_session(Errc code) {
  return code == Errc::fetch_session_id_not_found || code == Errc::invalid_fetch_session_epoch ||
         code == Errc::fetch_session_topic_id_error;
}

}  // namespace

FetchOperation::FetchOperation(const Context& context, protocol::FetchRequest request)
    : cluster_(context.cluster),
      reactor_(context.reactor),
      fault_(context.fault),
      context_{cluster_, reactor_, context.login, context.broker, context.version, fault_},
      request_(std::move(request)) {}

FetchOperation::~FetchOperation() {
  for (auto& partition : watched_) std::erase(partition->waiters, static_cast<Waiter*>(this));
}

bool FetchOperation::by_id() const { return context_.version >= FetchRequest::kTopicIdsFrom; }
bool FetchOperation::soft_limits() const { return context_.version >= FetchRequest::kLimitedFrom; }

bool FetchOperation::start() {
  if (const Errc error = open_session(); error != Errc::none) {
    response.error_code = wire_code(error);
    return true;
  }
  // A broker over quota answers with the pause alone. It opens no session, but one that exists has advanced.
  if (fault_.throttle_ms > 0 && context_.version >= protocol::throttles_client_from(protocol::ApiKey::fetch)) {
    response.session_id = session_ != nullptr ? session_->id() : 0;
    return true;
  }
  if (request_.max_wait_ms <= 0 || satisfied()) {
    answer();
    return true;
  }
  for (const FetchAsk& ask : asks_) {
    Topic* topic = nullptr;
    if (named_topic(cluster_, by_id(), ask.topic, ask.topic_id, topic) != Errc::none) continue;
    const auto& found = topic->partition(ask.partition.partition);
    if (found == nullptr) continue;
    found->waiters.push_back(this);
    watched_.push_back(found);
  }
  timer_ = reactor_.after(std::chrono::milliseconds(request_.max_wait_ms), [this] { complete(); });
  return false;
}

/// Finds out which partitions are asked for: those of the request, or those that the session knows, changed as the
/// request says.
Errc FetchOperation::open_session() {
  if (context_.version < FetchRequest::kSessionsFrom) {
    asks_ = asks_of(request_);
    return Errc::none;
  }
  if (concerns_session(fault_.reply)) return fault_.reply;
  FetchSessions& sessions = cluster_.brokers().fetch_sessions(context_.broker);
  if (request_.session_epoch == kNewSession || request_.session_epoch == kNoSession) {
    sessions.close(request_.session_id);
    wants_session_ = request_.session_epoch == kNewSession;
    asks_ = asks_of(request_);
    return Errc::none;
  }
  auto session = sessions.find(request_.session_id);
  if (session == nullptr) return Errc::fetch_session_id_not_found;
  if (session->epoch() != request_.session_epoch) return Errc::invalid_fetch_session_epoch;
  if (session->by_id() != by_id()) return Errc::fetch_session_topic_id_error;
  session->update(request_);
  if (session->empty()) {  // the request has removed the last partition: the session ends
    sessions.close(session->id());
    asks_ = asks_of(request_);
    return Errc::none;
  }
  session->advance(reactor_.now());
  session_ = std::move(session);
  session_epoch_ = session_->epoch();
  asks_ = session_->asks();
  return Errc::none;
}

void FetchOperation::wake() {
  if (scheduled_) return;
  scheduled_ = true;
  reactor_.defer(scope_.wrap([this] { look_again(); }));
}

void FetchOperation::look_again() {
  scheduled_ = false;
  notice_deletion();
  if (satisfied()) complete();
}

void FetchOperation::notice_deletion() {
  lost_ = std::any_of(watched_.begin(), watched_.end(), [](const auto& each) { return each->deleted; });
}

void FetchOperation::complete() {
  timer_.cancel();
  notice_deletion();
  answer();
  finish();
}

FetchOperation::Look FetchOperation::look(const FetchAsk& ask) const {
  const auto& asked = ask.partition;
  Look look;
  Topic* topic = nullptr;
  const Errc topic_error = named_topic(cluster_, by_id(), ask.topic, ask.topic_id, topic);
  look.partition = topic == nullptr ? nullptr : topic->partition(asked.partition).get();
  look.error = fault_.at(topic == nullptr ? ask.topic : topic->name, asked.partition);
  if (look.error == Errc::none) look.error = topic_error;
  // A topic that was deleted while the request waited, and has been made anew since, is not the one that was asked for.
  if (look.error == Errc::none && lost_ &&
      std::none_of(watched_.begin(), watched_.end(), [&](const auto& each) { return each.get() == look.partition; }))
    look.error = Errc::unknown_topic_or_partition;
  const int32_t epoch = context_.version >= FetchRequest::kLeaderEpochsFrom ? asked.current_leader_epoch : -1;
  if (look.error == Errc::none) {
    look.error = context_.version >= FetchRequest::kFollowersFrom ? check_replica(context_, look.partition, epoch)
                                                                  : check_leader(context_, look.partition, epoch);
  }
  if (look.error != Errc::none) return look;

  const PartitionLog& log = look.partition->log;
  look.high_watermark = look.partition->end_of(context_.broker);
  look.stable = std::min(look.high_watermark, log.last_stable_offset());
  look.limit = request_.isolation_level == kReadCommitted ? look.stable : look.high_watermark;
  if (context_.version >= FetchRequest::kDivergingFrom && asked.last_fetched_epoch >= 0) {
    const EpochEnd end = log.end_of_epoch(asked.last_fetched_epoch);
    if (end.epoch < 0 || asked.fetch_offset < log.start_offset()) {
      look.error = Errc::offset_out_of_range;
      return look;
    }
    if (end.epoch < asked.last_fetched_epoch || end.end_offset < asked.fetch_offset) {
      look.diverging = end;
      return look;
    }
  }
  const bool leads = look.partition->leader == context_.broker;
  if (leads && context_.version >= FetchRequest::kFollowersFrom) {
    look.preferred = cluster_.leaders().preferred_replica(*look.partition, request_.rack_id, asked.fetch_offset);
  }
  if (look.preferred < 0 && (asked.fetch_offset < log.start_offset() || asked.fetch_offset > look.high_watermark)) {
    look.error = Errc::offset_out_of_range;
  }
  return look;
}

bool FetchOperation::satisfied() const {
  if (asks_.empty() || request_.min_bytes <= 0) return true;
  int64_t ready = 0;
  for (const FetchAsk& ask : asks_) {
    const Look seen = look(ask);
    if (seen.at_once()) return true;
    const auto bytes = static_cast<int64_t>(seen.partition->log.bytes_from(ask.partition.fetch_offset, seen.limit));
    ready += std::min<int64_t>(bytes, std::max(ask.partition.partition_max_bytes, 0));
    if (bytes > 0 && ready == 0) ready = 1;  // a batch counts even if it is larger than what is asked for
    if (ready >= request_.min_bytes) return true;
  }
  return false;
}

void FetchOperation::answer() {
  if (session_ != nullptr && session_->epoch() != session_epoch_) {
    // Another connection has used this session meanwhile.
    response.error_code = wire_code(Errc::invalid_fetch_session_epoch);
    return;
  }
  int64_t left = soft_limits() ? std::clamp<int64_t>(request_.max_bytes, 0, kMaxResponseBytes) : kMaxResponseBytes;
  bool first = soft_limits();  // the first batch of the whole answer is never cut
  std::set<int32_t> new_leaders;
  std::shared_ptr<FetchSession> made;
  if (wants_session_) {
    made = cluster_.brokers()
               .fetch_sessions(context_.broker)
               .create(cluster_.options().fetch_sessions, asks_.size(), by_id(), reactor_);
  }
  response.session_id = session_ != nullptr ? session_->id() : made != nullptr ? made->id() : 0;
  for (const FetchAsk& ask : asks_) {
    PartitionData data = read(ask, left, first, new_leaders);
    if (made != nullptr) made->add(ask, data);
    if (session_ != nullptr && !session_->tells(ask, data)) continue;
    if (response.responses.empty() || response.responses.back().topic != ask.topic ||
        response.responses.back().topic_id != ask.topic_id) {
      auto& topic = response.responses.emplace_back();
      topic.topic = ask.topic;
      topic.topic_id = ask.topic_id;
    }
    response.responses.back().partitions.push_back(std::move(data));
  }
  name_leaders(cluster_, new_leaders, response);
}

FetchOperation::PartitionData FetchOperation::read(const FetchAsk& ask, int64_t& left, bool& first,
                                                   std::set<int32_t>& new_leaders) const {
  PartitionData out;
  out.partition_index = ask.partition.partition;
  out.high_watermark = -1;
  out.last_stable_offset = -1;
  out.log_start_offset = -1;
  out.records = Bytes::unowned({"", 0});
  out.aborted_transactions.reset();
  const bool committed_only = request_.isolation_level == kReadCommitted;
  const Look seen = look(ask);
  Errc error = seen.error;
  LogRead read;
  if (!seen.at_once()) {
    const int64_t limit = std::min<int64_t>(left, std::max(ask.partition.partition_max_bytes, 0));
    error = seen.partition->log.read(ask.partition.fetch_offset, static_cast<size_t>(limit), first,
                                     cluster_.options().cut_batches, FetchRequest::magic(context_.version), read,
                                     seen.limit);
  }
  out.error_code = wire_code(error);
  if (error != Errc::none) {
    if (seen.partition != nullptr && names_new_leader(error) && context_.version >= FetchRequest::kLeadersNamedFrom) {
      out.current_leader.leader_id = seen.partition->leader;
      out.current_leader.leader_epoch = seen.partition->epoch;
      new_leaders.insert(seen.partition->leader);
    }
    return out;
  }
  out.high_watermark = seen.high_watermark;
  out.last_stable_offset = seen.stable;
  out.log_start_offset = seen.partition->log.start_offset();
  out.preferred_read_replica = seen.preferred;
  if (seen.diverging.epoch >= 0) {
    out.diverging_epoch.epoch = seen.diverging.epoch;
    out.diverging_epoch.end_offset = seen.diverging.end_offset;
  }
  if (committed_only) out.aborted_transactions.emplace();
  // Clients of these versions never get less than a batch.
  if (soft_limits() && read.first_incomplete) return out;
  if (read.records.size() > 0) first = false;
  left -= std::min<int64_t>(left, static_cast<int64_t>(read.records.size()));
  if (committed_only && read.records.size() > 0) add_aborted(seen, ask, read, out);
  out.records = std::move(read.records);
  return out;
}

void FetchOperation::add_aborted(const Look& seen, const FetchAsk& ask, const LogRead& read, PartitionData& out) const {
  auto aborted = seen.partition->log.producers().aborted(ask.partition.fetch_offset, read.end_offset);
  if (cluster_.transactions().aborted_newest_first()) std::reverse(aborted.begin(), aborted.end());
  for (const AbortedTransaction& one : aborted) {
    auto& entry = out.aborted_transactions->emplace_back();
    entry.producer_id = one.producer_id;
    entry.first_offset = one.first_offset;
  }
}

void handle(Context& context, FetchRequest& request, protocol::FetchResponse& response) {
  auto operation = std::make_unique<FetchOperation>(context, std::move(request));
  if (operation->start()) {
    response = std::move(operation->response);
  } else {
    context.pending = std::move(operation);
  }
}

}  // namespace kafka::devbroker
