// What Session::stats() says of a consumer or fetcher.
#include <kafka/stats.hpp>

#include "consumer/reader.hpp"

namespace kafka::consumer {

void Reader::add_stats(Stats& stats) const {
  ConsumerStats& own = stats.consumers.emplace_back();
  if (group_offsets_ != nullptr) own.group = group_offsets_->group();
  own.fetch_memory = options_.fetch_memory;
  own.fetched_bytes = pipeline_.sources.memory().held();
  own.reserved_bytes = pipeline_.sources.memory().reserved();
  own.open = pipeline_.dispatcher.open();
  own.envelopes = pipeline_.dispatcher.envelopes();
  own.fetches = pipeline_.sources.requests();
  own.received_bytes = pipeline_.sources.received_bytes();
  own.commits = pipeline_.committer.commits();
  if (ownership_ != nullptr) own.member = ownership_->stats();
  for (const auto& [name, partitions] : pipeline_.assignment.by_topic()) {
    for (const auto& [number, partition] : partitions) {
      const int64_t position = partition->public_position();
      const bool known = position >= 0 && partition->position.end >= 0;
      own.partitions.push_back({name, number, position, partition->position.end,
                                known ? std::max<int64_t>(partition->position.end - position, 0) : -1,
                                partition->buffer.bytes(), partition->held(Hold::paused),
                                partition->position.state == Position::State::stopped});
    }
  }
}

}  // namespace kafka::consumer
