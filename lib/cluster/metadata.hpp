// What the cluster looks like: brokers, topics, leaders; kept fresh on age and on error, for the topics
// that somebody wants. One request at a time, at most one per retry backoff.
// Not here: what is done about a leader that moved (producer, consumer); coordinators (coordinator).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/router.hpp"
#include "protocol/metadata.hpp"

namespace kafka::cluster {

struct PartitionState {
  int32_t leader = -1;   ///< -1: none, or one that the broker list lacks
  int32_t epoch = -1;    ///< the highest that was told
  bool undated = false;  ///< whoever named this leader told no epoch
  Error error;
};

struct TopicState {
  std::string name;
  Uuid id{};                               ///< zero before 2.8
  Error error;                             ///< of the topic, e.g. unknown_topic_or_partition; asked again while wanted
  bool known = false;                      ///< partitions are valid (they stay so through later errors)
  std::vector<PartitionState> partitions;  ///< by number
  net::TimePoint missing_since{};          ///< when it was first asked for without being found
};

class Metadata {
 public:
  Metadata(Router& router);
  ~Metadata();

  /// Keeps `topic` in the refreshed set, and asks for it at once if it is not known. Each want() needs one
  /// unwant(); unwanted topics are forgotten after metadata_max_idle. `create` lets brokers create it.
  void want(const std::string& topic, bool create);
  void unwant(const std::string& topic);
  /// Null until an answer about the topic has come.
  const TopicState* topic(std::string_view name) const;
  const TopicState* topic_by_id(const Uuid& id) const;
  /// The leader, if known and in the broker list; else nothing (and refresh() is up to the caller).
  std::optional<int32_t> leader(std::string_view topic, int32_t partition) const;
  /// The same for who asks about many partitions of a topic; null is a topic that is not known.
  std::optional<int32_t> leader(const TopicState* topic, int32_t partition) const;
  /// Of that leader; -1: not known.
  int32_t leader_epoch(std::string_view topic, int32_t partition) const;
  static int32_t leader_epoch(const TopicState* topic, int32_t partition);
  /// Changes whenever something may have been learnt or forgotten: what was read before may be kept until then.
  uint64_t generation() const noexcept { return generation_; }
  Router& router() const { return router_; }
  bool has_brokers() const { return !router_.brokers().empty(); }
  const std::string& cluster_id() const { return cluster_id_; }

  /// Asks again, as soon as the backoff allows. Calls while a request is under way or waits add nothing.
  void refresh();
  /// A hint about the leader that came with an error (KIP-951); older epochs are ignored. True if it
  /// told something new.
  bool apply_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch);
  /// Brokers named by such a hint are added to the list.
  void add_brokers(const std::vector<BrokerInfo>& brokers);

  /// Called (deferred, once per change) whenever something was learnt, or an attempt failed for good reasons
  /// that waiting callers must see. Returns an id for remove_listener().
  uint64_t add_listener(Function<void()> listener);
  void remove_listener(uint64_t id);
  /// leader_changed events.
  void on_event(Function<void(const Event&)> handler) { on_event_ = std::move(handler); }

  /// One explicit request: the named topics, or all of them. Tried again until `timeout`; every answer
  /// feeds the cache too.
  using Done = Function<void(Error, protocol::MetadataResponse&)>;
  void fetch(std::optional<std::set<std::string>> topics, bool create, net::Duration timeout, Done done);

  /// Why the last attempt failed, none after a success.
  const Error& last_error() const { return last_error_; }
  void close();

 private:
  struct Wanted {
    int count = 0;
    bool create = false;
    net::TimePoint idle_since{};
  };
  struct Explicit;

  void request();
  void answered(Error error, protocol::MetadataResponse& response, int32_t node);
  void ask(std::shared_ptr<Explicit> asked);
  void take(protocol::MetadataResponse& response);
  void failed(const Error& error);
  void take_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic);
  void notify();
  void arm_age();

  Router& router_;
  net::Reactor& reactor_;
  std::map<std::string, Wanted, std::less<>> wanted_;
  std::map<std::string, TopicState, std::less<>> topics_;
  std::map<std::array<uint8_t, 16>, std::string> names_by_id_;
  uint64_t generation_ = 1;
  std::map<uint64_t, Function<void()>> listeners_;
  uint64_t next_listener_ = 0;
  Function<void(const Event&)> on_event_;
  std::vector<std::shared_ptr<Explicit>> explicit_;  // under way
  std::string cluster_id_;
  Error last_error_;
  RetryPause retry_;
  net::TimePoint failing_since_ = net::TimePoint::max();
  int32_t last_node_ = Router::kNobody;  // whose answer left something open
  net::Timer retry_timer_;
  net::Timer age_timer_;
  bool asking_ = false;  // a request is under way
  bool again_ = false;   // refresh() was called meanwhile
  bool notifying_ = false;
  bool closed_ = false;
  Scope scope_;
};

/// The public form of an answer.
ClusterMetadata to_public(const protocol::MetadataResponse& response);

}  // namespace kafka::cluster
