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

namespace kafka {
namespace {

using session::Core;

Error refusal(const Core& core, const std::string& group, const Partitions& partitions) {
  Error refused = core.refusal();
  if (!refused) refused = consumer::check_partitions(partitions);
  if (!refused) refused = consumer::check_group(group);
  return refused;
}

// Tells the application, with the first error of the entries unless the whole request failed.
consumer::OffsetsDone tell(Core* core, ConsumerGroup::Callback done) {
  return [core, done = std::move(done)](Error error, std::vector<ConsumerOffset> offsets) mutable {
    if (!done) return;
    if (!error) error = consumer::first_error(offsets);
    core->later([done = std::move(done), error = std::move(error), offsets = std::move(offsets)]() mutable {
      done(std::move(error), std::move(offsets));
    });
  };
}

void reset(const std::shared_ptr<Core>& core, const std::string& group, const Partitions& partitions, int64_t to,
           ConsumerGroup::Callback done) {
  if (Error refused = refusal(*core, group, partitions)) return tell(core.get(), std::move(done))(refused, {});
  const net::Duration timeout = core->options().default_api_timeout;
  const net::TimePoint deadline = core->reactor().now() + timeout;
  // All or nothing: offsets are stored only if every partition's could be found.
  consumer::OffsetQuery::start(
      core, {.places = consumer::places(partitions, to), .timeout = timeout}, {},
      [raw = core.get(), group, deadline, done = std::move(done)](Error error, std::vector<TopicOffset> found) mutable {
        std::vector<ConsumerOffset> offsets;
        for (TopicOffset& place : found) {
          offsets.push_back({std::move(place.topic), place.partition, place.offset, {}, std::move(place.error)});
        }
        auto told = tell(raw, std::move(done));
        if (error) return told(std::move(error), std::move(offsets));
        const net::Duration left = deadline - raw->reactor().now();
        consumer::MemberlessOffsets(*raw, group).commit(std::move(offsets), left, std::move(told));
      });
}

}  // namespace

ConsumerGroup::ConsumerGroup(Session& session, std::string name)
    : core_(session::Access::core(session)), name_(std::move(name)) {}

void ConsumerGroup::fetch_offsets(Partitions partitions, Callback done) {
  if (Error refused = refusal(*core_, name_, partitions)) return tell(core_.get(), std::move(done))(refused, {});
  std::vector<TopicPartition> asked;
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) asked.push_back({topic, number});
  }
  consumer::MemberlessOffsets(*core_, name_)
      .fetch(std::move(asked), core_->options().default_api_timeout, tell(core_.get(), std::move(done)));
}

void ConsumerGroup::commit_offsets(std::vector<ConsumerOffset> offsets, Callback done) {
  Error refused = core_->refusal();
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
    return tell(core_.get(), std::move(done))(refused, {});
  }
  consumer::MemberlessOffsets(*core_, name_)
      .commit(std::move(offsets), core_->options().default_api_timeout, tell(core_.get(), std::move(done)));
}

void ConsumerGroup::reset_offsets_to_earliest(Partitions partitions, Callback done) {
  reset(core_, name_, partitions, kEarliestOffset, std::move(done));
}
void ConsumerGroup::reset_offsets_to_latest(Partitions partitions, Callback done) {
  reset(core_, name_, partitions, kLatestOffset, std::move(done));
}

}  // namespace kafka
