#include "random/lanes.hpp"

#include <algorithm>

namespace kafka::sim {

void GroupBook::stored(const TopicPartition& partition, int64_t offset) {
  if (!asked_[partition].contains(offset)) {
    journal_.violation("group " + group_ + ": " + std::to_string(offset) + " was committed for " + partition.topic +
                       "/" + std::to_string(partition.partition) + ", which nobody asked for");
  }
  values(partition).push_back(offset);
}

bool GroupBook::held_since(const TopicPartition& partition, size_t count, int64_t offset) {
  const auto& all = values(partition);
  // The value that was there at that time counts too.
  return std::find(all.begin() + static_cast<std::ptrdiff_t>(count) - 1, all.end(), offset) != all.end();
}

Lanes::Lanes(Journal& journal, GroupBook& book, const devbroker::Cluster& cluster, const Plan& plan,
             const ConsumerPlan& consumer)
    : journal_(journal), book_(book), cluster_(cluster), plan_(plan), consumer_(consumer) {
  for (const auto& [topic, numbers] : consumer.partitions) {
    for (const int32_t number : numbers) {
      Lane& lane = lanes_[{topic, number}];
      lane.partition = {topic, number};
      lane.mark = book.count(lane.partition);
      lane.log_start = log_start(lane.partition);
    }
  }
}

int64_t Lanes::log_start(const TopicPartition& partition) const {
  const auto found = cluster_.find_partition(partition.topic, partition.partition);
  return found == nullptr ? 0 : found->log.start_offset();
}
int64_t Lanes::log_end(const TopicPartition& partition) const {
  const auto found = cluster_.find_partition(partition.topic, partition.partition);
  return found == nullptr ? 0 : found->log.end_offset();
}

void Lanes::violation(const TopicPartition& partition, const std::string& text) {
  journal_.violation(consumer_.group + ", " + partition.topic + "/" + std::to_string(partition.partition) + ": " +
                     text);
}

size_t Lanes::open() const {
  return static_cast<size_t>(
      std::count_if(lanes_.begin(), lanes_.end(), [](const auto& each) { return each.second.open; }));
}

void Lanes::close(Lane& lane, bool moves_on) {
  lane.open = lane.committing = false;
  if (!lane.sought) lane.next = moves_on ? lane.after : lane.first;
  lane.sought = false;
}

void Lanes::began(int64_t limit) {
  consuming_ = true;
  limit_ = limit;
  count_ = 0;
  expected_ends_.clear();
}

void Lanes::answered(const TopicPartition& partition, bool moves_on) { close(lane(partition), moves_on); }

void Lanes::committing(const TopicPartition& partition) {
  Lane& at = lane(partition);
  at.committing = true;
  at.commit_mark = book_.count(partition);
  book_.asked(partition, at.after);
}

void Lanes::sought(const TopicPartition& partition, int64_t to) {
  Lane& at = lane(partition);
  at.sought = at.open;
  at.stopped = false;
  at.anywhere = to < 0;
  at.next = to < 0 ? -1 : to;
  at.beyond = at.beyond || to > log_end(partition);
  at.least = to == kLatestOffset ? log_end(partition) : log_start(partition);
}

void Lanes::delivered(const TopicPartition& partition, int64_t first, int64_t after, int64_t position) {
  const std::string what = "offset " + std::to_string(first) + " was delivered ";
  if (!lanes_.contains(partition)) return violation(partition, what + "though it is not one of the consumer's");
  Lane& at = lane(partition);
  if (!consuming_) violation(partition, what + "though nothing is consumed");
  if (at.paused) violation(partition, what + "though the partition is paused");
  if (at.stopped) violation(partition, what + "though the partition was stopped");
  if (at.committing && book_.held_since(partition, at.commit_mark, at.after)) {
    violation(partition, what + "before the commit of " + std::to_string(at.after) + " was reported");
  } else if (at.committing) {
    violation(partition, what + "before " + std::to_string(at.after) + " was committed");
  } else if (at.open) {
    violation(partition, what + "before offset " + std::to_string(at.first) + " was answered");
  }
  if (consumer_.options.ordering == Ordering::consumer && open() > 0)
    violation(partition, what + "while another envelope was open");
  if (limit_ > 0 && ++count_ > limit_) violation(partition, what + "beyond the limit");
  if (position != first) violation(partition, what + "but the position is " + std::to_string(position));
  if (at.next >= 0) {
    if (first != at.next && !(first > at.next && first <= log_start(partition) && plan_.truncate))
      violation(partition, what + "instead of " + std::to_string(at.next));
  } else if (at.anywhere) {
    if (first < at.least || first > log_end(partition)) violation(partition, what + "after a seek");
  } else if (!book_.held_since(partition, at.mark, first)) {
    violation(partition, what + "first, but " + std::to_string(book_.latest(partition)) + " is committed");
  }
  at.open = true;
  at.sought = false;
  at.first = first;
  at.after = after;
}

void Lanes::committed(const TopicPartition& partition, const Error& error) {
  Lane& at = lane(partition);
  if (!at.committing) return violation(partition, "a commit was reported on that is not under way");
  if (!error && !book_.held_since(partition, at.commit_mark, at.after))
    violation(partition, std::to_string(at.after) + " is reported as committed, and no broker saw it");
  if (error && error != Errc::closed) ending(error.code());
  close(at, !error);
}

void Lanes::event(const Event& event) {
  const TopicPartition partition{event.topic, event.partition};
  if (event.topic.empty() || !lanes_.contains(partition)) return;
  Lane& at = lane(partition);
  if (event.type == Event::Type::offset_reset) {
    const int64_t start = log_start(partition);
    const int64_t end = log_end(partition);
    if (event.error == Errc::no_offset) {
      if (!book_.held_since(partition, at.mark, -1)) violation(partition, "was reset though an offset is committed");
      if (consumer_.options.auto_offset_reset == OffsetReset::earliest &&
          (event.offset > start || event.offset < at.log_start))
        violation(partition, "was reset to " + std::to_string(event.offset) + ", which is not the beginning");
    } else if (event.error == Errc::offset_out_of_range) {
      if (!at.beyond && !plan_.truncate && !lies_possible) violation(partition, "was reset without a reason");
    } else {
      violation(partition, "was reset for a strange reason: " + event.error.message());
    }
    if (event.offset > end) violation(partition, "was reset to " + std::to_string(event.offset) + ", behind the end");
    if (at.open) at.sought = true;
    at.next = event.offset;
    at.anywhere = false;
  } else if (event.type == Event::Type::partition_stopped) {
    at.stopped = true;
    if (!event.error) violation(partition, "was stopped without an error");
    if (plan_.calm() && !at.beyond) violation(partition, "was stopped in a calm run: " + event.error.message());
  } else if (event.type == Event::Type::partition_resumed) {
    at.stopped = false;
  }
}

void Lanes::ended(const Error& error, bool closing) {
  if (!consuming_) return journal_.violation(consumer_.group + ": on_end without a consumption");
  consuming_ = false;
  if (closing && error == Errc::closed) return;
  if (!expected_ends_.empty()) {
    const bool limit_reached = !error && limit_ > 0 && count_ == limit_;
    if (!limit_reached && std::find(expected_ends_.begin(), expected_ends_.end(), error.code()) == expected_ends_.end())
      journal_.violation(consumer_.group + ": on_end says \"" + error.message() + "\", not \"" +
                         Error(expected_ends_.front()).message() + "\"");
  } else if (error) {
    journal_.violation(consumer_.group + ": the consumption ended: " + error.message());
  } else if (limit_ == 0 || count_ != limit_) {
    journal_.violation(consumer_.group + ": the consumption ended after " + std::to_string(count_) + " of " +
                       std::to_string(limit_));
  }
}

}  // namespace kafka::sim
