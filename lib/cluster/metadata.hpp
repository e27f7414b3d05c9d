// What the cluster looks like: brokers, topics, leaders. Kept fresh, on age and on error, for the topics that are
// wanted. One request at a time, at most one per retry backoff. Not here: what is believed of an answer (topic_cache),
// explicit questions (metadata_query), coordinators (coordinator).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/listeners.hpp"
#include "cluster/metadata_query.hpp"
#include "cluster/metadata_source.hpp"
#include "cluster/router.hpp"
#include "cluster/topic_cache.hpp"
#include "protocol/metadata.hpp"

namespace kafka::cluster {

/// Owns which topics are wanted, and when they are asked for.
class Metadata final : private MetadataFeed {
 public:
  explicit Metadata(Router& router);
  ~Metadata();

  /// Keeps `topic` in the refreshed set, and asks for it at once if it is not known. Each want() needs one
  /// unwant(); unwanted topics are forgotten after metadata_max_idle. `create` lets brokers create it.
  void want(const std::string& topic, bool create);
  void unwant(const std::string& topic);
  /// Null until an answer about the topic has come.
  const TopicState* topic(std::string_view name) const { return topics_.find(name); }
  const TopicState* topic_by_id(const Uuid& id) const { return topics_.find(id); }
  /// The leader, if known and in the broker list; else nothing (and refresh() is up to the caller).
  std::optional<int32_t> leader(std::string_view topic, int32_t partition) const;
  /// The same, for a caller that has the topic at hand; null is a topic that is not known.
  std::optional<int32_t> leader(const TopicState* topic, int32_t partition) const;
  /// The epoch of that leader; -1: not known.
  int32_t leader_epoch(std::string_view topic, int32_t partition) const;
  static int32_t leader_epoch(const TopicState* topic, int32_t partition);
  /// Changes whenever something may have been learnt or forgotten. What was read before holds until then.
  uint64_t generation() const noexcept { return generation_; }
  Router& router() const { return router_; }
  bool has_brokers() const { return !router_.brokers().empty(); }
  const std::string& cluster_id() const { return cluster_id_; }

  /// Asks again, as soon as the backoff allows. Calls while a request is under way or waits add nothing.
  void refresh();
  /// The credentials have changed: topics that got the refusal of the old ones are asked for
  /// again.
  void forget_refusal();
  /// A hint about the leader that came with an error (KIP-951); older epochs are ignored. True if it
  /// told something new.
  bool apply_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch);
  /// Brokers named by such a hint are added to the list.
  void add_brokers(const std::vector<BrokerInfo>& brokers);

  /// Called at the end of the turn whenever something was learnt, or an attempt failed. Returns an id for
  /// remove_listener().
  uint64_t add_listener(Function<void()> listener) { return listeners_.add(std::move(listener)); }
  void remove_listener(uint64_t id) { listeners_.remove(id); }
  /// leader_changed events.
  void on_event(Function<void(const Event&)> handler) { on_event_ = std::move(handler); }

  /// `handler` is told of each attempt that will be made again, and why: the whole question failed ("metadata"), or a
  /// topic or a partition has no leader yet.
  void on_retry(RetryHandler handler) { on_retry_ = std::move(handler); }

  /// One explicit request: the named topics, or all of them. Tried again until `timeout`; every answer
  /// feeds the cache too.
  void fetch(std::optional<std::set<std::string>> topics, bool create, net::Duration timeout,
             MetadataQueries::Done done) {
    queries_.start(std::move(topics), create, timeout, std::move(done));
  }

  /// Why the last attempt failed, none after a success.
  const Error& last_error() const { return last_error_; }
  void close();

 private:
  struct Wanted {
    int count = 0;
    bool create = false;
    bool refused = false;  // its error is the refusal of every contact point
    net::TimePoint idle_since{};
  };
  void learn(protocol::MetadataResponse& response) override;
  void failed(const Error& error) override;
  void tell_retry(const std::string& subject, const Error& why) override;

  void request();
  void answered(Error error, protocol::MetadataResponse& response, int32_t node);
  bool update_wanted(const Error& error);
  bool lacks_leaders(const TopicState& topic);
  void take(protocol::MetadataResponse& response);
  void forget_idle();
  void tell_leader(const TopicState& topic, int32_t partition);
  void arm_age();

  Router& router_;
  net::Reactor& reactor_;
  std::map<std::string, Wanted, std::less<>> wanted_;
  TopicCache topics_;
  MetadataQueries queries_;
  Listeners listeners_;
  uint64_t generation_ = 1;
  Function<void(const Event&)> on_event_;
  RetryHandler on_retry_;
  std::string cluster_id_;
  Error last_error_;
  RetryPause retry_;
  net::TimePoint failing_since_ = net::TimePoint::max();
  MetadataSource source_;
  net::Timer retry_timer_;
  net::Timer age_timer_;
  bool asking_ = false;  // a request is under way
  bool again_ = false;   // refresh() was called meanwhile
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
