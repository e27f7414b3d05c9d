// What the client believes of topics: partitions, leaders, epochs, ids. Answers and hints change it, but an older epoch
// never replaces a newer one, and an answer that lacks a leader takes none away.
// Not here: asking for metadata, and for which topics (metadata).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/router.hpp"
#include "protocol/metadata.hpp"

namespace kafka::cluster {

struct PartitionState {
  int32_t leader = -1;   ///< -1: none, or one that the broker list lacks
  int32_t epoch = -1;    ///< the highest that was told
  bool by_id = false;    ///< that was told of the topic together with its id
  bool undated = false;  ///< the answer that named this leader told no epoch
  int older = 0;         ///< answers in a row that told an older epoch
  Error error;
};

struct TopicState {
  std::string name;
  Uuid id{};                               ///< zero before 2.8
  Uuid before{};                           ///< the id of the topic that had the name before; zero: none was seen
  int returned = 0;                        ///< answers in a row that named that one again
  Error error;                             ///< of the topic, e.g. unknown_topic_or_partition; asked again while wanted
  bool known = false;                      ///< partitions are valid (they stay so through later errors)
  bool gone = false;                       ///< the last answer did not know the topic
  std::vector<PartitionState> partitions;  ///< by number
};

/// Owns the states of all topics that are wanted.
class TopicCache {
 public:
  using Topic = protocol::MetadataResponse::MetadataResponseTopic;
  using Changed = Function<void(const TopicState& topic, int32_t partition)>;

  explicit TopicCache(const Router& router) : router_(router) {}
  /// Called when a partition that had a leader has got another one from an answer.
  void on_leader_changed(Changed handler) { on_leader_changed_ = std::move(handler); }

  /// Null if nothing is known of it.
  const TopicState* find(std::string_view name) const;
  const TopicState* find(const Uuid& id) const;
  /// The state of the topic, made if it is not there.
  TopicState& at(const std::string& name);
  void forget(const std::string& name);

  /// Takes what an answer says of a topic.
  void take(const Topic& topic);
  /// Takes what a broker says of one leader. True if it is new.
  bool take_leader(const std::string& topic, int32_t partition, int32_t leader, int32_t epoch);

 private:
  /// So many answers in a row with an older epoch are believed, unless the newer one came with the topic's id. Epochs
  /// go back only when a topic was deleted and made anew. Before 2.8 there are no ids that tell. Nor does the first id
  /// say of which topic the epochs before it were, nor does a hint: it may be an answer about the old topic.
  static constexpr int kOldersBelieved = 5;
  /// So many answers in a row with the id from before are believed. Suppose a topic was made anew twice: the client has
  /// seen the first and the third. Then a broker that lags names the second, which looks like a newer one. All others
  /// name the third for ever, and it must not be ignored for ever.
  static constexpr int kReturnsBelieved = 10;

  void take_partition(TopicState& state, const Topic::MetadataResponsePartition& partition, bool by_id);

  const Router& router_;
  std::map<std::string, TopicState, std::less<>> topics_;
  std::map<std::array<uint8_t, 16>, std::string> names_by_id_;
  Changed on_leader_changed_;
};

}  // namespace kafka::cluster
