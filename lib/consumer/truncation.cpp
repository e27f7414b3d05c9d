// Logs that are not the ones that were read, as after an unclean election (KIP-320): with each Fetch to a leader goes
// the epoch of the batch fetched last, and a leader whose log differs says where the two part. Not here: sending the
// epochs (fetcher.cpp), positions that do not exist (out_of_range).
#include "consumer/consumer.hpp"

namespace kafka::consumer {

// The leader's log and what was read part at `end`, the end of the newest epoch that both may have. What was not
// dispatched is fetched anew; where dispatched records are no more, reading goes on at `end`, or stops. True if that is
// to be done at once.
bool Consumer::diverged(Partition& partition, int32_t epoch, int64_t end, int32_t asked_epoch) {
  if (epoch > asked_epoch || (epoch == asked_epoch && end >= partition.fetch_position)) {
    odd_answer(partition, "the answer to Fetch says that " + partition.where() +
                              " parts from what was read at offset " + std::to_string(end) + ", epoch " +
                              std::to_string(epoch) + ": that is no earlier place");
    return false;
  }
  const bool lost = partition.next > end;
  const int64_t next = std::min(partition.next, end);
  // What is still open, or not stored yet: a commit must not promise what is no more.
  if (partition.ticket != 0) partition.open_next = std::min(partition.open_next, next);
  partition.wanted.offset = std::min(partition.wanted.offset, next);
  const Error error(Errc::offset_out_of_range,
                    partition.where() + " was truncated to offset " + std::to_string(end) + ", behind what was read");
  if (lost && options_.on_offset_out_of_range == OutOfRange::fail) {
    stop(partition, error, true);
    return true;
  }
  if (lost) moved(partition);  // an answer given later does not take it back
  forget(partition);
  partition.next = next;
  partition.fetch_position = next;
  partition.last_epoch = epoch;  // without it a second truncation would go unnoticed
  if (lost) tell(Event::Type::log_truncated, partition, error, next);
  return true;
}

}  // namespace kafka::consumer
