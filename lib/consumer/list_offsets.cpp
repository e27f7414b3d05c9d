#include "consumer/list_offsets.hpp"

#include <algorithm>
#include <set>

#include "base/backoff.hpp"
#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "consumer/names.hpp"

namespace kafka::consumer {
namespace {

constexpr int16_t kFirstSingle = 1;    // before it the answer is a list of offsets
constexpr int16_t kFirstIsolated = 2;  // before it there are no transactions
constexpr int32_t kConsumerReplica = -1;

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

OffsetQuery::OffsetQuery(std::shared_ptr<session::Core> core, std::vector<TopicOffset> asked) : core_(std::move(core)) {
  for (TopicOffset& place : asked) entries_.emplace_back().place = std::move(place);
  left_ = entries_.size();
}

std::shared_ptr<OffsetQuery> OffsetQuery::start(std::shared_ptr<session::Core> core, std::vector<TopicOffset> asked,
                                                IsolationLevel isolation, bool create, net::Duration timeout, Each each,
                                                Done done) {
  auto query = std::make_shared<OffsetQuery>(std::move(core), std::move(asked));
  query->isolation_ = isolation;
  query->each_ = std::move(each);
  query->done_ = std::move(done);
  session::Core& session = *query->core_;
  query->deadline_ = session.reactor().now() + timeout;
  query->self_ = query;
  session.add(*query);
  std::set<std::string> topics;
  for (const Entry& entry : query->entries_) topics.insert(entry.place.topic);
  for (const std::string& topic : topics) {
    if (!check_topic_name(topic)) session.metadata().want(topic, create);
  }
  query->listener_ = session.metadata().add_listener([raw = query.get()] { raw->step(); });
  query->schedule();
  return query;
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
  if (ended_) return;
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint wake = deadline_;
  bool ask_metadata = false;
  std::map<int32_t, std::vector<size_t>> by_leader;
  for (size_t i = 0; i < entries_.size() && !ended_; ++i) {
    Entry& entry = entries_[i];
    if (entry.state == State::done) continue;
    const TopicOffset& place = entry.place;
    if (!std::exchange(entry.checked, true)) {
      Error illegal = check_place(place);
      if (!illegal && place.offset >= 0) {
        illegal = Error(Errc::invalid_argument, where(place) + ": earliest, latest or a time can be looked up");
      }
      if (illegal) {
        finish(entry, -1, -1, illegal);
        continue;
      }
    }
    const cluster::TopicState* topic = core_->metadata().topic(place.topic);
    if (now >= deadline_) {
      std::string why = where(place);
      if (entry.last_error) {
        why += ": " + entry.last_error.message();
      } else if (topic != nullptr && topic->error) {
        why += ": " + topic->error.message();
      } else if (core_->metadata().last_error()) {
        why += ": " + core_->metadata().last_error().message();
      } else if (topic != nullptr && !core_->metadata().leader(place.topic, place.partition)) {
        why += " has no leader or does not exist";
      }
      finish(entry, -1, -1, Error(Errc::timed_out, why));
      continue;
    }
    if (entry.state == State::asked) continue;
    if (topic != nullptr && topic->error && traits(topic->error.code()).retry == Retry::no) {
      core_->metadata().refresh();  // asked anew for who tries again
      finish(entry, -1, -1, topic->error);
      continue;
    }
    const auto leader = core_->metadata().leader(place.topic, place.partition);
    if (leader && std::exchange(entry.leaderless, false)) entry.not_before = {};  // it has one again: no reason to wait
    if (entry.not_before > now) {
      wake = std::min(wake, entry.not_before);
    } else if (leader) {
      entry.state = State::asked;
      by_leader[*leader].push_back(i);
    } else {
      ask_metadata = entry.leaderless = true;
      back_off(entry);
      wake = std::min(wake, entry.not_before);
    }
  }
  if (ended_) return;
  if (left_ == 0) return end();
  for (auto& [node, indexes] : by_leader) ask(node, std::move(indexes));
  if (ask_metadata) core_->metadata().refresh();
  timer_ = core_->reactor().after(std::max(wake - now, net::Duration::zero()), [this] {
    timer_.cancel();
    step();
  });
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
      [](protocol::ListOffsetsRequest& adapted, int16_t version) {
        if (version < kFirstIsolated) adapted.isolation_level = 0;
        return Error();
      });
}

void OffsetQuery::answered(int32_t node, const std::vector<size_t>& indexes, const Error& error,
                           const protocol::ListOffsetsResponse& response, int16_t version) {
  if (ended_) return;
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  using Answer = protocol::ListOffsetsResponse::ListOffsetsTopicResponse::ListOffsetsPartitionResponse;
  std::map<std::pair<std::string_view, int32_t>, const Answer*> answers;  // the first of a repeated one counts
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions)
      answers.try_emplace({topic.name, partition.partition_index}, &partition);
  }
  for (const size_t index : indexes) {
    Entry& entry = entries_[index];
    if (entry.state != State::asked) continue;
    entry.state = State::waiting;
    if (error) {
      failed(entry, error);
      continue;
    }
    const auto found = answers.find({entry.place.topic, entry.place.partition});
    if (found == answers.end()) {
      failed(entry, Error(Errc::protocol_error, "the answer to ListOffsets lacks " + where(entry.place)));
      continue;
    }
    const Answer& answer = *found->second;
    if (answer.error_code != 0) {
      failed(entry, broker_error(answer.error_code, where(entry.place)));
      continue;
    }
    int64_t offset = answer.offset;
    if (version < kFirstSingle) offset = answer.old_style_offsets.empty() ? -1 : answer.old_style_offsets.front();
    const bool by_time = timestamp_of(entry.place) >= 0;
    if (offset < 0 && !(by_time && offset == -1)) {
      failed(entry, Error(Errc::protocol_error, "offset " + std::to_string(offset) + " for " + where(entry.place)));
      continue;
    }
    finish(entry, offset, answer.timestamp, {}, {node, std::max(answer.leader_epoch, -1)});
    if (ended_) return;
  }
  schedule();
}

void OffsetQuery::failed(Entry& entry, Error error) {
  const ErrorTraits& what = traits(error.code());
  if (what.retry == Retry::no) return finish(entry, -1, -1, std::move(error));
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) core_->metadata().refresh();
  back_off(entry);
  entry.last_error = std::move(error);
}

void OffsetQuery::back_off(Entry& entry) {
  const auto& config = core_->router().config();
  entry.not_before = core_->reactor().now() + Backoff::at(entry.failures++, config.retry_backoff,
                                                          config.retry_backoff_max, core_->reactor().random());
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
  if (ended_) return;
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  leave();
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

void OffsetQuery::fail_all(const Error& error) {
  if (ended_) return;
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  for (Entry& entry : entries_) {
    if (ended_) return;
    if (entry.state != State::done) finish(entry, -1, -1, error);
  }
  end();
}

// Out of the session's lists, and out of memory one turn later: whoever walks those lists may still hold us.
void OffsetQuery::leave() {
  ended_ = true;
  scope_.end();
  timer_.cancel();
  if (!core_->live()) {
    self_.reset();
    return;
  }
  core_->remove(*this);
  core_->metadata().remove_listener(listener_);
  std::set<std::string> topics;
  for (const Entry& entry : entries_) topics.insert(entry.place.topic);
  for (const std::string& topic : topics) core_->metadata().unwant(topic);
  core_->reactor().defer([self = std::move(self_)] {});
}

void OffsetQuery::cancel() {
  if (ended_) return;
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  each_ = nullptr;
  done_ = nullptr;
  leave();
}

void OffsetQuery::begin_close(net::TimePoint, Function<void()> done) {
  const std::shared_ptr<OffsetQuery> pinned = shared_from_this();
  fail_all(Error(Errc::closed, "the session was closed"));
  done();
}

void OffsetQuery::fail_rest() { fail_all(Error(Errc::closed, "the session was closed")); }

void OffsetQuery::abort() {
  const std::shared_ptr<OffsetQuery> pinned = std::move(self_);
  ended_ = true;
  scope_.end();
  timer_.cancel();
  each_ = nullptr;
  done_ = nullptr;
}

}  // namespace kafka::consumer
