// Envelopes out, answers in. One open envelope in all, or one per partition; the next one comes when its
// answer is there and, for a commit with `confirmed`, when the broker has confirmed it.
// Not here: answers in any order (unordered.cpp), commits that nothing waits for (storing.cpp).
#include "consumer/consumer.hpp"

namespace kafka::consumer {

// --- out --------------------------------------------------------------------

void Consumer::make_ready(Partition& partition) {
  if (partition.listed || partition.buffer.empty() || !dispatchable(partition)) return;
  partition.listed = true;
  ready_.push_back(&partition);
  schedule_dispatch();
}

void Consumer::unlist() {
  ready_.pop_front()->listed = false;
  turn_ = 0;
}

template <bool kUnordered>
uint64_t Consumer::open(Consumption& consumption, Partition& partition, int64_t first, int64_t last, int32_t epoch) {
  ++sequence_;
  ++open_;
  ++consumption.started;
  if (kUnordered) return (partition.window.push(first, after(last), epoch) << kSlotBits) | partition.slot;
  partition.ticket = (sequence_ << kSlotBits) | partition.slot;
  partition.opened_by = consumption.id;
  partition.open_first = first;
  partition.open_next = after(last);
  partition.open_epoch = epoch;
  partition.sought = false;
  return partition.ticket;
}

// This record and those behind it in its batch. What dispatch() looked at holds as long as nobody calls in but with
// acks.
template <bool kUnordered>
void Consumer::dispatch_some(Consumption& consumption, Partition& partition, records::RecordView& record,
                             session::Budget& budget) {
  steady_ = true;
  do {
    ++turn_;
    const uint64_t ticket =
        open<kUnordered>(consumption, partition, record.offset, record.offset, partition.buffer.epoch());
    consumption.on_message(EnvelopeAccess::message(partition.buffer.parts(), ticket, partition.number, record));
    if (!steady_) return;
    if (kUnordered ? open_ >= most_open_ || partition.window.full() : partition.ticket != 0) break;
    if (turn_ >= kTurn || (consumption.limit > 0 && consumption.started >= consumption.limit)) break;
  } while (partition.buffer.reading() && budget.take() && partition.buffer.next_quick(record, partition.position.next));
  steady_ = false;
}

void Consumer::dispatch_batch(Consumption& consumption, Partition& partition, records::RecordView record) {
  // Parts of its own: it may span several of the buffer's batches, and keeps the bytes of all of them.
  auto* const parts = new EnvelopeParts(*lanes_, partition.topic);
  parts->bytes = partition.buffer.parts().bytes;
  parts->charge = partition.buffer.parts().charge;
  const BufferBlock* block = parts->bytes.block();
  std::vector<MessageView> items;
  int64_t last = record.offset;
  int32_t epoch = -1;
  const int64_t first = record.offset;
  do {
    if (const Bytes& bytes = partition.buffer.parts().bytes; bytes.block() != block) {
      block = bytes.block();
      parts->more.push_back(bytes);
      if (unordered_) parts->more_charges.push_back(partition.buffer.parts().charge);
    }
    EnvelopeAccess::fill(items.emplace_back(), record);
    last = record.offset;
    epoch = partition.buffer.epoch();
  } while (items.size() < static_cast<size_t>(consumption.batch_max) &&
           partition.buffer.next(record, partition.position.next, *lanes_, partition.topic) == Buffer::Next::record);
  BatchEnvelope envelope;
  const uint64_t ticket = unordered_ ? open<true>(consumption, partition, first, last, epoch)
                                     : open<false>(consumption, partition, first, last, epoch);
  EnvelopeAccess::batch(envelope, *parts, ticket, partition.number, std::move(items));
  parts->release();  // the envelope has it
  consumption.on_batch(std::move(envelope));
}

// Returns false, and only then is the consumer certainly there, if the budget ran out.
template <bool kUnordered>
bool Consumer::dispatch(session::Budget& budget) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  dispatching_ = true;
  bool finished = true;
  const std::shared_ptr<Consumption> consumption = consumption_;  // another one begins in a callback of its own
  while (consuming() && !ready_.empty()) {
    if (consumption->limit > 0 && consumption->started >= consumption->limit) break;
    if (open_ >= most_open_) break;
    Partition& partition = *ready_.front();
    if (!dispatchable(partition)) {
      unlist();
      continue;
    }
    if (kUnordered && crowded(partition)) break;
    if (!budget.take()) {
      finished = false;
      break;
    }
    const size_t before = partition.buffer.bytes();
    records::RecordView record;
    const Buffer::Next next = partition.buffer.next(record, partition.position.next, *lanes_, partition.topic);
    if (next == Buffer::Next::record) {
      if (consumption->on_batch) {
        ++turn_;
        dispatch_batch(*consumption, partition, record);
      } else {
        dispatch_some<kUnordered>(*consumption, partition, record, budget);
      }
      if (dead_) return true;
      if (partition.buffer.bytes() != before) schedule_pump();
      if (!kUnordered && partition.ticket != 0 && options_.ordering == Ordering::partition) {
        unlist();
      } else if (turn_ >= kTurn) {
        unlist();
        make_ready(partition);
      }
      continue;
    }
    unlist();
    if (next == Buffer::Next::none) {
      partition.fetch.position = std::max(partition.fetch.position, partition.position.next);
      check_end(partition);
      schedule_pump();
    } else {
      Error error = partition.buffer.error();
      if (partition.position.ready()) stop(partition, std::move(error), true);
      if (dead_) return true;
    }
  }
  dispatching_ = false;
  if (ready_.empty()) schedule_pump();
  return finished;
}

void Consumer::schedule_dispatch() {
  if (dispatch_scheduled_ || dispatching_ || dead_ || !consuming() || ready_.empty()) return;
  if (open_ >= most_open_) return;
  dispatch_scheduled_ = true;
  core_->callbacks().run_work([this, guard = scope_.guard()](session::Budget& budget) {
    if (!guard.alive()) return true;
    dispatch_scheduled_ = false;
    const bool finished = unordered_ ? dispatch<true>(budget) : dispatch<false>(budget);
    if (!finished) dispatch_scheduled_ = true;
    return finished;
  });
}

// --- in ---------------------------------------------------------------------

// The partition whose envelope this ticket is, null if it is nobody's any more.
Partition* Consumer::holder(uint64_t ticket) const {
  const size_t slot = ticket & (kMaxPartitions - 1);
  if (dead_ || left_) return nullptr;
  Partition* const partition = assignment_.at(slot);
  return partition != nullptr && partition->ticket == ticket && !partition->committing ? partition : nullptr;
}

Error Consumer::ack(uint64_t ticket) {
  if (unordered_) return ack_in_window(ticket);
  if (steady_) {  // almost always it is the envelope that is being handed out: nothing has to be looked up
    Partition& partition = *ready_.front();
    if (partition.ticket == ticket) {
      partition.ticket = 0;
      --open_;
      ++consumption_->answered;
      if (consumption_->limit > 0 && consumption_->answered >= consumption_->limit) end({});
      return {};
    }
  }
  Partition* const partition = holder(ticket);
  if (partition == nullptr) return Error(Errc::lost);
  answered(*partition);
  return {};
}

Error Lanes::ack(uint64_t ticket) { return consumer != nullptr ? consumer->ack(ticket) : Error(Errc::lost); }

Error Consumer::answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)>& done) {
  steady_ = false;
  // Nothing can be stored any more, and nothing waits for it.
  if (too_late_ && answer == Answer::commit && group_offsets_ != nullptr) {
    Error why = ack(ticket);
    if (!why) why = Error(Errc::closed, "the deadline of close() has passed");
    tell_later(std::move(done), why);
    return why;
  }
  if (unordered_) return answer_in_window(ticket, answer, metadata, done);
  Partition* const partition = holder(ticket);
  if (partition == nullptr) {
    const Error lost(Errc::lost);
    tell_later(std::move(done), lost);
    return lost;
  }
  switch (answer) {
    case Answer::commit:
      if (group_offsets_ != nullptr && !pipelined_) {
        commit(*partition, metadata, std::move(done));
        break;
      }
      if (group_offsets_ != nullptr) {
        ++next_commit_;
        want(*partition, {partition->open_first, partition->open_next, partition->open_epoch}, metadata,
             std::move(done));
      } else {
        tell_later(std::move(done), {});
      }
      answered(*partition);
      break;
    case Answer::ack:
      answered(*partition);
      break;
    case Answer::cancel:
    case Answer::drop: {
      const std::string where = partition->where() + ", offset " + std::to_string(partition->open_first);
      // An earlier consumption has ended already: its message comes again, and the present one goes on.
      const bool present = consumption_ != nullptr && partition->opened_by == consumption_->id;
      rewind(*partition);
      if (present) end(answer == Answer::drop ? Error(Errc::envelope_dropped, where) : Error());
      break;
    }
  }
  return {};
}

void Consumer::tell_later(Function<void(Error)> done, const Error& error) {
  if (!done) return;
  core_->later([weak = weak_from_this(), done = std::move(done), error]() mutable {
    // Destroyed meanwhile without close(): its callbacks go uncalled.
    if (const std::shared_ptr<Consumer> pinned = weak.lock(); pinned != nullptr && !pinned->dead_) done(error);
  });
}

void Consumer::close_envelope(Partition& partition) {
  partition.ticket = 0;
  partition.committing = false;
  partition.sought = false;
  --open_;
}

void Consumer::answered(Partition& partition) {
  const uint64_t opened_by = partition.opened_by;
  close_envelope(partition);
  if (consumption_ != nullptr && !consumption_->ending && opened_by == consumption_->id) {
    ++consumption_->answered;
    if (consumption_->limit > 0 && consumption_->answered >= consumption_->limit) end({});
  }
  if (dispatching_ && partition.listed) return;  // the dispatcher is below us, and goes on with it
  make_ready(partition);
  schedule_dispatch();
  if (ready_.empty()) schedule_pump();  // memory may be full of what nobody will read soon
  check_end(partition);
}

// Envelopes of the present consumption.
void Consumer::count_answered(size_t count) {
  if (consumption_ == nullptr || consumption_->ending) return;
  consumption_->answered += static_cast<int64_t>(count);
  if (consumption_->limit > 0 && consumption_->answered >= consumption_->limit) end({});
}

// What was not processed, or not confirmed, comes again.
void Consumer::rewind(Partition& partition) {
  const bool moved = partition.sought;
  const int64_t first = partition.open_first;
  close_envelope(partition);
  if (!moved) go_back(partition, first);
}

void Consumer::go_back(Partition& partition, int64_t offset) {
  // Stopped: it goes on from there with the next consumption. Being looked up: there is another position soon.
  if (partition.position.state == Position::State::stopped && partition.position.next >= 0)
    partition.position.next = offset;
  // Or the same one, if it was no leader that refused it.
  if (partition.position.state == Position::State::listing && partition.epochs.refused_by >= 0) {
    partition.position.next = offset;
    partition.fetch.position = offset;
  }
  if (!partition.position.ready()) return;
  const LogEpochs epochs = partition.epochs;
  forget(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = offset;
  partition.fetch.position = offset;
  partition.epochs.last = epochs.last;  // too new for that place, which is no harm
  partition.epochs.from = epochs.from;
  schedule_pump();
}

void Consumer::commit(Partition& partition, std::string_view metadata, Function<void(Error)> done) {
  partition.committing = true;
  const uint64_t id = ++next_commit_;
  commits_.emplace(id, Commit{&partition, std::move(done)});
  std::vector<ConsumerOffset> offsets;
  offsets.push_back(
      {*partition.topic, partition.number, partition.open_next, std::string(metadata), {}, partition.open_epoch});
  group_offsets_->commit(std::move(offsets), options_.default_api_timeout,
                         scope_.wrap([this, id](Error error, std::vector<ConsumerOffset> stored) {
                           if (!error && !stored.empty()) error = stored.front().error;
                           committed_one(id, error);
                         }));
}

// The application hears of it before the successor: a dispatch that is queued already must not come first.
void Consumer::committed_one(uint64_t id, const Error& error) {
  const auto found = commits_.find(id);
  if (found == commits_.end()) return;
  if (!found->second.done) return settle(id, error);
  core_->callbacks().run([weak = weak_from_this(), id, done = std::move(found->second.done), error]() mutable {
    const std::shared_ptr<Consumer> pinned = weak.lock();
    if (pinned == nullptr || pinned->dead_) return;
    done(error);
    if (!pinned->dead_) pinned->settle(id, error);
  });
  found->second.done = nullptr;
}

void Consumer::settle(uint64_t id, const Error& error) {
  const auto found = commits_.find(id);
  if (found == commits_.end()) return;  // ended by a deadline meanwhile
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  Commit commit = std::move(found->second);
  commits_.erase(found);
  if (error) {
    rewind(*commit.partition);
    end(error);
  } else {
    answered(*commit.partition);
  }
  finish_end();
  maybe_closed();
}

}  // namespace kafka::consumer
