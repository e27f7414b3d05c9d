#include "consumer/offset_query.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "consumer/names.hpp"
#include "consumer/replica.hpp"

namespace kafka::consumer {
namespace {

std::string where(const TopicOffset& place) { return place.topic + "/" + std::to_string(place.partition); }

int64_t timestamp_of(const TopicOffset& place) {
  if (place.offset == kLatestOffset && place.timestamp >= 0) return place.timestamp;
  return place.offset;  // earliest and latest have the same numbers on the wire
}

}  // namespace

std::vector<TopicOffset> places(const Partitions& partitions, int64_t offset, int64_t timestamp) {
  std::vector<TopicOffset> all;
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) all.push_back({topic, number, offset, timestamp, {}});
  }
  return all;
}

OffsetQuery::OffsetQuery(std::shared_ptr<session::Core> core, Task task, Each each, Done done)
    : Operation(*core),
      core_(std::move(core)),
      isolation_(task.isolation),
      create_(task.create),
      left_(task.places.size()),
      deadline_(core_->reactor().now() + task.timeout),
      wanted_(std::move(task.wanted)),
      each_(std::move(each)),
      done_(std::move(done)) {
  for (TopicOffset& place : task.places) entries_.emplace_back().place = std::move(place);
}

std::shared_ptr<OffsetQuery> OffsetQuery::start(std::shared_ptr<session::Core> core, Task task, Each each, Done done) {
  auto query = std::make_shared<OffsetQuery>(std::move(core), std::move(task), std::move(each), std::move(done));
  query->begin();
  return query;
}

void OffsetQuery::begin() {
  enter();
  for (const std::string& topic : topics()) {
    if (!check_topic_name(topic)) core_->metadata().want(topic, create_);
  }
  listener_ = core_->metadata().add_listener([this] { step(); });
  schedule();
}

std::set<std::string> OffsetQuery::topics() const {
  std::set<std::string> all;
  for (const Entry& entry : entries_) all.insert(entry.place.topic);
  return all;
}

void OffsetQuery::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  core_->reactor().defer(scope_.wrap([this] {
    scheduled_ = false;
    step();
  }));
}

void OffsetQuery::step() {
  if (ended()) return;
  const std::shared_ptr<Operation> pinned = shared_from_this();
  if (wanted_ && !wanted_()) return cancel();
  if (!std::exchange(checked_, true)) refuse_illegal();
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint wake = deadline_;
  ByLeader by_leader;
  for (size_t i = 0; i < entries_.size() && !ended(); ++i) look_at(i, now, wake, by_leader);
  if (ended()) return;
  if (left_ == 0) return end();
  for (auto& [node, indexes] : by_leader) ask(node, std::move(indexes));
  timer_ = core_->reactor().after(std::max(wake - now, net::Duration::zero()), [this] {
    timer_.cancel();
    step();
  });
}

void OffsetQuery::refuse_illegal() {
  for (Entry& entry : entries_) {
    if (ended()) return;
    Error illegal = check_place(entry.place);
    if (!illegal && entry.place.offset >= 0) {
      illegal = Error(Errc::invalid_argument, where(entry.place) + ": earliest, latest or a time can be looked up");
    }
    if (illegal) finish(entry, -1, -1, illegal);
  }
}

void OffsetQuery::look_at(size_t index, net::TimePoint now, net::TimePoint& wake, ByLeader& by_leader) {
  Entry& entry = entries_[index];
  if (entry.state == State::done) return;
  cluster::Metadata& metadata = core_->metadata();
  const cluster::TopicState* const topic = metadata.topic(entry.place.topic);
  if (now >= deadline_) return finish(entry, -1, -1, time_out(entry, topic));
  if (entry.state == State::asked) return;
  if (topic != nullptr && topic->error && traits(topic->error.code()).retry == Retry::no) {
    metadata.refresh();  // the next query shall see something newer
    return finish(entry, -1, -1, topic->error);
  }
  const auto leader = entry.retry.leader(metadata.leader(topic, entry.place.partition), metadata, now);
  if (!leader) {
    wake = std::min(wake, entry.retry.until());
    return;
  }
  entry.state = State::asked;
  entry.topic_id = topic == nullptr ? Uuid{} : topic->id;
  by_leader[*leader].push_back(index);
}

Error OffsetQuery::time_out(const Entry& entry, const cluster::TopicState* topic) const {
  const cluster::Metadata& metadata = core_->metadata();
  std::string why = where(entry.place);
  // The time was long enough for a topic that was just made. It does not exist, which says more than that time passed.
  if (topic != nullptr && !metadata.last_error()) {
    const bool beyond = topic->known && static_cast<size_t>(entry.place.partition) >= topic->partitions.size();
    if (beyond || topic->error == Errc::unknown_topic_or_partition) return Error(Errc::unknown_topic_or_partition, why);
  }
  if (entry.last_error) {
    why += ": " + entry.last_error.message();
  } else if (topic != nullptr && topic->error) {
    why += ": " + topic->error.message();
  } else if (metadata.last_error()) {
    why += ": " + metadata.last_error().message();
  } else if (topic != nullptr && !metadata.leader(topic, entry.place.partition)) {
    why += " has no leader or does not exist";
  }
  return Error(Errc::timed_out, why);
}

void OffsetQuery::ask(int32_t node, std::vector<size_t> indexes) {
  protocol::ListOffsetsRequest request;
  request.replica_id = kConsumerReplica;
  request.isolation_level = static_cast<int8_t>(isolation_);
  const net::Duration left = deadline_ - core_->reactor().now();
  const net::Duration timeout = std::min(left, core_->router().config().request_timeout);
  request.timeout_ms = static_cast<int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  std::map<std::string_view, size_t> topics;
  for (const size_t index : indexes) {
    const TopicOffset& place = entries_[index].place;
    const auto [topic, fresh] = topics.try_emplace(place.topic, request.topics.size());
    if (fresh) request.topics.emplace_back().name = place.topic;
    auto& partition = request.topics[topic->second].partitions.emplace_back();
    partition.partition_index = place.partition;
    partition.timestamp = timestamp_of(place);
  }
  core_->router().call<protocol::ListOffsetsRequest>(
      node, cluster::Purpose::general, std::move(request), {timeout, left},
      scope_.wrap([this, node, indexes = std::move(indexes)](Error error, protocol::ListOffsetsResponse& response,
                                                             const cluster::CallInfo& info) {
        answered(node, indexes, error, response, info.version);
      }),
      [this, guard = scope_.guard()](protocol::ListOffsetsRequest& adapted, int16_t version) {
        if (!guard.alive() || (wanted_ && !wanted_())) return Error(Errc::closed, "nobody waits for the answer");
        if (version < protocol::ListOffsetsRequest::kIsolationFrom) adapted.isolation_level = 0;
        return Error();
      });
}

void OffsetQuery::answered(int32_t node, const std::vector<size_t>& indexes, const Error& error,
                           const protocol::ListOffsetsResponse& response, int16_t version) {
  if (ended()) return;
  const std::shared_ptr<Operation> pinned = shared_from_this();
  using Numbers = std::unordered_map<int32_t, const Answer*>;
  std::map<std::string_view, Numbers> answers;  // the first of a repeated one counts
  for (const auto& topic : response.topics) {
    Numbers& numbers = answers[topic.name];
    for (const auto& partition : topic.partitions) numbers.try_emplace(partition.partition_index, &partition);
  }
  for (const size_t index : indexes) {
    Entry& entry = entries_[index];
    if (entry.state != State::asked) continue;
    entry.state = State::waiting;
    if (error) {
      failed(entry, error);
      continue;
    }
    const Numbers& numbers = answers[entry.place.topic];
    const auto found = numbers.find(entry.place.partition);
    if (found == numbers.end()) {
      failed(entry, Error(Errc::protocol_error, "the answer to ListOffsets lacks " + where(entry.place)));
      continue;
    }
    take(entry, *found->second, node, version);
    if (ended()) return;
  }
  retry_together(indexes);
  schedule();
}

// Those that failed in one answer are asked about in one request again, however many they are.
void OffsetQuery::retry_together(const std::vector<size_t>& indexes) {
  net::TimePoint again{};
  for (const size_t index : indexes) again = std::max(again, entries_[index].retry.until());
  for (const size_t index : indexes) {
    if (entries_[index].state == State::waiting) entries_[index].retry.hold(again);
  }
}

void OffsetQuery::take(Entry& entry, const Answer& answer, int32_t node, int16_t version) {
  if (answer.error_code != 0) return failed(entry, broker_error(answer.error_code, where(entry.place)));
  int64_t offset = answer.offset;
  if (version < protocol::ListOffsetsRequest::kSingleFrom)
    offset = answer.old_style_offsets.empty() ? -1 : answer.old_style_offsets.front();
  const bool by_time = timestamp_of(entry.place) >= 0;
  if (offset < 0 && !(by_time && offset == -1)) {
    return failed(entry,
                  Error(Errc::protocol_error, "offset " + std::to_string(offset) + " for " + where(entry.place)));
  }
  const bool looked = by_time && version >= protocol::ListOffsetsRequest::kSingleFrom;
  finish(entry, offset, answer.timestamp, {}, {node, std::max(answer.leader_epoch, -1), looked, entry.topic_id});
}

void OffsetQuery::failed(Entry& entry, Error error) {
  const ErrorTraits& what = traits(error.code());
  if (what.retry == Retry::no) return finish(entry, -1, -1, std::move(error));
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) core_->metadata().refresh();
  core_->router().delay(entry.retry);
  core_->log().failure(LogLevel::debug, "offset of " + where(entry.place), error);
  entry.last_error = std::move(error);
}

void OffsetQuery::finish(Entry& entry, int64_t offset, int64_t timestamp, Error error, const OffsetSource& source) {
  entry.state = State::done;
  entry.place.offset = offset;
  entry.place.timestamp = timestamp;
  entry.place.error = std::move(error);
  --left_;
  if (each_) each_(static_cast<size_t>(&entry - entries_.data()), entry.place, source);
}

void OffsetQuery::end() {
  const std::shared_ptr<Operation> pinned = stop();
  if (pinned == nullptr) return;
  Error first;
  std::vector<TopicOffset> found;
  for (Entry& entry : entries_) {
    if (!first) first = entry.place.error;
    found.push_back(std::move(entry.place));
  }
  Done done = std::move(done_);
  each_ = nullptr;
  if (done) done(std::move(first), std::move(found));
}

void OffsetQuery::fail(Error error) {
  const std::shared_ptr<Operation> pinned = shared_from_this();
  for (Entry& entry : entries_) {
    if (ended()) return;
    if (entry.state != State::done) finish(entry, -1, -1, error);
  }
  end();
}

// Null if it had ended before.
std::shared_ptr<session::Operation> OffsetQuery::stop() {
  std::shared_ptr<Operation> pinned = leave();
  if (pinned == nullptr) return pinned;
  scope_.end();
  timer_.cancel();
  if (!core_->live()) return pinned;
  core_->metadata().remove_listener(listener_);
  for (const std::string& topic : topics()) core_->metadata().unwant(topic);
  return pinned;
}

void OffsetQuery::cancel() {
  each_ = nullptr;
  done_ = nullptr;
  stop();
}

void OffsetQuery::drop() {
  scope_.end();
  timer_.cancel();
  each_ = nullptr;
  done_ = nullptr;
}

}  // namespace kafka::consumer
