// Server assignors (see server_assignors.hpp).
#include "devbroker/server_assignors.hpp"

#include <algorithm>
#include <utility>

namespace kafka::devbroker {

namespace {

bool reads(const Subscriber& subscriber, const Uuid& topic) {
  return std::ranges::binary_search(subscriber.topics, topic);
}

Targets by_range(std::vector<Subscriber>& subscribers, const TopicSizes& sizes) {
  std::ranges::sort(subscribers, {}, &Subscriber::sort_key);
  Targets targets;
  for (const Subscriber& each : subscribers) targets[each.id];
  for (const auto& [topic, size] : sizes) {
    std::vector<const Subscriber*> readers;
    for (const Subscriber& each : subscribers) {
      if (reads(each, topic)) readers.push_back(&each);
    }
    const auto count = static_cast<int32_t>(readers.size());
    int32_t next = 0;
    for (int32_t i = 0; i < count; ++i) {
      const int32_t share = size / count + (i < size % count ? 1 : 0);
      for (int32_t end = next + share; next < end; ++next)
        targets[readers[static_cast<size_t>(i)]->id].insert({topic, next});
    }
  }
  return targets;
}

/// For members that read the same topics: each keeps what it had up to its share. What is left goes in one piece to
/// those that have less, as in Kafka, so that a new member gets all of its share at once.
Targets by_quota(const std::vector<Subscriber>& subscribers, const TopicSizes& sizes) {
  Targets targets;
  Slots free;
  for (const auto& [topic, size] : sizes) {
    for (int32_t number = 0; number < size; ++number) free.insert({topic, number});
  }
  const size_t share = free.size() / subscribers.size();
  size_t extra = free.size() % subscribers.size();  // so many members get one more
  std::vector<Slots*> at_share;
  for (const Subscriber& each : subscribers) {
    Slots& kept = targets[each.id];
    for (const Slot& slot : each.had) {
      if (kept.size() == share + (extra > 0 ? 1 : 0)) break;
      if (free.erase(slot) > 0) kept.insert(slot);
    }
    if (kept.size() > share) --extra;
    if (kept.size() == share) at_share.push_back(&kept);
  }
  for (const Subscriber& each : subscribers) {
    Slots& slots = targets[each.id];
    if (slots.size() >= share) continue;
    while (slots.size() < share) slots.insert(free.extract(free.begin()));
    at_share.push_back(&slots);
  }
  for (size_t i = 0; !free.empty() && i < at_share.size(); ++i) at_share[i]->insert(free.extract(free.begin()));
  return targets;
}

/// For members that read different topics: shares everything out, the least loaded reader first, and then evens out
/// until no move helps. Of readers with as many partitions, the one that got its last one earliest is next, as in
/// Kafka.
class Uniform {
 public:
  Uniform(const std::vector<Subscriber>& subscribers, const TopicSizes& sizes) : subscribers_(subscribers) {
    for (const Subscriber& each : subscribers_) targets_[each.id];
    keep(sizes);
    for (const auto& [topic, size] : sizes) {
      for (int32_t number = 0; number < size; ++number) {
        if (const Slot slot{topic, number}; !taken_.contains(slot)) give(slot);
      }
    }
    while (even_out()) {
    }
  }
  Targets take() { return std::move(targets_); }

 private:
  size_t load(const Subscriber& each) const { return targets_.at(each.id).size(); }
  std::pair<size_t, size_t> rank(const Subscriber& each) const {
    const auto last = last_.find(each.id);
    return {load(each), last == last_.end() ? 0 : last->second};
  }
  void add(const Subscriber& to, const Slot& slot) {
    targets_[to.id].insert(slot);
    last_[to.id] = ++given_;
  }

  void keep(const TopicSizes& sizes) {
    for (const Subscriber& each : subscribers_) {
      for (const Slot& slot : each.had) {
        const auto size = sizes.find(slot.topic);
        if (size == sizes.end() || slot.partition >= size->second || !reads(each, slot.topic)) continue;
        if (taken_.insert(slot).second) add(each, slot);
      }
    }
  }
  const Subscriber* least_loaded(const Uuid& topic) const {
    const Subscriber* least = nullptr;
    for (const Subscriber& each : subscribers_) {
      if (!reads(each, topic)) continue;
      if (least == nullptr || rank(each) < rank(*least)) least = &each;
    }
    return least;
  }
  void give(const Slot& slot) {
    const Subscriber* least = least_loaded(slot.topic);
    if (least == nullptr) return;
    add(*least, slot);
    taken_.insert(slot);
  }
  /// Moves one slot from a member to one that has at least two less. The last one goes first.
  bool even_out() {
    for (const Subscriber& from : subscribers_) {
      Slots& has = targets_[from.id];
      for (auto at = has.rbegin(); at != has.rend(); ++at) {
        const Slot slot = *at;
        const Subscriber* to = least_loaded(slot.topic);
        if (to == nullptr || load(*to) + 2 > has.size()) continue;
        has.erase(slot);
        add(*to, slot);
        return true;
      }
    }
    return false;
  }

  const std::vector<Subscriber>& subscribers_;
  Targets targets_;
  Slots taken_;
  std::map<std::string, size_t, std::less<>> last_;  // when each got its last one
  size_t given_ = 0;
};

}  // namespace

bool is_server_assignor(std::string_view name) noexcept { return name == kUniform || name == kRange; }

Targets assign(std::string_view assignor, std::vector<Subscriber> subscribers, const TopicSizes& sizes) {
  if (assignor == kRange) return by_range(subscribers, sizes);
  if (subscribers.empty()) return {};
  const bool alike = std::ranges::all_of(
      subscribers, [&](const Subscriber& each) { return each.topics == subscribers.front().topics; });
  return alike ? by_quota(subscribers, sizes) : Uniform(subscribers, sizes).take();
}

}  // namespace kafka::devbroker
