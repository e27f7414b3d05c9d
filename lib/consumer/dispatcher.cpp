#include "consumer/dispatcher.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace kafka::consumer {
namespace {

size_t most_open(const ConsumerOptions& options) {
  switch (options.ordering) {
    case Ordering::consumer:
      return 1;
    case Ordering::partition:
      return SIZE_MAX;  // one per partition: the windows see to that
    case Ordering::unordered:
      break;
  }
  return static_cast<size_t>(options.max_open);
}

}  // namespace

Dispatcher::Dispatcher(session::Core& core, const ConsumerOptions& options, Consumptions& consumptions,
                       const LifeCycle& life_cycle, EnvelopeOwner& envelope_owner,
                       std::shared_ptr<const size_t> decompressed, const Trust& trust, Owner& owner)
    : core_(core),
      options_(options),
      consumptions_(consumptions),
      life_cycle_(life_cycle),
      envelope_owner_(envelope_owner),
      decompressed_(std::move(decompressed)),
      trust_(trust),
      owner_(owner),
      most_open_(most_open(options)) {}

void Dispatcher::make_ready(Partition& partition) {
  if (partition.listed || partition.buffer.empty() || !dispatchable(partition)) return;
  partition.listed = true;
  ready_.push_back(partition.shared_from_this());
  schedule();
}

void Dispatcher::unlist() {
  ready_.pop_front()->listed = false;
  turn_ = 0;
}

void Dispatcher::clear() {
  interrupt();
  scope_.end();
  for (size_t i = 0; i < ready_.size(); ++i) ready_[i]->listed = false;
  ready_.clear();
}

void Dispatcher::changed(Partition& partition) {
  if (dispatching_ && partition.listed) return;  // dispatch() is below us, and goes on with it
  make_ready(partition);
  schedule();
  if (ready_.empty()) owner_.fetch_more();  // memory may be full of what nobody will read soon
}

bool Dispatcher::nothing_to_do() const {
  for (size_t i = 0; i < ready_.size(); ++i) {
    if (dispatchable(*ready_[i])) return false;
  }
  return true;
}

void Dispatcher::schedule() {
  if (scheduled_ || dispatching_ || !consuming() || ready_.empty()) return;
  if (open_ >= most_open_ || !trust_.holds(core_.reactor().now())) return;
  scheduled_ = true;
  core_.callbacks().run_work(lane_, [this, guard = scope_.guard()](session::Budget& budget) {
    if (!guard.alive()) return true;
    scheduled_ = false;
    const bool finished = dispatch(budget);
    if (!finished) scheduled_ = true;
    return finished;
  });
}

// Returns false, and only then is the consumer certainly there, if the budget ran out.
bool Dispatcher::dispatch(session::Budget& budget) {
  if (!trust_.holds(core_.reactor().now())) return true;
  const std::shared_ptr<void> pinned = owner_.pin();
  dispatching_ = true;
  bool finished = true;
  const std::shared_ptr<Consumption> consumption =
      consumptions_.current();  // the next one begins in a callback of its own
  while (consuming() && !ready_.empty()) {
    if (consumption->all_started()) break;
    if (open_ >= most_open_) break;
    const std::shared_ptr<Partition> partition = ready_.front();  // the application may have it taken away
    if (!dispatchable(*partition)) {
      unlist();
      continue;
    }
    if (crowded(*partition)) break;
    if (!budget.take()) {
      finished = false;
      break;
    }
    const size_t before = partition->buffer.bytes();
    records::RecordView record;
    const Buffer::Next next =
        partition->buffer.next(record, partition->position.next, envelope_owner_, partition->topic);
    if (next == Buffer::Next::record) {
      if (consumption->on_batch) {
        ++turn_;
        hand_out_batch(*consumption, *partition, record);
      } else {
        hand_out(*consumption, *partition, record, budget);
      }
      if (life_cycle_.aborted()) return true;
      if (partition->buffer.bytes() != before) owner_.fetch_more();
      if (partition->buffer.take_stretch()) {
        finished = false;
        break;
      }
      if (turn_ >= kTurn && !ready_.empty() && ready_.front() == partition) {
        unlist();
        make_ready(*partition);
      }
      continue;
    }
    if (next == Buffer::Next::later) {
      if (partition->buffer.bytes() != before) owner_.fetch_more();
      unlist();  // others come first: a large batch takes many turns
      make_ready(*partition);
      finished = false;
      break;
    }
    unlist();
    if (next == Buffer::Next::none) {
      owner_.drained(*partition);
    } else {
      Error error = partition->buffer.error();
      if (partition->position.ready()) owner_.unreadable(*partition, std::move(error));
      if (life_cycle_.aborted()) return true;
    }
  }
  dispatching_ = false;
  if (open_ > 0) owner_.envelopes_open();
  if (ready_.empty()) owner_.fetch_more();
  return finished;
}

// This record and those behind it in its batch. What dispatch() looked at stays true as long as the application does
// nothing but ack.
void Dispatcher::hand_out(Consumption& consumption, Partition& partition, records::RecordView& record,
                          session::Budget& budget) {
  handing_out_ = {&partition.window, 0, &consumption};
  do {
    ++turn_;
    const uint64_t ticket =
        open_envelope(consumption, partition, record.offset, record.offset, partition.buffer.epoch());
    handing_out_.ticket = ticket;
    consumption.on_message(EnvelopeAccess::message(partition.buffer.parts(), ticket, partition.number, record));
    if (handing_out_.window == nullptr) return;
    if (handing_out_.ticket != 0 && (open_ >= most_open_ || partition.window.full())) break;
    if (turn_ >= kTurn || consumption.all_started()) break;
  } while (partition.buffer.reading() && budget.take() && partition.buffer.next_quick(record, partition.position.next));
  handing_out_ = {};
}

void Dispatcher::hand_out_batch(Consumption& consumption, Partition& partition, records::RecordView record) {
  // Parts of its own: it may span several of the buffer's batches, and keeps the bytes of all of them.
  Buffer& buffer = partition.buffer;
  auto* const parts = new EnvelopeParts(envelope_owner_, partition.topic);
  parts->bytes = buffer.parts().bytes;
  parts->charge = buffer.parts().charge;
  const BufferBlock* block = parts->bytes.block();
  const auto most = static_cast<size_t>(consumption.batch_max);
  std::vector<MessageView> items;
  items.reserve(std::min(most, buffer.left_in_batch() + 1));
  const int64_t first = record.offset;
  int32_t epoch = -1;
  while (true) {
    items.push_back(record);
    while (items.size() < most && buffer.next_quick(record, partition.position.next)) items.push_back(record);
    epoch = buffer.epoch();
    if (items.size() >= most || buffer.stretched() ||
        buffer.next(record, partition.position.next, envelope_owner_, partition.topic) != Buffer::Next::record)
      break;
    if (const Bytes& bytes = buffer.parts().bytes; bytes.block() != block) {
      block = bytes.block();
      parts->more.push_back(bytes);
      if (buffer.parts().charge != nullptr) parts->more_charges.push_back(buffer.parts().charge);
    }
  }
  BatchEnvelope envelope;
  const uint64_t ticket = open_envelope(consumption, partition, first, items.back().offset, epoch);
  EnvelopeAccess::batch(envelope, *parts, ticket, partition.number, std::move(items));
  parts->release();  // the envelope has it
  consumption.on_batch(std::move(envelope));
}

}  // namespace kafka::consumer
