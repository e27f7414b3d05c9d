// Fetch (see handle_fetch.hpp).
#include "devbroker/handle_fetch.hpp"

#include <algorithm>
#include <set>

namespace kafka::devbroker {

namespace {

constexpr int64_t kMaxResponseBytes = 55 * 1024 * 1024;
constexpr int16_t kLeadersNamedFrom = 16;  // KIP-951
constexpr int16_t kTopicIdsFrom = 13;
constexpr int16_t kSoftLimitsFrom = 3;  // before, a limit cuts even the first batch

bool concerns_session(Errc code) {
  return code == Errc::fetch_session_id_not_found || code == Errc::invalid_fetch_session_epoch ||
         code == Errc::fetch_session_topic_id_error;
}

}  // namespace

FetchOperation::FetchOperation(Cluster& cluster, net::Reactor& reactor, int32_t broker, int16_t version,
                               FaultAction fault, protocol::FetchRequest request)
    : cluster_(cluster),
      reactor_(reactor),
      fault_(std::move(fault)),
      request_(std::move(request)),
      context_{cluster_, reactor_, broker, version, fault_} {}

FetchOperation::~FetchOperation() {
  for (auto& partition : watched_) std::erase(partition->waiters, static_cast<Waiter*>(this));
}

bool FetchOperation::start(protocol::FetchResponse& response, Done done) {
  if (context_.version >= 7) {
    Errc error = concerns_session(fault_.reply) ? fault_.reply : Errc::none;
    if (error == Errc::none && request_.session_epoch > 0) error = Errc::fetch_session_id_not_found;
    if (error != Errc::none) {
      response.error_code = wire_code(error);
      return true;
    }
  }
  if (request_.max_wait_ms <= 0 || satisfied()) {
    build(response);
    return true;
  }
  done_ = std::move(done);
  for (const auto& asked : request_.topics) {
    Topic* topic = nullptr;
    if (named_topic(cluster_, context_.version >= kTopicIdsFrom, asked.topic, asked.topic_id, topic) != Errc::none)
      continue;
    for (const auto& partition : asked.partitions) {
      const auto& found = topic->partition(partition.partition);
      if (found == nullptr) continue;
      found->waiters.push_back(this);
      watched_.push_back(found);
    }
  }
  timer_ = reactor_.after(std::chrono::milliseconds(request_.max_wait_ms), [this] { finish(); });
  return false;
}

void FetchOperation::wake() {
  if (scheduled_) return;
  scheduled_ = true;
  reactor_.defer(scope_.wrap([this] { look_again(); }));
}

void FetchOperation::look_again() {
  scheduled_ = false;
  if (satisfied()) finish();
}

void FetchOperation::finish() {
  timer_.cancel();
  protocol::FetchResponse response;
  build(response);
  Done done = std::move(done_);
  if (done) done(std::move(response));  // destroys this
}

/// What answers the partition at once: an error, or nothing.
bool FetchOperation::has_error(const Partition* partition, Errc topic_error, const std::string& name,
                               const protocol::FetchRequest::FetchTopic::FetchPartition& asked, Errc& error) const {
  error = fault_.at(name, asked.partition);
  if (error == Errc::none) error = topic_error;
  if (error == Errc::none) {
    error = check_leader(context_, partition, context_.version >= 9 ? asked.current_leader_epoch : -1);
  }
  if (error == Errc::none &&
      (asked.fetch_offset < partition->log.start_offset() || asked.fetch_offset > partition->log.end_offset())) {
    error = Errc::offset_out_of_range;
  }
  return error != Errc::none;
}

bool FetchOperation::satisfied() const {
  int64_t ready = 0;
  bool asks = false;
  for (const auto& asked_topic : request_.topics) {
    Topic* topic = nullptr;
    const Errc topic_error =
        named_topic(cluster_, context_.version >= kTopicIdsFrom, asked_topic.topic, asked_topic.topic_id, topic);
    const std::string& name = topic == nullptr ? asked_topic.topic : topic->name;
    for (const auto& asked : asked_topic.partitions) {
      asks = true;
      const Partition* partition = topic == nullptr ? nullptr : topic->partition(asked.partition).get();
      Errc error = Errc::none;
      if (has_error(partition, topic_error, name, asked, error)) return true;
      ready += std::min<int64_t>(static_cast<int64_t>(partition->log.bytes_from(asked.fetch_offset)),
                                 std::max(asked.partition_max_bytes, 0));
      if (asked.fetch_offset < partition->log.end_offset() && ready == 0) ready = 1;  // a batch larger than asked for
      if (ready >= std::max(request_.min_bytes, 0)) return true;
    }
  }
  return !asks || request_.min_bytes <= 0;
}

void FetchOperation::build(protocol::FetchResponse& response) const {
  const bool soft = context_.version >= kSoftLimitsFrom;
  const int8_t magic = records::magic_for_fetch(context_.version);
  int64_t left = soft ? std::clamp<int64_t>(request_.max_bytes, 0, kMaxResponseBytes) : kMaxResponseBytes;
  bool first = soft;  // the first batch of all comes whole
  std::set<int32_t> new_leaders;
  for (const auto& asked_topic : request_.topics) {
    auto& topic_out = response.responses.emplace_back();
    topic_out.topic = asked_topic.topic;
    topic_out.topic_id = asked_topic.topic_id;
    Topic* topic = nullptr;
    const Errc topic_error =
        named_topic(cluster_, context_.version >= kTopicIdsFrom, asked_topic.topic, asked_topic.topic_id, topic);
    const std::string& name = topic == nullptr ? asked_topic.topic : topic->name;
    topic_out.partitions.reserve(asked_topic.partitions.size());
    for (const auto& asked : asked_topic.partitions) {
      auto& out = topic_out.partitions.emplace_back();
      const Partition* partition = topic == nullptr ? nullptr : topic->partition(asked.partition).get();
      out.partition_index = asked.partition;
      out.high_watermark = -1;
      out.last_stable_offset = -1;
      out.log_start_offset = -1;
      out.records = Bytes::unowned({"", 0});
      Errc error = Errc::none;
      LogRead read;
      if (!has_error(partition, topic_error, name, asked, error)) {
        const int64_t limit = std::min<int64_t>(left, std::max(asked.partition_max_bytes, 0));
        error = partition->log.read(asked.fetch_offset, static_cast<size_t>(limit), first,
                                    cluster_.options().cut_batches, magic, read);
      }
      out.error_code = wire_code(error);
      if (error != Errc::none) {
        if (partition != nullptr && names_new_leader(error) && context_.version >= kLeadersNamedFrom) {
          out.current_leader.leader_id = partition->leader;
          out.current_leader.leader_epoch = partition->epoch;
          new_leaders.insert(partition->leader);
        }
        continue;
      }
      out.high_watermark = partition->log.end_offset();
      out.last_stable_offset = partition->log.end_offset();
      out.log_start_offset = partition->log.start_offset();
      if (request_.isolation_level == 0) out.aborted_transactions.reset();
      if (soft && read.first_incomplete) continue;  // clients of this version are never given less than a batch
      if (read.records.size() > 0) first = false;
      left -= std::min<int64_t>(left, static_cast<int64_t>(read.records.size()));
      out.records = std::move(read.records);
    }
  }
  for (int32_t id : new_leaders) {
    const BrokerHandle* broker = cluster_.alive(id) ? cluster_.broker(id) : nullptr;
    if (broker == nullptr) continue;
    auto& endpoint = response.node_endpoints.emplace_back();
    endpoint.node_id = id;
    endpoint.host = broker->host();
    endpoint.port = broker->port();
  }
}

}  // namespace kafka::devbroker
