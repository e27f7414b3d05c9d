// What Session::stats() says of a producer.
#include <kafka/stats.hpp>

#include "producer/producer.hpp"

namespace kafka::producer {

void Producer::add_stats(Stats& stats) const {
  ProducerStats& own = stats.producers.emplace_back();
  own.queued = queued_;
  own.queued_bytes = used_;
  own.spare_bytes = memory_.bytes();
  own.buffer_memory = options_.buffer_memory;
  own.requests_in_flight = requests_.size();
  own.delivered = totals_.delivered;
  own.failed = totals_.failed;
  own.unknown = totals_.unknown;
  own.batches = totals_.batches;
  own.batch_bytes = totals_.batch_bytes;
  own.retries = totals_.retries;
  for (const auto& [name, topic] : topics_) {
    for (const auto& [number, partition] : topic->partitions) {
      const auto open = static_cast<uint64_t>(partition->open != nullptr ? partition->open->count() : 0);
      own.partitions.push_back({name, number, partition->waiting.size() + (partition->open != nullptr ? 1 : 0),
                                static_cast<size_t>(partition->in_flight), partition->next_record + open});
    }
  }
}

void Producer::count(const Batch& batch, const Outcome& outcome) {
  const auto records = static_cast<uint64_t>(batch.count());
  const auto dropped = static_cast<uint64_t>(std::count(batch.dropped.begin(), batch.dropped.end(), true));
  ++totals_.batches;
  totals_.batch_bytes += batch.sealed.size();
  totals_.failed += dropped;
  (!outcome.error                              ? totals_.delivered
   : outcome.persistence == Persistence::maybe ? totals_.unknown
                                               : totals_.failed) += records - dropped;
}

}  // namespace kafka::producer
