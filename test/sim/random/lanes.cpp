#include "random/lanes.hpp"

#include <algorithm>

namespace kafka::sim {

int64_t GroupBook::as_asked(const TopicPartition& partition, int64_t offset, const History& history) {
  const auto& asked = asked_[partition];
  const auto found = std::find_if(asked.rbegin(), asked.rend(), [&](int64_t each) {
    return each == offset || (each < offset && history.was_passable(partition, each, offset, true));
  });
  return found == asked.rend() ? offset : *found;
}

void GroupBook::stored(const TopicPartition& partition, int64_t offset, int64_t exactly) {
  exactly_[partition].insert(exactly);
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

std::vector<int64_t> GroupBook::since(const TopicPartition& partition, size_t count) {
  const auto& all = values(partition);
  return {all.begin() + static_cast<std::ptrdiff_t>(count) - 1, all.end()};
}

Lanes::Lanes(Journal& journal, GroupBook& book, const devbroker::Cluster& cluster, const History& history,
             const Plan& plan, const ConsumerPlan& consumer)
    : journal_(journal), book_(book), cluster_(cluster), history_(history), plan_(plan), consumer_(consumer) {
  for (const auto& [topic, numbers] : consumer.partitions) {
    for (const int32_t number : numbers) add({topic, number}, false);
    const auto* const found = consumer.all ? cluster.topics().find(topic) : nullptr;
    for (size_t number = numbers.size(); found != nullptr && number < found->partitions.size(); ++number)
      add({topic, static_cast<int32_t>(number)}, false);
  }
}

void Lanes::add(const TopicPartition& partition, bool newer) {
  Lane& lane = lanes_[partition];
  lane.partition = partition;
  lane.mark = book_.count(partition);
  lane.log_start = log_start(partition);
  lane.view = history_.cuts(partition).size();
  lane.newer = newer;
  if (!consumer_.fetches) return;
  // A fetcher begins where the policy says, and is not told so.
  lane.from_least = consumer_.options.auto_offset_reset == OffsetReset::earliest || newer;
  lane.anywhere = true;
  lane.least = lane.from_least ? lane.log_start : history_.end(partition, committed_only());
}

int64_t Lanes::log_start(const TopicPartition& partition) const {
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  return found == nullptr ? 0 : found->log.start_offset();
}
int64_t Lanes::log_end(const TopicPartition& partition) const {
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  return found == nullptr ? 0 : found->log.end_offset();
}

void Lanes::violation(const TopicPartition& partition, const std::string& text) {
  journal_.violation(consumer_.group + ", " + partition.topic + "/" + std::to_string(partition.partition) + ": " +
                     text);
}

// Removes envelopes that are settled, and notes commits whose lower envelopes are all answered.
void Lanes::go_on(Lane& lane) {
  for (auto& [number, out] : lane.out) {
    if (out.passed || out.taken || (unordered() && out.moved)) continue;
    if (!out.answered) {
      if (out.moved) continue;
      break;
    }
    out.passed = true;
    if (!out.committing) continue;
    out.place = lane.last_asked = book_.asked(lane.partition, out.after);
    lane.sends[out.set_backs].asked.insert(out.after);
    const auto& cuts = history_.cuts(lane.partition);
    for (size_t i = out.cuts; i < cuts.size(); ++i) {
      if (cuts[i] < out.after) book_.cut(lane.partition, cuts[i]);  // no more of it can be asked for
    }
    lane.last_mark = out.mark;
  }
  std::erase_if(lane.out, [](const auto& each) { return each.second.answered && !each.second.committing; });
}

// The next delivery begins there, whatever was delivered last.
void Lanes::set(Lane& at, int64_t next) {
  at.next = next;
  at.anywhere = false;
  at.last.reset();
}

// Whether this record may come next at `from`.
bool Lanes::follows(const Lane& at, int64_t from, History::Place next) {
  History::Reading reading{committed_only(), plan_.truncate};
  if (history_.follows(at.partition, at.last, from, next, reading)) return true;
  // After the record that was read last has been deleted, no leader can tell that it came from another log.
  // Where topics go by name, a new one may be taken for the old one.
  const bool mistaken = history_.recreations(at.partition) > 0 && !plan_.by_id();
  const bool forgotten = mistaken || (at.last && history_.forgotten(at.partition, at.last->offset));
  if (!plan_.notices_cuts(consumer_) || misled() || forgotten) {
    if (history_.follows(at.partition, {}, from, next, reading)) return true;
    // Before a cut that it did not notice the consumer may have skipped records that were not for it.
    for (int64_t passed = from + 1; passed <= next.offset; ++passed) {
      if (!history_.was_passable(at.partition, from, passed, reading.committed_only)) break;
      if (history_.follows(at.partition, {}, passed, next, reading)) return true;
    }
  }
  if (!reading.committed_only || !misled()) return false;
  reading.committed_only = false;  // asked as of a broker that knows no transactions
  return history_.follows(at.partition, {}, from, next, reading);
}

// Whether this record may come first where the beginning of the log was asked for.
bool Lanes::follows_start(const Lane& at, History::Place next) {
  const std::vector<int64_t> later = history_.new_starts(at.partition, at.view);
  return follows(at, at.least, next) ||
         std::any_of(later.begin(), later.end(), [&](int64_t start) { return follows(at, start, next); });
}

bool Lanes::all_read(const Lane& lane, int64_t next) {
  if (lane.last && plan_.notices_cuts(consumer_) && !history_.holds(lane.partition, *lane.last) && !misled())
    return false;
  return history_.first_visible(lane.partition, next, committed_only()) >= history_.end(lane.partition, false);
}

// Whether a broker stored this commit, or as much of it as the log still has.
bool Lanes::stored(const Lane& at, const Lane::Out& out) {
  if (confirmed() && !unordered() && book_.held_since(at.partition, out.mark, out.after)) return true;
  if (confirmed() && !unordered() && history_.cuts(at.partition).empty()) return false;
  return book_.covered(at.partition, out.mark, *out.place);
}

// The position was set: answers to open envelopes do not move it any more.
void Lanes::move(Lane& lane) {
  for (auto& [number, out] : lane.out) out.moved = true;
  go_on(lane);
}

void Lanes::began(int64_t limit) {
  consuming_ = true;
  limit_ = limit;
  count_ = 0;
  expected_ends_.clear();
  standstill_ = false;
  note_standstill();
  for (auto& [partition, lane] : lanes_) {
    for (auto& [number, out] : lane.out) out.present = false;
  }
}

// The consumption may end with the error of any of them.
void Lanes::note_standstill() {
  if (consumer_.all) return;  // it waits for more
  standstill_ |= std::all_of(lanes_.begin(), lanes_.end(),
                             [](const auto& lane) { return lane.second.stopped || lane.second.taken; });
}

void Lanes::answered(const TopicPartition& partition, uint64_t number, bool moves_on) {
  Lane& at = lane(partition);
  Lane::Out& out = at.out.at(number);
  out.answered = true;
  if (!moves_on && !out.moved) {  // it comes again, and what was dispatched behind it
    set(at, out.first);
    for (auto& [other, behind] : at.out) behind.moved = behind.moved || other >= number;
  }
  go_on(at);
}

void Lanes::committing(const TopicPartition& partition, uint64_t number) {
  Lane& at = lane(partition);
  Lane::Out& out = at.out.at(number);
  out.answered = out.committing = true;
  out.mark = book_.count(partition);
  go_on(at);
}

void Lanes::replied(const TopicPartition& partition, uint64_t number, const Error& error) {
  Lane& at = lane(partition);
  const bool moved = at.out.at(number).moved;
  if (!error && moved && unordered()) violation(partition, "an answer counts though the position was set since");
  if (!error) return;
  if (error == Errc::lost && may_lose(at)) return;
  if (error != Errc::lost || !unordered()) return violation(partition, "an answer says " + error.message());
  if (!moved) doubt(at);
}

// The position was set, and the application is told why later: nothing that was dispatched before counts. A commit that
// is under way may itself be the reason, if it has failed.
void Lanes::doubt(Lane& at) {
  at.doubtful = true;
  for (auto& [number, out] : at.out) out.moved = out.moved || !out.passed;
}

void Lanes::sought(const TopicPartition& partition, int64_t to) {
  Lane& at = lane(partition);
  move(at);
  at.stopped = false;
  at.sought = at.by_place = true;
  ++at.set_backs;
  set(at, to < 0 ? -1 : to);
  at.anywhere = to < 0;
  at.from_least = false;
  at.beyond = at.beyond || to > log_end(partition);
  at.least = to == kLatestOffset ? history_.end(partition, committed_only()) : log_start(partition);
}

// Nothing of it is delivered from now on, no answer counts, and what was not sent is not stored.
void Lanes::taken(const TopicPartition& partition) {
  Lane& at = lane(partition);
  for (auto& [number, out] : at.out) out.taken = out.moved = true;
  at.taken = true;
  note_standstill();
  at.paused = at.stopped = at.beyond = at.sought = at.doubtful = at.failed = false;
  at.last_asked.reset();
  set(at, -1);
}

// It begins as it does in a new consumer.
void Lanes::given(const TopicPartition& partition) {
  Lane& at = lane(partition);
  at.taken = false;
  at.begun = -1;
  ++at.set_backs;
  at.mark = book_.count(partition);
  at.log_start = log_start(partition);
  at.view = history_.cuts(partition).size();
}

// Whether one more envelope may be open.
void Lanes::check_room(const Lane& at, const std::string& what) {
  size_t unanswered = 0;
  for (const auto& [partition, other] : lanes_) {
    for (const auto& [number, out] : other.out) {
      unanswered += out.answered ? 0 : 1;
      if (unordered() || (&other != &at && consumer_.options.ordering == Ordering::partition)) continue;
      if (out.taken && (out.answered || consumer_.options.ordering == Ordering::partition)) continue;
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

uint64_t Lanes::delivered(const TopicPartition& partition, const std::vector<History::Place>& places,
                          int64_t position) {
  if (places.empty()) return 0;
  const int64_t first = places.front().offset;
  const int64_t after = places.back().offset + 1;
  const std::string what = "offset " + std::to_string(first) + " was delivered ";
  if (!lanes_.contains(partition)) {
    violation(partition, what + "though it is not one of the consumer's");
    return 0;
  }
  Lane& at = lane(partition);
  if (!consuming_) violation(partition, what + "though nothing is consumed");
  if (at.taken) violation(partition, what + "though the partition was taken away");
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
    if (!follows(at, at.next, places.front()))
      violation(partition, what + "at " + std::to_string(at.next) +
                               (at.last ? ", behind record " + std::to_string(at.last->number) : ""));
  } else if (at.anywhere) {
    const int64_t end = history_.cuts(partition).empty() ? log_end(partition) : INT64_MAX;
    if (first < history_.lowest_cut(partition, at.least) || first > end ||
        !(at.from_least ? follows_start(at, places.front()) : follows(at, first, places.front())))
      violation(partition, what + "after a seek");
  } else {
    const std::vector<int64_t> starts = book_.since(partition, at.mark);
    const auto leads = [&](int64_t start) { return start >= 0 && follows(at, start, places.front()); };
    if (std::none_of(starts.begin(), starts.end(), leads))
      violation(partition, what + "first, but " + std::to_string(book_.latest(partition)) + " is committed");
  }
  if (at.begun < 0) at.begun = first;
  at.last = places.front();
  for (size_t i = 1; i < places.size(); ++i) {
    if (!follows(at, places[i - 1].offset + 1, places[i]))
      violation(partition, "offset " + std::to_string(places[i].offset) + " was delivered in one batch behind " +
                               std::to_string(places[i - 1].offset));
    at.last = places[i];
  }
  at.next = after;
  at.anywhere = at.sought = false;
  Lane::Out& out = at.out[++numbers_];
  out.first = first;
  out.after = after;
  out.set_backs = at.set_backs;
  out.cuts = history_.last_view(partition, places.back());
  return numbers_;
}

// What was dispatched between two set-backs is committed in order, whenever that is. A log that was cut may shorten a
// commit to the cut.
void Lanes::sent(const TopicPartition& partition, int64_t offset) {
  Lane& at = lane(partition);
  const auto& cuts = history_.cuts(partition);
  if (std::find(cuts.begin(), cuts.end(), offset) != cuts.end() || at.mistaken_cuts.contains(offset)) return;
  int64_t newest = -1;
  for (auto& [count, sends] : at.sends) {
    const bool mine = std::any_of(sends.asked.begin(), sends.asked.end(), [&](int64_t asked) {
      return asked <= offset && history_.was_passable(partition, asked, offset, true);
    });
    if (mine && sends.newest <= offset) {
      sends.newest = offset;
      return;
    }
    if (mine) newest = std::max(newest, sends.newest);
  }
  violation(partition, "a commit of " + std::to_string(offset) + " is sent, " +
                           (newest < 0 ? "which nobody asked for" : "after one of " + std::to_string(newest)));
}

void Lanes::committed(const TopicPartition& partition, uint64_t number, const Error& error) {
  Lane& at = lane(partition);
  const auto found = at.out.find(number);
  if (found == at.out.end() || !found->second.committing)
    return violation(partition, "a commit was reported on that is not under way");
  const Lane::Out out = found->second;
  at.out.erase(found);
  const std::string what = "the commit of " + std::to_string(out.after);
  // The position was set back, and a lower commit took its place before it was sent.
  const bool replaced = at.set_backs > out.set_backs && error == Errc::lost &&
                        error.detail().find("a later commit stored") != std::string_view::npos;
  if (error) ++at.set_backs;  // its message comes again
  if (out.taken && error) {
    // It may have failed before the partition was taken, and has ended the consumption then.
    if (error != Errc::lost && error != Errc::closed) ending(error.code());
    return;
  }
  if (error == Errc::offset_out_of_range) {  // the log has lost what it covers; reading goes on where the event says
    if (history_.lowest_cut(partition, INT64_MAX) >= out.after && !lies_possible && !at.beyond)
      violation(partition, what + " is said to be cut off, and no log was cut below it");
    // Where no epoch tells where the log was cut, nobody knows what of the commit still holds: nothing is stored.
    const bool known = plan_.notices_cuts(consumer_) && !misled() && !at.by_place;
    if (!known && at.last_asked == out.place) at.last_asked.reset();
  } else if (!error) {
    if (!out.place) {
      violation(partition, what + " is reported as stored, and something below it is not answered");
    } else if (!stored(at, out)) {
      violation(partition, what + " is reported as stored, and no broker saw it");
    }
  } else if (replaced) {
    return;
  } else if (error == Errc::lost) {
    if (may_lose(at)) {
      at.failed = true;
      return;
    }
    if (!unordered() || out.place) violation(partition, what + " is lost");
    if (!out.moved) doubt(at);
  } else {
    at.failed = at.failed || out.place;
    if (error == Errc::closed) return;
    ending(error.code());
    at.doubtful = false;
    if (out.moved) return;
    set(at, out.first);
    move(at);
  }
}

// The consumer has set the position. If the application has called seek() before it heard of that, seek() stands.
void Lanes::went_on(Lane& at, const Event& event, int64_t position) {
  at.doubtful = false;
  ++at.set_backs;
  if (at.sought && position != event.offset) return;
  move(at);
  at.sought = false;
  set(at, event.offset);
}

// Without ids a topic that was made anew looks like the old one, cut off where it ended when it was asked about. It may
// have been made anew once more before the consumer tells of that, so the end of any topic since counts. Where the
// consumer began at the first record, and the times of all records tell, it must not be taken for that.
bool Lanes::looks_cut(const Lane& at, int64_t offset) const {
  if (!plan_.without_ids() || history_.recreations(at.partition) == 0) return false;
  if (offset > history_.highest_end(at.partition, at.view)) return false;
  return plan_.legacy() || at.begun != 0 || !history_.times_tell(at.partition);
}

void Lanes::event(const Event& event, int64_t position) {
  const TopicPartition partition{event.topic, event.partition};
  if (event.topic.empty() || !lanes_.contains(partition)) return;
  Lane& at = lane(partition);
  if (at.taken) return;  // was on its way
  if (event.type == Event::Type::offset_reset) {
    const int64_t end = log_end(partition);
    if (event.error == Errc::no_offset) {
      const int64_t start = history_.highest_start(partition, at.view);
      if (!book_.held_since(partition, at.mark, -1)) violation(partition, "was reset though an offset is committed");
      if ((consumer_.options.auto_offset_reset == OffsetReset::earliest || at.newer) &&
          (event.offset > start || event.offset < history_.lowest_cut(partition, at.log_start)))
        violation(partition, "was reset to " + std::to_string(event.offset) + ", which is not the beginning");
    } else if (event.error == Errc::offset_out_of_range) {
      if (!at.beyond && !plan_.truncate && !lies_possible && history_.cuts(partition).empty())
        violation(partition, "was reset without a reason");
    } else {
      violation(partition, "was reset for a strange reason: " + event.error.message());
    }
    if (event.offset > end && history_.cuts(partition).empty())
      violation(partition, "was reset to " + std::to_string(event.offset) + ", behind the end");
    went_on(at, event, position);
  } else if (event.type == Event::Type::log_truncated) {
    const auto& cuts = history_.cuts(partition);
    const bool known = looks_cut(at, event.offset) || std::find(cuts.begin(), cuts.end(), event.offset) != cuts.end() ||
                       (plan_.truncate && !cuts.empty() && event.offset <= log_start(partition));
    // Records that are not delivered are skipped, too. The log may have lost even more since the leader answered.
    const bool late = at.sought && position != event.offset;
    if (!known || (!late && at.next >= 0 && !history_.was_passable(partition, at.next, event.offset, committed_only())))
      violation(partition, "goes on at " + std::to_string(event.offset) + ", where no log was cut");
    // A consumer that takes a new topic for the old one, cut off, shortens its commits to that place as well. Without
    // ids nothing says that they are the old topic's.
    if (looks_cut(at, event.offset) && at.mistaken_cuts.insert(event.offset).second) book_.cut(partition, event.offset);
    went_on(at, event, position);
  } else if (event.type == Event::Type::topic_recreated) {
    if (history_.recreations(partition) == 0 && !looks_new(at)) violation(partition, "is taken for another topic");
    if (event.offset > log_start(partition) && history_.cuts(partition).empty())
      violation(partition, "a new topic is read from " + std::to_string(event.offset));
    at.begun = -1;
    for (auto& [number, out] : at.out) out.taken = true;  // from now on every answer is lost
    at.failed = true;                                     // commits that were asked for are lost
    went_on(at, event, position);
  } else if (event.type == Event::Type::partition_stopped) {
    at.stopped = true;
    stops_.insert(event.error.code());
    note_standstill();
    at.last.reset();  // with it goes what is known of the log
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
  if (standstill_ && stops_.contains(error.code())) return;
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

// Everything that was answered is stored by now.
void Lanes::closed() {
  for (const auto& [partition, lane] : lanes_) {
    for (const auto& [number, out] : lane.out) {
      if (out.committing)
        violation(partition, "closed, and the commit of " + std::to_string(out.after) + " has no end");
    }
    if (lane.failed || !lane.last_asked || may_lose(lane)) continue;
    if (!book_.covered(partition, lane.last_mark, *lane.last_asked))
      violation(partition, "closed, and the newest commit is not stored");
    if (plan_.calm() && consumer_.restart_percent == 0 &&
        book_.latest(partition) != book_.asked_at(partition, *lane.last_asked))
      violation(partition,
                "closed, and " + std::to_string(book_.latest(partition)) + " is stored, not the newest commit");
  }
}

}  // namespace kafka::sim
