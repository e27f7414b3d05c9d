// The groups of the cluster: which there are, and who coordinates them. A group is there when members have joined it,
// or when offsets are committed in it, until it is deleted.
// Not here: what a group does (classic_group, consumer_group), offsets (group_store), which broker coordinates a name
// (coordinators).
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "devbroker/brokers.hpp"
#include "devbroker/classic_group.hpp"
#include "devbroker/consumer_group.hpp"
#include "devbroker/coordinators.hpp"
#include "devbroker/group_store.hpp"
#include "devbroker/releases.hpp"
#include "devbroker/topics.hpp"

namespace kafka::devbroker {

/// Owns the groups. All brokers share it, so a group survives when its coordinator moves; what a coordinator keeps only
/// in memory is lost then (ClassicGroup::move).
class GroupCoordinator {
 public:
  /// What groups look at.
  struct Around {
    const Brokers& brokers;
    const Coordinators& coordinators;
    const Releases& releases;
    const Topics& topics;
    GroupStore& offsets;
  };
  GroupCoordinator(const Around& around, net::Duration initial_delay);

  /// Whether this broker may speak for the group. Errors: invalid_group_id, not_coordinator.
  Errc check(int32_t broker, std::string_view group) const;
  const GroupRules& rules(int32_t broker) const { return around_.releases.profile(broker).groups; }

  /// Null if nobody has joined it, or if its members speak the consumer protocol. Of a broker that passed check().
  ClassicGroup* find(int32_t broker, std::string_view group);
  /// An empty group of the other protocol gives way, and so does, for the consumer protocol, a classic one where groups
  /// may have members of both. Null if there is another group.
  ClassicGroup* find_or_make(int32_t broker, std::string_view group);
  /// The same for groups whose members speak the consumer protocol.
  ConsumerGroup* find_consumer(int32_t broker, std::string_view group);
  ConsumerGroup* find_or_make_consumer(int32_t broker, std::string_view group);
  /// Whether this member, or with generation -1 somebody who is none, may commit. Errors: as the groups, and
  /// illegal_generation or group_id_not_found if there is no group with members.
  Errc check_commit(int32_t broker, std::string_view group, const MemberName& member, int32_t generation,
                    int16_t version);
  /// Whether a member may fetch offsets; without a member id anybody may. Errors: as ConsumerGroup.
  Errc check_fetch(int32_t broker, std::string_view group, const std::optional<std::string>& member, int32_t epoch);

  /// Whether there is such a group. Of a broker that passed check().
  bool exists(int32_t broker, std::string_view group);
  /// The groups that this broker coordinates, by name.
  std::set<std::string> of(int32_t broker);
  /// Deletes one offset. Some releases forget an empty group with its last offset.
  void erase_offset(int32_t broker, std::string_view group, const TopicPartition& partition);
  /// Deletes the group and its offsets. Errors: group_id_not_found, non_empty_group.
  Errc erase(int32_t broker, std::string_view group);

  /// A broker has died. Its groups stand still until look_around() finds them another one.
  void halt(int32_t broker);
  /// Brokers have come or gone, or a coordinator was moved: groups go to their new coordinators.
  void look_around();

 private:
  struct Entry {
    int32_t broker = -1;
    int64_t start = 0;  // of the broker
    std::unique_ptr<ClassicGroup> classic = {};
    std::unique_ptr<ConsumerGroup> consumer = {};  // one of the two
    bool empty() const { return classic ? classic->state() == ClassicState::empty : consumer->empty(); }
  };
  GroupSite site(int32_t broker) const;
  /// Null if there is none.
  Entry* entry(int32_t broker, std::string_view group);
  /// A new one, or one that was empty.
  Entry& new_entry(int32_t broker, std::string_view group);

  const Around around_;
  const net::Duration initial_delay_;
  std::map<std::string, Entry, std::less<>> groups_;
};

}  // namespace kafka::devbroker
