// Fetch sessions (see fetch_sessions.hpp).
#include "devbroker/fetch_sessions.hpp"

#include <algorithm>

namespace kafka::devbroker {

std::vector<FetchAsk> asks_of(const protocol::FetchRequest& request) {
  std::vector<FetchAsk> asks;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) asks.push_back({topic.topic, topic.topic_id, partition});
  }
  return asks;
}

void FetchSession::add(const FetchAsk& ask) {
  const Key key(ask.topic, ask.topic_id, ask.partition.partition);
  if (auto at = places_.find(key); at != places_.end()) {
    at->second->ask = ask;
    return;
  }
  places_.emplace(key, entries_.insert(entries_.end(), Entry{ask}));
}

void FetchSession::add(const FetchAsk& ask, const Answer& answer) {
  add(ask);
  tells(ask, answer);
}

void FetchSession::update(const protocol::FetchRequest& request) {
  for (const FetchAsk& ask : asks_of(request)) add(ask);
  for (const auto& topic : request.forgotten_topics_data) {
    for (int32_t number : topic.partitions) {
      auto at = places_.find(Key(topic.topic, topic.topic_id, number));
      if (at == places_.end()) continue;
      entries_.erase(at->second);
      places_.erase(at);
    }
  }
}

void FetchSession::advance(net::TimePoint now) {
  used_ = now;
  epoch_ = epoch_ == INT32_MAX ? 1 : epoch_ + 1;
}

std::vector<FetchAsk> FetchSession::asks() const {
  std::vector<FetchAsk> asks;
  asks.reserve(entries_.size());
  for (const Entry& entry : entries_) asks.push_back(entry.ask);
  return asks;
}

bool FetchSession::tells(const FetchAsk& ask, const Answer& answer) {
  auto at = places_.find(Key(ask.topic, ask.topic_id, ask.partition.partition));
  if (at == places_.end()) return true;
  Entry& entry = *at->second;
  bool news = answer.records.size() > 0 || answer.error_code != 0 || answer.preferred_read_replica >= 0 ||
              answer.diverging_epoch.epoch >= 0;
  news = news || entry.high_watermark != answer.high_watermark || entry.log_start_offset != answer.log_start_offset;
  // After an error the next answer repeats everything.
  entry.high_watermark = answer.error_code == 0 ? answer.high_watermark : -1;
  entry.log_start_offset = answer.log_start_offset;
  if (news) entries_.splice(entries_.end(), entries_, at->second);
  return news;
}

std::shared_ptr<FetchSession> FetchSessions::find(int32_t id) const {
  auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : at->second;
}

std::shared_ptr<FetchSession> FetchSessions::create(size_t limit, size_t size, bool by_id, net::Reactor& reactor) {
  if (limit == 0 || (sessions_.size() >= limit && !make_room(size, reactor.now()))) return nullptr;
  int32_t id = 0;
  while (id == 0 || sessions_.contains(id)) id = static_cast<int32_t>(reactor.random() & INT32_MAX);
  auto session = std::make_shared<FetchSession>(id, by_id, reactor.now());
  sessions_.emplace(id, session);
  return session;
}

/// Evicts the session that has been idle longest, if that is longer than kIdle. Otherwise the smallest session, if it
/// is smaller than the new one and older than kIdle.
bool FetchSessions::make_room(size_t size, net::TimePoint now) {
  auto idle = std::min_element(sessions_.begin(), sessions_.end(),
                               [](const auto& a, const auto& b) { return a.second->used_ < b.second->used_; });
  if (idle != sessions_.end() && now - idle->second->used_ > kIdle) {
    sessions_.erase(idle);
    return true;
  }
  auto smallest = std::min_element(sessions_.begin(), sessions_.end(),
                                   [](const auto& a, const auto& b) { return a.second->size() < b.second->size(); });
  if (smallest == sessions_.end() || smallest->second->size() >= size || now - smallest->second->created_ <= kIdle)
    return false;
  sessions_.erase(smallest);
  return true;
}

}  // namespace kafka::devbroker
