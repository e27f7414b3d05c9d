// Administration of consumer groups, for whoever runs consumers: lists and describes groups, tells how far behind they
// are, deletes groups and offsets, and removes members.
#pragma once

#include <kafka/session.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kafka {

namespace session {
struct Asker;
}  // namespace session

/// Which protocol shares a group's partitions out.
enum class GroupType : uint8_t {
  unknown,   ///< a newer one than this library knows
  classic,   ///< a member is the leader and computes the assignment; all groups before Kafka 3.9
  consumer,  ///< the broker does (KIP-848)
};
/// Kafka's own word: "Classic"; "Unknown".
UVKAFKA_API std::string_view to_string(GroupType type);

/// What a group does now.
enum class GroupState : uint8_t {
  unknown,               ///< the broker does not tell, or tells a newer state than this library knows
  preparing_rebalance,   ///< classic: it waits until all members have joined again
  completing_rebalance,  ///< classic: it waits for the leader's assignment
  stable,                ///< each member has its part
  dead,                  ///< classic: it is being removed
  empty,                 ///< it has no members, and offsets that are stored
  assigning,             ///< consumer: the broker computes an assignment
  reconciling,           ///< consumer: members still give partitions up, or take them over
};
/// Kafka's own word: "PreparingRebalance"; "Unknown".
UVKAFKA_API std::string_view to_string(GroupState state);

/// Which groups to list. An empty list is no condition.
struct GroupFilter {
  std::vector<GroupState> states = {};  ///< Kafka 2.6 and later (KIP-518)
  std::vector<GroupType> types = {};    ///< KIP-848
};

struct ListedGroup {
  std::string name = {};
  std::string protocol_type = {};          ///< "consumer", "connect"; "" if nobody but offsets was ever there
  GroupState state = GroupState::unknown;  ///< Kafka 2.6 and later
  GroupType type = GroupType::classic;
};

/// The groups of a cluster.
struct GroupList {
  /// A broker that could not be asked.
  struct Failure {
    int32_t broker_id = -1;
    std::string address = {};  ///< "host:port"
    Error error = {};
  };
  std::vector<ListedGroup> groups = {};  ///< by name
  std::vector<Failure> failures = {};    ///< the groups of these brokers are missing
};

struct GroupMember {
  std::string member_id = {};
  std::string instance_id = {};  ///< of a static member (KIP-345), else ""; Kafka 2.4 and later
  std::string client_id = {};
  std::string host = {};                 ///< as the broker writes it: "/10.0.0.1"
  std::string rack = {};                 ///< "" if it names none
  GroupType type = GroupType::classic;   ///< of the protocol that it speaks: a group of type `consumer` may have both
  int32_t epoch = -1;                    ///< of a member of a group of type `consumer`
  std::vector<std::string> topics = {};  ///< that it subscribes to
  std::string pattern = {};              ///< that it subscribes to; "" for none
  Partitions assigned = {};              ///< what it owns
  Partitions target = {};                ///< type `consumer`: what it will own
  Error error = {};                      ///< its bytes cannot be read: topics and assigned may lack something
};

struct GroupDescription {
  std::string name = {};
  Error error = {};  ///< group_id_not_found, group_authorization_failed ...; then there is nothing else
  GroupType type = GroupType::classic;
  GroupState state = GroupState::unknown;
  std::string protocol_type = {};  ///< "consumer", "connect"; "" if it is empty
  std::string assignor = {};       ///< the one that the group uses; "" while it has none
  int32_t epoch = -1;              ///< of a group of type `consumer`
  int32_t assignment_epoch = -1;   ///< of the assignment that its members go to
  std::vector<GroupMember> members = {};
};

/// How far a group is behind in one partition.
struct PartitionLag {
  std::string topic = {};
  int32_t partition = 0;
  int64_t committed = -1;      ///< the offset of the next record to read; -1: nothing is committed
  int64_t end = -1;            ///< the offset behind the last record; -1: not known
  int64_t lag = -1;            ///< records from `committed` to `end`; -1: not known
  std::string member_id = {};  ///< that owns the partition now; "" if nobody does
  Error error = {};            ///< why something is not known
};

/// The outcome for one group.
struct GroupResult {
  std::string name = {};
  Error error = {};
};

/// The outcome for one partition.
struct PartitionResult {
  std::string topic = {};
  int32_t partition = 0;
  Error error = {};
};

/// A member to remove, by its id or by its instance id.
struct MemberToRemove {
  static MemberToRemove id(std::string member_id) { return {std::move(member_id), {}}; }
  static MemberToRemove instance(std::string instance_id) { return {{}, std::move(instance_id)}; }

  std::string member_id = {};
  std::string instance_id = {};  ///< Kafka 2.4 and later
};

/// The outcome for one member.
struct RemovedMember {
  MemberToRemove member = {};
  Error error = {};
};

/// Asks every broker for its groups, and the coordinator of each group for the rest. It follows coordinators that move.
/// Every call ends within the session's default_api_timeout, and its callback runs once. Each result has an error of
/// its own; the error of the callback is the first of theirs, or why nothing could be asked: `closed`,
/// `invalid_argument`. What a release does not know is `unsupported_feature`: groups need Kafka 0.9.
class UVKAFKA_API Groups {
 public:
  explicit Groups(Session& session);
  Groups(const Groups&) = default;
  Groups(Groups&& other) noexcept;
  Groups& operator=(const Groups&) = default;
  Groups& operator=(Groups&& other) noexcept;

  /// The groups of the cluster, whatever they are for: those of Kafka Connect too. If a broker cannot be asked, the
  /// groups of all others are in the result, and the broker is named in `failures`. A filter by states needs Kafka 2.6
  /// (KIP-518). Groups of type `consumer` are found from Kafka 3.9 on; older brokers have none.
  void list(Function<void(Error, GroupList)> done) { list({}, std::move(done)); }
  void list(GroupFilter filter, Function<void(Error, GroupList)> done);

  /// State, members and assignments, in the order of `names`. A group that does not exist has the error
  /// group_id_not_found, whatever the release says of it. Members of groups that are not consumers' (Kafka Connect)
  /// come without topics and assignment.
  void describe(std::vector<std::string> names, Function<void(Error, std::vector<GroupDescription>)> done);

  /// How far the group is behind, by topic and partition: partitions with a committed offset, and those that a member
  /// owns. The end is the high watermark: open transactions count. A group that does not exist has no entries. Before
  /// Kafka 0.10.2 only partitions that members own are there, because a coordinator cannot list offsets.
  void lag(std::string name, Function<void(Error, std::vector<PartitionLag>)> done);

  /// Deletes groups and their offsets, in the order of `names` (KIP-229, Kafka 1.1 and later). A group with members is
  /// refused with non_empty_group.
  void delete_groups(std::vector<std::string> names, Function<void(Error, std::vector<GroupResult>)> done);

  /// Deletes the group's offsets of these partitions (KIP-496, Kafka 2.4 and later). Where members subscribe to the
  /// topic the error is group_subscribed_to_topic. A partition without an offset is no error.
  void delete_offsets(std::string name, Partitions partitions,
                      Function<void(Error, std::vector<PartitionResult>)> done);

  /// Removes members, in the order of `members` (KIP-345). The group shares their partitions out at once; a member that
  /// still runs joins again. Before Kafka 2.4 they are removed one by one, and by member id only. `reason` is shown in
  /// the coordinator's log from Kafka 3.2 on (KIP-800). A member that is not there has the error unknown_member_id.
  void remove_members(std::string name, std::vector<MemberToRemove> members, std::string reason,
                      Function<void(Error, std::vector<RemovedMember>)> done);

 private:
  std::shared_ptr<session::Asker> asker_;  // copies share it
};

}  // namespace kafka
