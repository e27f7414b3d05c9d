#include "random/history.hpp"

#include <algorithm>

namespace kafka::sim {

const History::Part& History::part(const TopicPartition& partition) const {
  static const Part none;
  const auto found = parts_.find(partition);
  return found == parts_.end() ? none : found->second;
}

const std::vector<int64_t>& History::cuts(const TopicPartition& partition) const { return part(partition).cuts; }

bool History::times_tell(const TopicPartition& partition) const {
  const Part& at = part(partition);
  const auto log = logs_.find(partition);
  if (at.recreations != 1 || at.cuts.front() != 0 || log == logs_.end()) return false;  // or the log was cut before
  int64_t newest = -1;
  for (const auto& [offset, kept] : log->second) {
    if (kept.died != 0) continue;
    if (kept.message.timestamp < newest) return false;
    newest = kept.message.timestamp;
  }
  const auto now = cluster_.contents().read(partition.topic, partition.partition);
  return newest >= 0 && !now.empty() && now.front().offset == 0 && now.front().timestamp > newest;
}

int64_t History::lowest_cut(const TopicPartition& partition, int64_t otherwise) const {
  for (const int64_t offset : cuts(partition)) otherwise = std::min(otherwise, offset);
  return otherwise;
}

// --- what happens -----------------------------------------------------------

void History::collect() {
  for (const auto& [name, topic] : cluster_.topics().all()) {
    for (size_t number = 0; number < topic.partitions.size(); ++number) {
      const TopicPartition partition{name, static_cast<int32_t>(number)};
      Part& at = parts_[partition];
      at.start = topic.partitions[number]->log.start_offset();
      at.end = topic.partitions[number]->log.end_offset();
      Log& log = logs_[partition];
      for (OwnedMessage& message : cluster_.contents().read(name, partition.partition)) {
        const auto [first, last] = log.equal_range(message.offset);
        if (std::any_of(first, last, [](const auto& each) { return !each.second.cut(); })) continue;
        const int64_t offset = message.offset;
        log.emplace(offset, Kept{std::move(message), cuts(partition).size(), Kept::kNever});
      }
    }
  }
}

const History::Batch* History::open_batch(const Part& part, int64_t producer) {
  const size_t now = part.cuts.size();
  const auto last = std::find_if(part.batches.rbegin(), part.batches.rend(),
                                 [&](const Batch& batch) { return batch.producer == producer && batch.life.in(now); });
  return last == part.batches.rend() || ended(part, last->transaction, now) ? nullptr : &*last;
}

std::optional<bool> History::open(const TopicPartition& partition, int64_t producer) const {
  const Batch* const batch = open_batch(part(partition), producer);
  return batch == nullptr ? std::nullopt : std::optional(batch->aborts);
}

void History::wrote(const TopicPartition& partition, int64_t producer, int64_t first, int64_t count, bool aborts) {
  Part& at = parts_[partition];
  const Batch* const before = open_batch(at, producer);
  const size_t transaction = before != nullptr ? before->transaction : at.transactions++;
  at.batches.push_back({producer, first, first + count, transaction, aborts, {at.cuts.size(), Kept::kNever}});
}

void History::marked(const TopicPartition& partition, int64_t producer, int64_t offset) {
  Part& at = parts_[partition];
  const Batch* const before = open_batch(at, producer);
  at.markers.push_back(
      {offset, before != nullptr ? std::optional(before->transaction) : std::nullopt, {at.cuts.size(), Kept::kNever}});
}

void History::cut(const TopicPartition& partition, int64_t offset) {
  Part& at = parts_[partition];
  const size_t number = at.cuts.size();
  const auto die = [number](auto& each) {
    if (each.life.died == Kept::kNever) each.life.died = number;
  };
  for (Batch& batch : at.batches) {
    if (batch.first >= offset) die(batch);
  }
  for (Marker& marker : at.markers) {
    if (marker.offset >= offset) die(marker);
  }
  Log& log = logs_[partition];
  for (auto each = log.lower_bound(offset); each != log.end(); ++each) {
    if (!each->second.cut()) each->second.died = number;
  }
  at.cuts.push_back(offset);
  at.starts.push_back(at.start);
  at.ends.push_back(at.end);
}

// --- what is known ----------------------------------------------------------

bool History::ended(const Part& part, size_t transaction, size_t view) {
  return std::any_of(part.markers.begin(), part.markers.end(),
                     [&](const Marker& marker) { return marker.transaction == transaction && marker.life.in(view); });
}

// Whether the record there is delivered at all. Markers are not, nor aborted records if only committed ones are wanted.
bool History::visible(const Part& part, int64_t offset, size_t view, bool committed_only) {
  const auto at = [&](const Marker& marker) { return marker.offset == offset && marker.life.in(view); };
  if (std::any_of(part.markers.begin(), part.markers.end(), at)) return false;
  const auto aborted = [&](const Batch& batch) {
    return batch.aborts && batch.first <= offset && offset < batch.after && batch.life.in(view);
  };
  return !committed_only || std::none_of(part.batches.begin(), part.batches.end(), aborted);
}

// Whether this batch is part of a transaction without an end. A log still knows a transaction whose batches were
// deleted, until it is cut: then it only knows what it can read.
bool History::under_way(const Part& part, const Batch& batch, size_t view, int64_t log_start) const {
  if (!part.cuts.empty() && batch.after <= log_start) return false;
  return batch.life.in(view) && !ended(part, batch.transaction, view);
}

int64_t History::start(const TopicPartition& partition, size_t view) const {
  const Part& at = part(partition);
  if (view < at.starts.size()) return at.starts[view];
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  return found == nullptr ? 0 : found->log.start_offset();
}

int64_t History::highest_start(const TopicPartition& partition, size_t since) const {
  int64_t highest = 0;
  for (size_t view = since; view <= cuts(partition).size(); ++view) highest = std::max(highest, start(partition, view));
  return highest;
}

int64_t History::highest_end(const TopicPartition& partition, size_t since) const {
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  int64_t highest = found == nullptr ? 0 : found->log.end_offset();
  const Part& at = part(partition);
  for (size_t view = since; view < at.ends.size(); ++view) highest = std::max(highest, at.ends[view]);
  return highest;
}

std::vector<int64_t> History::new_starts(const TopicPartition& partition, size_t since) const {
  std::vector<int64_t> starts;
  const Part& at = part(partition);
  for (size_t i = since; i < at.cuts.size(); ++i) starts.push_back(std::min(at.starts[i], at.cuts[i]));
  return starts;
}

int64_t History::end(const TopicPartition& partition, bool committed_only) const {
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  if (found == nullptr) return 0;
  const int64_t start = found->log.start_offset();
  int64_t end = found->log.end_offset();
  const Part& at = part(partition);
  for (const Batch& batch : at.batches) {
    if (committed_only && under_way(at, batch, at.cuts.size(), start)) end = std::min(end, batch.first);
  }
  return std::max(end, start);
}

int64_t History::first_visible(const TopicPartition& partition, int64_t from, bool committed_only) const {
  const int64_t end = this->end(partition, committed_only);
  const Part& at = part(partition);
  while (from < end && !visible(at, from, at.cuts.size(), committed_only)) ++from;
  return from;
}

bool History::forgotten(const TopicPartition& partition, int64_t offset) const {
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  return found != nullptr && offset < found->log.start_offset() && !cuts(partition).empty();
}

bool History::passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const {
  const Part& at = part(partition);
  while (from < to && !visible(at, from, at.cuts.size(), committed_only)) ++from;
  return from >= to;
}

bool History::was_passable(const TopicPartition& partition, int64_t from, int64_t to, bool committed_only) const {
  const Part& at = part(partition);
  for (size_t view = 0; view <= at.cuts.size(); ++view) {
    int64_t offset = from;
    while (offset < to && !visible(at, offset, view, committed_only)) ++offset;
    if (offset >= to) return true;
  }
  return false;
}

std::vector<History::Life> History::lives(const TopicPartition& partition, Place place) const {
  std::vector<Life> lives;
  const auto& cuts = part(partition).cuts;
  if (const auto log = logs_.find(partition); log != logs_.end() && !cuts.empty()) {
    const auto [first, last] = log->second.equal_range(place.offset);
    for (auto each = first; each != last; ++each) {
      const Kept& kept = each->second;
      if (kept.cut() && identify_(kept.message) == place.number) lives.push_back({kept.born, kept.died});
    }
  }
  // Else, or also, it is in the log of now: since the last cut below it.
  size_t born = 0;
  for (size_t i = 0; i < cuts.size(); ++i) born = cuts[i] <= place.offset ? i + 1 : born;
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  if (found != nullptr && place.offset < found->log.end_offset()) {
    const auto log = logs_.find(partition);
    bool other = false;  // another record is known to lie there
    if (log != logs_.end()) {
      const auto [first, last] = log->second.equal_range(place.offset);
      other = std::any_of(first, last, [&](const auto& each) {
        return !each.second.cut() && identify_(each.second.message) != place.number;
      });
    }
    if (!other) lives.push_back({born, Kept::kNever});
  }
  return lives;
}

bool History::follows(const TopicPartition& partition, const std::optional<Place>& last, int64_t from, Place next,
                      Reading reading) const {
  if (next.offset < from) return false;
  const auto found = cluster_.topics().partition(partition.topic, partition.partition);
  if (found == nullptr) return false;
  const Part& at = part(partition);
  if (at.cuts.empty() && at.markers.empty() && at.batches.empty() && next.offset == from) return true;
  const int64_t start = found->log.start_offset();
  const size_t now = at.cuts.size();
  const std::vector<Life> here = lives(partition, next);
  const std::vector<Life> before = last ? lives(partition, *last) : std::vector<Life>();
  const auto in = [](const std::vector<Life>& lives, size_t view) {
    return std::any_of(lives.begin(), lives.end(), [view](const Life& life) { return life.in(view); });
  };
  bool settled = !reading.committed_only;
  for (size_t view = 0; view <= now && !settled; ++view) {
    settled = in(here, view) && std::none_of(at.batches.begin(), at.batches.end(), [&](const Batch& batch) {
                return batch.first <= next.offset && under_way(at, batch, view, start);
              });
  }
  if (!settled) return false;
  for (size_t view = 0; view <= now; ++view) {
    if (!in(here, view) || (last && !in(before, view))) continue;
    if (!visible(at, next.offset, view, reading.committed_only)) continue;
    int64_t offset = from;
    while (offset < next.offset && ((reading.deletions && offset < this->start(partition, view)) ||
                                    !visible(at, offset, view, reading.committed_only)))
      ++offset;
    if (offset == next.offset) return true;
  }
  return false;
}

size_t History::last_view(const TopicPartition& partition, Place place) const {
  const size_t now = cuts(partition).size();
  size_t last = 0;
  for (const Life& life : lives(partition, place)) last = std::max(last, std::min(life.died, now));
  return last;
}

}  // namespace kafka::sim
