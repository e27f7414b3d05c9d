#include "random/lanes.hpp"

#include <algorithm>

namespace kafka::sim {

void GroupBook::stored(const TopicPartition& partition, int64_t offset) {
  const auto& asked = asked_[partition];
  if (std::find(asked.begin(), asked.end(), offset) == asked.end()) {
    journal_.violation("group " + group_ + ": " + std::to_string(offset) + " was committed for " + partition.topic +
                       "/" + std::to_string(partition.partition) + ", which nobody asked for, or asked for too early");
  }
  values(partition).push_back(offset);
}

bool GroupBook::held_since(const TopicPartition& partition, size_t count, int64_t offset) {
  const auto& all = values(partition);
  // The value that was there at that time counts too.
  return std::find(all.begin() + static_cast<std::ptrdiff_t>(count) - 1, all.end(), offset) != all.end();
}

bool GroupBook::covered(const TopicPartition& partition, size_t count, size_t place) {
  const auto& asked = asked_[partition];
  return std::any_of(asked.begin() + static_cast<std::ptrdiff_t>(place), asked.end(),
                     [&](int64_t offset) { return held_since(partition, count, offset); });
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

// What is done goes, and what is answered with everything below it is asked for.
void Lanes::go_on(Lane& lane) {
  for (auto& [number, out] : lane.out) {
    if (out.passed || (unordered() && out.moved)) continue;
    if (!out.answered) {
      if (out.moved) continue;
      break;
    }
    out.passed = true;
    if (!out.committing) continue;
    out.place = lane.last_asked = book_.asked(lane.partition, out.after);
    lane.last_mark = out.mark;
  }
  std::erase_if(lane.out, [](const auto& each) { return each.second.answered && !each.second.committing; });
}

// The position was set: what is open does not move it any more.
void Lanes::move(Lane& lane) {
  for (auto& [number, out] : lane.out) out.moved = true;
  go_on(lane);
}

void Lanes::began(int64_t limit) {
  consuming_ = true;
  limit_ = limit;
  count_ = 0;
  expected_ends_.clear();
  for (auto& [partition, lane] : lanes_) {
    for (auto& [number, out] : lane.out) out.present = false;
  }
}

bool Lanes::answered(const TopicPartition& partition, uint64_t number, bool moves_on) {
  Lane& at = lane(partition);
  Lane::Out& out = at.out.at(number);
  out.answered = true;
  const bool moved = out.moved;
  if (!moves_on && !moved) {  // it comes again, and what was dispatched behind it
    at.next = out.first;
    at.anywhere = false;
    for (auto& [other, behind] : at.out) behind.moved = behind.moved || other >= number;
  }
  go_on(at);
  return moved;
}

bool Lanes::committing(const TopicPartition& partition, uint64_t number) {
  Lane& at = lane(partition);
  Lane::Out& out = at.out.at(number);
  out.answered = out.committing = true;
  out.mark = book_.count(partition);
  const bool moved = out.moved;
  go_on(at);
  return moved;
}

void Lanes::replied(const TopicPartition& partition, bool moved, const Error& error) {
  Lane& at = lane(partition);
  if (!error && moved && unordered()) violation(partition, "an answer counts though the position was set since");
  if (!error) return;
  if (error != Errc::lost || !unordered()) return violation(partition, "an answer says " + error.message());
  at.doubtful = at.doubtful || !moved;
}

void Lanes::sought(const TopicPartition& partition, int64_t to) {
  Lane& at = lane(partition);
  move(at);
  at.stopped = false;
  at.anywhere = to < 0;
  at.next = to < 0 ? -1 : to;
  at.beyond = at.beyond || to > log_end(partition);
  at.least = to == kLatestOffset ? log_end(partition) : log_start(partition);
}

// Whether another one may be open.
void Lanes::check_room(const Lane& at, const std::string& what) {
  size_t unanswered = 0;
  for (const auto& [partition, other] : lanes_) {
    for (const auto& [number, out] : other.out) {
      unanswered += out.answered ? 0 : 1;
      if (unordered() || (&other != &at && consumer_.options.ordering == Ordering::partition)) continue;
      if (!out.answered) {
        violation(partition, what + "before offset " + std::to_string(out.first) + " was answered");
      } else if (confirmed() && book_.held_since(partition, out.mark, out.after)) {
        violation(partition, what + "before the commit of " + std::to_string(out.after) + " was reported");
      } else if (confirmed()) {
        violation(partition, what + "before " + std::to_string(out.after) + " was committed");
      }
    }
  }
  if (unordered() && unanswered >= static_cast<size_t>(consumer_.options.max_open))
    violation(at.partition, what + "beyond max_open");
}

uint64_t Lanes::delivered(const TopicPartition& partition, int64_t first, int64_t after, int64_t position) {
  const std::string what = "offset " + std::to_string(first) + " was delivered ";
  if (!lanes_.contains(partition)) {
    violation(partition, what + "though it is not one of the consumer's");
    return 0;
  }
  Lane& at = lane(partition);
  if (!consuming_) violation(partition, what + "though nothing is consumed");
  if (at.paused) violation(partition, what + "though the partition is paused");
  if (at.stopped) violation(partition, what + "though the partition was stopped");
  check_room(at, what);
  if (limit_ > 0 && ++count_ > limit_) violation(partition, what + "beyond the limit");
  int64_t oldest = first;
  for (const auto& [number, out] : at.out) {
    if (!out.answered && !out.moved) oldest = std::min(oldest, out.first);
  }
  if (position != oldest) violation(partition, what + "but the position is " + std::to_string(position));
  if (at.next >= 0) {
    if (first != at.next && !(first > at.next && first <= log_start(partition) && plan_.truncate))
      violation(partition, what + "instead of " + std::to_string(at.next));
  } else if (at.anywhere) {
    if (first < at.least || first > log_end(partition)) violation(partition, what + "after a seek");
  } else if (!book_.held_since(partition, at.mark, first)) {
    violation(partition, what + "first, but " + std::to_string(book_.latest(partition)) + " is committed");
  }
  at.next = after;
  at.anywhere = false;
  Lane::Out& out = at.out[++numbers_];
  out.first = first;
  out.after = after;
  return numbers_;
}

void Lanes::committed(const TopicPartition& partition, uint64_t number, const Error& error) {
  Lane& at = lane(partition);
  const auto found = at.out.find(number);
  if (found == at.out.end() || !found->second.committing)
    return violation(partition, "a commit was reported on that is not under way");
  const Lane::Out out = found->second;
  at.out.erase(found);
  const std::string what = "the commit of " + std::to_string(out.after);
  if (!error) {
    if (!out.place) {
      violation(partition, what + " is reported as stored, and something below it is not answered");
    } else if (confirmed() && !unordered() ? !book_.held_since(partition, out.mark, out.after)
                                           : !book_.covered(partition, out.mark, *out.place)) {
      violation(partition, what + " is reported as stored, and no broker saw it");
    }
  } else if (error == Errc::lost) {
    if (!unordered() || out.place) violation(partition, what + " is lost");
    at.doubtful = at.doubtful || !out.moved;
  } else {
    at.failed = at.failed || out.place;
    if (error == Errc::closed) return;
    ending(error.code());
    at.doubtful = false;
    if (out.moved) return;
    at.next = out.first;
    at.anywhere = false;
    move(at);
  }
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
    move(at);
    at.doubtful = false;
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
  for (auto& [partition, lane] : lanes_) {
    if (lane.doubtful) violation(partition, "an answer was lost without a reason");
    if (error || limit_ == 0) continue;
    for (const auto& [number, out] : lane.out) {
      // A commit above an envelope that an earlier consumption left open waits for that one.
      if (out.present && (!out.answered || out.place) && expected_ends_.empty())
        violation(partition,
                  "the limit is reached, and offset " + std::to_string(out.first) + " has not come to its end");
    }
  }
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

// All that was answered is stored by now.
void Lanes::closed() {
  for (const auto& [partition, lane] : lanes_) {
    for (const auto& [number, out] : lane.out) {
      if (out.committing)
        violation(partition, "closed, and the commit of " + std::to_string(out.after) + " has no end");
    }
    if (lane.failed || !lane.last_asked) continue;
    if (!book_.covered(partition, lane.last_mark, *lane.last_asked))
      violation(partition, "closed, and the newest commit is not stored");
    if (plan_.calm() && consumer_.restart_percent == 0 &&
        book_.latest(partition) != book_.asked_at(partition, *lane.last_asked))
      violation(partition,
                "closed, and " + std::to_string(book_.latest(partition)) + " is stored, not the newest commit");
  }
}

}  // namespace kafka::sim
