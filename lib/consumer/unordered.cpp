// `unordered`: up to max_open envelopes of any partitions are open at once and answered in any order. Each partition
// keeps a window of them; what is stored follows the front of the window.
// Not here: the requests that store offsets (storing.cpp).
#include "consumer/consumer.hpp"

namespace kafka::consumer {

// The entry of an envelope, null if nobody waits for its answer any more.
Window::Entry* Consumer::entry(uint64_t ticket, Partition*& partition) const {
  const size_t slot = ticket & (kMaxPartitions - 1);
  if (dead_ || left_) return nullptr;
  partition = assignment_.at(slot);
  if (partition == nullptr) return nullptr;
  Window::Entry* const found = partition->window.find(ticket >> kSlotBits);
  return found != nullptr && !found->taken_back ? found : nullptr;
}

// An envelope that was taken back has come to its end all the same.
Error Consumer::lost(Partition* partition, uint64_t number) {
  if (partition != nullptr) {
    free_one(*partition, number);
    window_moved(*partition);
  }
  return Error(Errc::lost);
}

// An envelope is open no more.
void Consumer::free_one(const Partition& partition, uint64_t number) {
  --open_;
  if (number >= partition.begun_at) count_answered(1);
}

Error Consumer::ack_in_window(uint64_t ticket) {
  Partition* partition = nullptr;
  Window::Entry* const entry = this->entry(ticket, partition);
  if (entry == nullptr) return lost(partition, ticket >> kSlotBits);
  entry->answered = true;
  advance(*partition);
  free_one(*partition, ticket >> kSlotBits);
  window_moved(*partition);
  return {};
}

Error Consumer::answer_in_window(uint64_t ticket, Answer answer, std::string_view metadata,
                                 Function<void(Error)>& done) {
  Partition* partition = nullptr;
  Window::Entry* const entry = this->entry(ticket, partition);
  const uint64_t number = ticket >> kSlotBits;
  if (answer == Answer::cancel || answer == Answer::drop) {
    if (partition == nullptr) return Error(Errc::lost);
    --open_;
    // An earlier consumption has ended already: its message comes again, and the present one goes on.
    const bool present = consumption_ != nullptr && number >= partition->begun_at;
    std::string where = partition->where();
    if (entry != nullptr) where += ", offset " + std::to_string(entry->first);
    if (present) end(answer == Answer::drop ? Error(Errc::envelope_dropped, where) : Error());
    if (entry != nullptr) {
      const int64_t first = entry->first;
      entry->taken_back = true;
      take_back(*partition, number);
      go_back(*partition, first);
    }
    window_moved(*partition);
    return entry != nullptr ? Error() : Error(Errc::lost);
  }
  if (entry == nullptr) {
    tell_later(std::move(done), Error(Errc::lost));
    return lost(partition, number);
  }
  if (answer == Answer::ack || group_offsets_ == nullptr) {
    tell_later(std::move(done), {});
    return ack_in_window(ticket);
  }
  ++next_commit_;
  entry->answered = entry->commits = true;
  if (number == partition->window.begin()) {
    Window::Entry first{};
    partition->window.pop(first);
    want(*partition, first, metadata, std::move(done));
    keep_open(*partition, number);
  } else if (done || !metadata.empty()) {
    entry->held = true;
    partition->waiting.emplace(number, Waiting{std::string(metadata), std::move(done)});
  }
  advance(*partition);
  if (pipelined_) free_one(*partition, number);
  window_moved(*partition);
  return {};
}

// The front of the window moves over what is done. The newest commit that it passes is the one to be stored.
void Consumer::advance(Partition& partition) {
  Window& window = partition.window;
  for (Window::Entry entry{}; window.pop(entry);) {
    if (!entry.commits || entry.taken_back) continue;
    const uint64_t number = window.begin() - 1;
    Waiting held;
    if (entry.held) held = take_waiting(partition, number);
    want(partition, entry, held.metadata, std::move(held.done));
    keep_open(partition, number);
  }
}

Waiting Consumer::take_waiting(Partition& partition, uint64_t number) {
  auto node = partition.waiting.extract(number);
  return node.empty() ? Waiting() : std::move(node.mapped());  // a deadline may have ended it
}

// With `confirmed` an envelope that was answered with commit is open until the broker has confirmed it.
void Consumer::keep_open(Partition& partition, uint64_t number) {
  if (pipelined_) return;
  Storing& wanted = partition.wanted;
  ++wanted.open;
  if (number < partition.begun_at) return;
  if (std::exchange(wanted.consumption, consumptions_) != consumptions_) wanted.counted = 0;
  ++wanted.counted;
}

// Entries from this number on count no more: their messages come again, or the position was set elsewhere.
void Consumer::take_back(Partition& partition, uint64_t from) {
  Window& window = partition.window;
  for (uint64_t number = std::max(from, window.begin()); number < window.end(); ++number) {
    Window::Entry& entry = *window.find(number);
    if (std::exchange(entry.taken_back, true) || !entry.commits) continue;
    if (!pipelined_) free_one(partition, number);
    if (!entry.held) continue;
    tell_later(take_waiting(partition, number).done,
               Error(Errc::lost, partition.where() + ", offset " + std::to_string(entry.first)));
  }
  advance(partition);
}

void Consumer::window_moved(Partition& partition) {
  if (dispatching_ && partition.listed) return;  // the dispatcher is below us, and goes on with it
  make_ready(partition);
  schedule_dispatch();
  if (ready_.empty()) schedule_pump();
  check_end(partition);
}

}  // namespace kafka::consumer
