#include "group_random/judge.hpp"

#include <algorithm>

namespace kafka::sim {
namespace {

// A member that was put out hears of it by its next heartbeat, which may have to be repeated on another connection.
constexpr Duration kToldWithin = std::chrono::seconds(30);

std::string text_of(const TopicPartition& partition) {
  return partition.topic + "/" + std::to_string(partition.partition);
}

template <class Each>
void each_of(const Partitions& partitions, Each each) {
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) each(TopicPartition{topic, number});
  }
}

}  // namespace

void GroupJudge::bad(const std::string& rule, Who who, const TopicPartition& partition, const std::string& text) {
  hooks_.violation(rule + ": " + (who >= 0 ? hooks_.name(who) + ", " : "") + text_of(partition) + ": " + text);
}

GroupJudge::Stay* GroupJudge::stay_of(Who who, const TopicPartition& partition) {
  std::vector<Stay>& stays = at(partition).stays;
  const auto found =
      std::find_if(stays.rbegin(), stays.rend(), [&](const Stay& stay) { return stay.who == who && !stay.ended; });
  return found == stays.rend() ? nullptr : &*found;
}

void GroupJudge::recreated(const TopicPartition& partition) {
  Log& log = at(partition);
  ++log.era;
  log.end = 0;
  log.stored = {kNothing};
  log.stored_by = {SIZE_MAX};
  log.answered.clear();
  log.seen.clear();
}

// --- what the coordinator does ----------------------------------------------

// Everything that this member was given below the offset is answered, and it got that far.
bool GroupJudge::justifies(const Stay& stay, int era, int64_t offset) {
  return stay.era == era && stay.front >= offset && (stay.open.empty() || *stay.open.begin() >= offset);
}

void GroupJudge::stored(const TopicPartition& partition, int64_t offset) {
  Log& log = at(partition);
  const auto right = std::find_if(log.stays.rbegin(), log.stays.rend(),
                                  [&](const Stay& stay) { return justifies(stay, log.era, offset); });
  const bool found = right != log.stays.rend();
  if (!found) bad("ahead", -1, partition, "the offset " + std::to_string(offset) + " is stored");
  const size_t by = found ? static_cast<size_t>(log.stays.rend() - right) - 1 : SIZE_MAX;
  // A commit that was sent again on another connection may be executed a second time, behind later ones.
  const bool late = by == log.stored_by.back();
  if (offset < log.stored.back() && !late && !(found && right->set_back)) {
    bad("backwards", -1, partition,
        "the offset " + std::to_string(offset) + " is stored behind " + std::to_string(log.stored.back()));
  }
  log.stored.push_back(offset);
  log.stored_by.push_back(by);
}

// --- what members are told --------------------------------------------------

void GroupJudge::assigned(Who who, const Partitions& fresh) {
  each_of(fresh, [&](const TopicPartition& partition) {
    if (stay_of(who, partition) != nullptr) bad("protocol", who, partition, "assigned twice");
    Log& log = at(partition);
    for (size_t i = 0; i < log.stays.size(); ++i) {
      const Stay& older = log.stays[i];
      if (older.ended || older.who == who || hooks_.cut_off(older.who)) continue;
      doubts_.push_back({partition, i, log.stays.size(), hooks_.now()});
    }
    Stay& stay = log.stays.emplace_back();
    stay.who = who;
    stay.begin = hooks_.now();
    stay.era = log.era;
    stay.stored_at_begin = log.stored.size();
    ++moves_;
  });
}

void GroupJudge::revoking(Who who, const Partitions& going, Duration left) {
  each_of(going, [&](const TopicPartition& partition) {
    if (Stay* const stay = stay_of(who, partition)) stay->drain_end = hooks_.now() + left;
  });
}

void GroupJudge::end_stay(Who who, const TopicPartition& partition, const char* how) {
  Stay* const stay = stay_of(who, partition);
  if (stay == nullptr) return bad("protocol", who, partition, std::string(how) + ", and it does not own that");
  stay->ended = true;
  stay->end = hooks_.now();
}

void GroupJudge::revoked(Who who, const Partitions& gone) {
  each_of(gone, [&](const TopicPartition& partition) {
    Stay* const stay = stay_of(who, partition);
    if (stay != nullptr) stay->revoked = true;
    if (stay != nullptr && stay->commits > 0 && hooks_.now() < stay->drain_end)
      bad("late", who, partition, std::to_string(stay->commits) + " commits are under way at `revoked`");
    end_stay(who, partition, "revoked");
  });
}

void GroupJudge::lost(Who who, const Partitions& gone) {
  each_of(gone, [&](const TopicPartition& partition) { end_stay(who, partition, "lost"); });
}

void GroupJudge::delivered(Who who, const TopicPartition& partition, int era, int64_t offset) {
  ++deliveries_;
  Stay* const stay = stay_of(who, partition);
  const std::string text = std::to_string(offset);
  if (stay == nullptr) return bad("unowned", who, partition, "delivers " + text);
  Log& log = at(partition);
  if (era < stay->era) return bad("skip", who, partition, "delivers " + text + " of a topic that is gone");
  if (era > stay->era) {  // it begins anew
    stay->era = era;
    stay->next = kNothing;
    stay->stored_at_begin = 1;
    stay->open.clear();
    stay->answered.clear();
    stay->front = kNothing;
    stay->sent = kNothing;
  }
  if (stay->next != kNothing) {
    if (offset > stay->next)
      bad("skip", who, partition, "delivers " + text + " instead of " + std::to_string(stay->next));
    if (offset < stay->next && !stay->may_repeat)
      bad("skip", who, partition, "delivers " + text + " again, " + std::to_string(stay->next) + " is next");
    if (offset == stay->next) stay->may_repeat = false;
  } else if (era == log.era) {
    const auto from = log.stored.begin() + static_cast<std::ptrdiff_t>(stay->stored_at_begin) - 1;
    const bool right =
        std::any_of(from, log.stored.end(), [&](int64_t value) { return std::max<int64_t>(value, 0) == offset; });
    if (!right) bad("begins", who, partition, "begins at " + text + ", stored is " + std::to_string(log.stored.back()));
  }
  if (era == log.era) stay->last_record = hooks_.now();
  stay->next = offset + 1;
  if (!stay->answered.contains(offset)) stay->open.insert(offset);
  if (era != log.era) return;
  if (!log.seen.insert(offset).second) ++again_;
}

void GroupJudge::answered(Who who, const TopicPartition& partition, int era, int64_t first, int64_t last) {
  Stay* const stay = stay_of(who, partition);
  if (stay == nullptr) return bad("unowned", who, partition, "an answer to " + std::to_string(first) + " counts");
  if (stay->era != era) return;
  Log& log = at(partition);
  for (int64_t offset = first; offset <= last; ++offset) {
    stay->open.erase(offset);
    stay->answered.insert(offset);
    if (era == log.era) log.answered.insert(offset);
  }
  stay->front = std::max(stay->front, last + 1);
}

void GroupJudge::change_open_commits(Who who, const TopicPartition& partition, int by) {
  if (Stay* const stay = stay_of(who, partition)) stay->commits += by;
}

void GroupJudge::committed(Who who, const TopicPartition& partition, int era, int64_t offset, bool well) {
  change_open_commits(who, partition, -1);
  const Log& log = at(partition);
  if (!well || era != log.era) return;
  const int64_t most = *std::max_element(log.stored.begin(), log.stored.end());
  if (most < offset) {
    bad("unstored", who, partition,
        std::to_string(offset) + " is told to be stored, and the group has " + std::to_string(most));
  }
}

void GroupJudge::may_repeat(Who who) {
  for (auto& [partition, log] : logs_) {
    if (Stay* const stay = stay_of(who, partition)) stay->may_repeat = stay->set_back = true;
  }
}

void GroupJudge::closes(Who who) {
  for (auto& [partition, log] : logs_) {
    if (Stay* const stay = stay_of(who, partition)) stay->closes_at = hooks_.now();
  }
}

void GroupJudge::gone(Who who) {
  for (auto& [partition, log] : logs_) {
    for (Stay& stay : log.stays) {
      if (stay.who != who || stay.ended) continue;
      stay.ended = true;
      stay.end = hooks_.now();
    }
  }
}

void GroupJudge::sent(Who who, const TopicPartition& partition, int64_t offset) {
  Stay* const stay = stay_of(who, partition);
  if (stay == nullptr || stay->era != at(partition).era) return;
  if (offset < stay->sent && !stay->set_back) {
    bad("backwards", who, partition, "commits " + std::to_string(offset) + " behind " + std::to_string(stay->sent));
  }
  stay->sent = std::max(stay->sent, offset);
}

// --- at the end -------------------------------------------------------------

std::string GroupJudge::unsettled(const std::set<std::string>& topics) const {
  std::string text;
  for (const auto& [partition, log] : logs_) {
    if (!topics.contains(partition.topic)) continue;
    std::string wrong;
    std::vector<const Stay*> owners;
    for (const Stay& stay : log.stays) {
      if (!stay.ended) owners.push_back(&stay);
    }
    if (owners.size() != 1) wrong = std::to_string(owners.size()) + " owners";
    if (static_cast<int64_t>(log.answered.size()) != log.end)
      wrong += " " + std::to_string(log.answered.size()) + " of " + std::to_string(log.end) + " answered";
    if (owners.size() == 1 && !owners[0]->open.empty()) wrong += " " + std::to_string(owners[0]->open.size()) + " open";
    if (owners.size() == 1 && owners[0]->next != kNothing && owners[0]->next != log.end)
      wrong += " next is " + std::to_string(owners[0]->next) + " of " + std::to_string(log.end);
    if (!wrong.empty()) text += (text.empty() ? "" : "; ") + text_of(partition) + ": " + wrong;
  }
  return text;
}

bool GroupJudge::settled(const std::set<std::string>& topics) const { return unsettled(topics).empty(); }

void GroupJudge::finish() {
  for (const Doubt& doubt : doubts_) {
    const std::vector<Stay>& stays = at(doubt.partition).stays;
    const Stay& older = stays[doubt.older];
    const Stay& newer = stays[doubt.newer];
    const auto soon = [&](const Stay& stay) { return stay.ended && stay.end - doubt.at <= kToldWithin; };
    const auto idle = [&](const Stay& stay) { return stay.last_record <= doubt.at && stay.ended; };
    const bool told = !older.revoked || older.closes_at >= doubt.at;
    if ((soon(older) && told) || idle(older) || (idle(newer) && soon(newer))) continue;
    bad("dual", older.who, doubt.partition, "and " + hooks_.name(newer.who) + " own it");
  }
}

}  // namespace kafka::sim
