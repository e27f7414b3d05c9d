// The public ConsumerGroup: checks what is asked, and reads, writes and resets the offsets that a group has stored.
// Not here: the requests to the coordinator (group_offsets.hpp), the requests to leaders (offset_query.hpp).
#include <kafka/consumer_group.hpp>

#include <set>
#include <string_view>
#include <utility>

#include "consumer/group_offsets.hpp"
#include "consumer/names.hpp"
#include "consumer/offset_query.hpp"
#include "session/access.hpp"
#include "session/asker.hpp"

namespace kafka {
namespace {

using session::Asker;
using session::Core;

Error refusal(const Core& core, const std::string& group, const Partitions& partitions) {
  Error refused = core.refusal();
  if (!refused) refused = consumer::check_partitions(partitions);
  if (!refused) refused = consumer::check_group(group);
  return refused;
}

// Tells the application, with the first error of the entries unless the whole request failed.
consumer::OffsetsDone tell(const Asker& asker, ConsumerGroup::Callback done) {
  return [core = asker.core.get(), lane = asker.lane, done = std::move(done)](
             Error error, std::vector<consumer::StoredOffset> stored) mutable {
    if (!done) return;
    if (!error) error = consumer::first_error(stored);
    std::vector<ConsumerOffset> offsets;
    for (consumer::StoredOffset& each : stored) offsets.push_back(std::move(each));
    core->later(lane, [done = std::move(done), error = std::move(error), offsets = std::move(offsets)]() mutable {
      done(std::move(error), std::move(offsets));
    });
  };
}

void reset(const Asker& asker, const std::string& group, const Partitions& partitions, int64_t to,
           ConsumerGroup::Callback done) {
  const auto& core = asker.core;
  if (Error refused = refusal(*core, group, partitions)) return tell(asker, std::move(done))(refused, {});
  const net::Duration timeout = core->options().default_api_timeout;
  const net::TimePoint deadline = core->reactor().now() + timeout;
  // All or nothing: offsets are stored only if every partition's could be found.
  consumer::OffsetQuery::start(
      core, {.places = consumer::places(partitions, to), .timeout = timeout}, {},
      [raw = core.get(), group, deadline, told = tell(asker, std::move(done))](Error error,
                                                                               std::vector<TopicOffset> found) mutable {
        std::vector<consumer::StoredOffset> offsets;
        for (TopicOffset& place : found) {
          offsets.push_back({{std::move(place.topic), place.partition, place.offset, {}, std::move(place.error)}, {}});
        }
        if (error) return told(std::move(error), std::move(offsets));
        const net::Duration left = deadline - raw->reactor().now();
        consumer::MemberlessOffsets(*raw, group).commit(std::move(offsets), left, std::move(told), {});
      });
}

}  // namespace

ConsumerGroup::ConsumerGroup(Session& session, std::string name)
    : asker_(Asker::make(session::Access::core(session))), name_(std::move(name)) {}
ConsumerGroup::ConsumerGroup(ConsumerGroup&& other) noexcept
    : asker_(std::exchange(other.asker_, other.asker_->moved_from())), name_(std::move(other.name_)) {}
ConsumerGroup& ConsumerGroup::operator=(ConsumerGroup&& other) noexcept {
  if (this == &other) return *this;
  asker_ = std::exchange(other.asker_, other.asker_->moved_from());
  name_ = std::move(other.name_);
  return *this;
}

void ConsumerGroup::fetch_offsets(Partitions partitions, Callback done) {
  if (Error refused = refusal(*asker_->core, name_, partitions)) return tell(*asker_, std::move(done))(refused, {});
  std::vector<TopicPartition> asked;
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) asked.push_back({topic, number});
  }
  consumer::MemberlessOffsets(*asker_->core, name_)
      .fetch(std::move(asked), asker_->core->options().default_api_timeout, tell(*asker_, std::move(done)), {});
}

void ConsumerGroup::commit_offsets(std::vector<ConsumerOffset> offsets, Callback done) {
  Error refused = asker_->core->refusal();
  if (!refused) refused = consumer::check_group(name_);
  if (!refused && offsets.empty()) refused = Error(Errc::invalid_argument, "offsets: at least one is needed");
  std::set<std::pair<std::string_view, int32_t>> seen;
  for (const ConsumerOffset& offset : offsets) {
    if (!refused) refused = consumer::check_partition(offset.topic, offset.partition);
    if (!refused && !seen.emplace(offset.topic, offset.partition).second)
      refused = consumer::named_twice(offset.topic, offset.partition);
    if (!refused && offset.offset < 0) {
      refused = Error(Errc::invalid_argument, "offset " + std::to_string(offset.offset) + " of " + offset.topic + "/" +
                                                  std::to_string(offset.partition) + ": 0 or more");
    }
    if (!refused && offset.leader_epoch < -1) {
      refused =
          Error(Errc::invalid_argument, "leader_epoch " + std::to_string(offset.leader_epoch) + " of " + offset.topic +
                                            "/" + std::to_string(offset.partition) + ": 0 or more, or -1");
    }
  }
  if (refused) {
    return tell(*asker_, std::move(done))(refused, {});
  }
  std::vector<consumer::StoredOffset> stored;
  for (ConsumerOffset& offset : offsets) stored.push_back({std::move(offset), {}});
  consumer::MemberlessOffsets(*asker_->core, name_)
      .commit(std::move(stored), asker_->core->options().default_api_timeout, tell(*asker_, std::move(done)), {});
}

void ConsumerGroup::reset_offsets_to_earliest(Partitions partitions, Callback done) {
  reset(*asker_, name_, partitions, kEarliestOffset, std::move(done));
}
void ConsumerGroup::reset_offsets_to_latest(Partitions partitions, Callback done) {
  reset(*asker_, name_, partitions, kLatestOffset, std::move(done));
}

}  // namespace kafka
