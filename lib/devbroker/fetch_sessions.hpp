// Fetch sessions of one broker (KIP-227): the broker remembers which partitions a client reads. A request then names
// only the partitions that have changed, and an answer only those with news. Not here: reading (handle_fetch).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "net/reactor.hpp"
#include "protocol/fetch.hpp"

namespace kafka::devbroker {

/// One partition that a client wants to read.
struct FetchAsk {
  std::string topic = {};  ///< empty if the request has ids
  Uuid topic_id = {};
  protocol::FetchRequest::FetchTopic::FetchPartition partition = {};
};

/// The partitions of a request, one by one.
std::vector<FetchAsk> asks_of(const protocol::FetchRequest& request);

/// Owns the partitions of one session, and what the client was told last about each.
class FetchSession {
 public:
  using Answer = protocol::FetchResponse::FetchableTopicResponse::PartitionData;

  FetchSession(int32_t id, bool by_id, net::TimePoint now) : id_(id), by_id_(by_id), created_(now), used_(now) {}

  int32_t id() const { return id_; }
  int32_t epoch() const { return epoch_; }
  bool by_id() const { return by_id_; }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  /// Adds the partitions of the request, and removes those that it forgets.
  void update(const protocol::FetchRequest& request);
  void add(const FetchAsk& ask, const Answer& answer);
  void advance(net::TimePoint now);
  /// In the order in which they are served: those that got records most recently come last.
  std::vector<FetchAsk> asks() const;
  /// Whether the answer has news for the client. Remembers what the client is told.
  bool tells(const FetchAsk& ask, const Answer& answer);

 private:
  friend class FetchSessions;
  struct Entry {
    FetchAsk ask;
    int64_t high_watermark = -1;
    int64_t log_start_offset = -1;
  };
  using Key = std::tuple<std::string, Uuid, int32_t>;
  void add(const FetchAsk& ask);

  const int32_t id_;
  int32_t epoch_ = 1;
  const bool by_id_;
  const net::TimePoint created_;
  net::TimePoint used_;
  std::list<Entry> entries_;
  std::map<Key, std::list<Entry>::iterator> places_;
};

/// Owns the sessions of one broker.
class FetchSessions {
 public:
  /// A session that was idle this long makes room for a new one.
  static constexpr auto kIdle = std::chrono::minutes(2);

  size_t count() const { return sessions_.size(); }
  /// Null if there is none.
  std::shared_ptr<FetchSession> find(int32_t id) const;
  /// Null if there are `limit` sessions and none can be evicted.
  std::shared_ptr<FetchSession> create(size_t limit, size_t size, bool by_id, net::Reactor& reactor);
  void close(int32_t id) { sessions_.erase(id); }
  void clear() { sessions_.clear(); }

 private:
  bool make_room(size_t size, net::TimePoint now);

  std::map<int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace kafka::devbroker
