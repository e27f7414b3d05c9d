// Single records that a broker refuses (KIP-467).
// Not here: what becomes of the rest of the batch (settler.cpp).
#pragma once

#include <memory>
#include <vector>

#include "producer/batch.hpp"
#include "producer/topic.hpp"

namespace kafka::producer {

/// Records that fail together, with the same words.
struct RefusedRecords {
  std::unique_ptr<Batch> batch;  ///< nothing but what their reports need
  Error error;
};

/// Takes the records that `answer`, which came as `error`, refuses by name out of the batch, which keeps the others.
/// Empty, and nothing done, if the batch fails or is tried again as a whole.
///
/// The Java client fails the whole batch, and leaves it to the application to send the innocent records again. Here
/// they may go on: the broker checks all records before it looks at sequences and before it appends, so nothing of the
/// batch is in the log. But they are fewer than the sequences that the batch had, so the chain of the partition has to
/// begin again. To shift the sequences of the later batches instead, under the same epoch, would be wrong: one of them
/// may be stored already under its old sequence, and would be stored again under the new one.
std::vector<RefusedRecords> take_refused(Batch& batch, const PartitionAnswer& answer, const Error& error);

}  // namespace kafka::producer
