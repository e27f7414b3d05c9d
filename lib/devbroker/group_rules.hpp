// How coordinators of groups differ from release to release. Each rule was tried on brokers of that release
// (test/broker/group_probe).
// Not here: versions of messages (profile).
#pragma once

#include <chrono>
#include <cstdint>

namespace kafka::devbroker {

/// What a group answers to heartbeats and commits between the last JoinGroup and the leader's SyncGroup.
enum class WhileSyncing : int8_t {
  refused_unread,  ///< until 1.1: rebalance_in_progress, whatever the generation is
  refused,         ///< 2.4: illegal_generation for an old generation, else rebalance_in_progress
  beats            ///< from 2.8 on: the same, but heartbeats of the new generation are answered without an error
};

struct GroupRules {
  WhileSyncing while_syncing = WhileSyncing::beats;
  std::chrono::milliseconds min_session{6000};
  std::chrono::milliseconds max_session{1800000};
  /// In an answer to JoinGroup that is an error.
  int32_t refused_generation = -1;
  /// 0.9 looks at the state of a group before it looks for the member, and forgets a group with its last member.
  bool state_first = false;
  /// Until 0.11 a group that waits for its leader's SyncGroup is called AwaitingSync, not CompletingRebalance.
  bool says_awaiting_sync = false;
  /// From 0.11 on the first members of a group wait for others (group.initial.rebalance.delay.ms, KIP-134).
  bool waits_for_others = true;
  /// From 2.4 on (2.3 in fact) there are static members, and a JoinGroup that waits is given up after a time.
  bool static_members = true;
  /// From 2.8 on members that do not send SyncGroup within the rebalance timeout are put out (KAFKA-12890).
  bool puts_out_unsynced = true;
  /// From 3.9 on, if KIP-848 is switched on, the coordinator is a new one. It forgets an empty group only when the
  /// group is deleted, and shows what members were assigned last also while the group rebalances. The one before
  /// forgets an empty group with its last offset.
  bool is_new_coordinator = true;
  /// ListGroups minds upper and lower case in states until 2.8.
  bool folds_state_names = true;
  /// A group of the consumer protocol computes its next target this long after the last one, at the earliest.
  std::chrono::milliseconds assignment_interval{1000};
  /// The epoch of a new group, before its first member changes it.
  int32_t first_epoch = 1;
  /// From 4.0 on a group of the classic protocol becomes one of both when a member of the consumer protocol joins it,
  /// and goes back when the last one of those has left. A classic member may join a group of the consumer protocol
  /// wherever there is one.
  bool converts = true;
  /// From 4.0 on a member may begin anew with epoch 0 although the group knows it (KAFKA-19233), commits with an older
  /// epoch are taken for partitions that the member has had since then (KIP-1251), errors of
  /// ConsumerGroupDescribe say more, and LeaveGroup removes members of the consumer protocol, too.
  bool is_lenient = true;
};

}  // namespace kafka::devbroker
