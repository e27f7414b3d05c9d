// An assignor of your own: how the leader of a group shares partitions out among its members.
#pragma once

#include <kafka/error.hpp>
#include <kafka/types.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kafka {

namespace group {
struct AssignmentTurn;
}  // namespace group

/// All that the leader of a group knows when it shares partitions out. `Membership` is valid for as long as somebody
/// holds it.
struct Membership {
  /// A member, as it described itself when it joined.
  struct Member {
    std::string id = {};
    std::string instance_id = {};               ///< of a static member (KIP-345), else ""
    std::string rack = {};                      ///< "" if it names none (KIP-881)
    std::vector<std::string> topics = {};       ///< that it subscribes to
    Partitions owned = {};                      ///< what it says it owns: another member may own it by now (KIP-429)
    int32_t generation = -1;                    ///< of `owned`; -1: it does not say (KIP-792)
    std::optional<std::string> user_data = {};  ///< what Assignor::user_data() gave there, as bytes
  };
  /// A topic that at least one member subscribes to. Topics that do not exist are missing.
  struct Topic {
    std::string name = {};
    /// Per partition, from 0 on: the racks of the brokers that have a replica; "" for a broker without a rack.
    std::vector<std::vector<std::string>> replica_racks = {};
  };
  std::vector<Member> members = {};
  std::vector<Topic> topics = {};
};

/// What one member gets.
struct MemberAssignment {
  Partitions partitions = {};
  std::optional<std::string> user_data = {};  ///< bytes for Assignor::assigned() at that member
};

/// Takes the answer of an Assignor, once. It may be kept, and be called at any later time on the loop of the session,
/// also when the consumer is gone: then nothing happens. If it is destroyed before it was called, the assignment has
/// failed.
class UVKAFKA_API AssignmentReply {
 public:
  AssignmentReply(AssignmentReply&& other) noexcept;
  AssignmentReply& operator=(AssignmentReply&& other) noexcept;
  ~AssignmentReply();

  /// One entry per member, in the order of Membership::members. Members that get nothing have an empty one.
  void answer(std::vector<MemberAssignment> assignments);
  /// No assignment can be made. `why` is logged.
  void fail(std::string_view why);

 private:
  friend struct group::AssignmentTurn;
  explicit AssignmentReply(std::shared_ptr<group::AssignmentTurn> turn) noexcept;

  std::shared_ptr<group::AssignmentTurn> turn_;
};

/// Shares the partitions of a group out, in the classic protocol: `ConsumerOptions::assignors`. All members of a group
/// have to offer an assignor of the same name, and one of them, the leader, is asked. All functions are called on the
/// loop. They must not destroy the consumer.
///
/// An answer that gives a partition to two members, or to one that does not subscribe to it, or a partition that does
/// not exist, is refused. After a refused answer, a failure, or if no answer comes within half of
/// `ConsumerOptions::rebalance_timeout`, the group shares out again, after a pause; the log says why.
class UVKAFKA_API Assignor {
 public:
  Assignor() = default;
  Assignor(const Assignor&) = delete;
  Assignor& operator=(const Assignor&) = delete;
  virtual ~Assignor();

  /// The name in `partition_assignment_strategy`, which other members offer as well: 1 to 249 letters, digits, '.', '_'
  /// and '-', and none of ours. It is the same at every call.
  virtual std::string_view name() const = 0;
  /// True: members keep what they own while the group shares out (KIP-429). Then a partition must not be given away
  /// while another member owns it: give it to nobody, and the member gives it up and makes the group share out again.
  /// False: members give up everything before they join.
  virtual bool cooperative() const;
  /// What this member adds to its subscription, for the leader: bytes. `assigned` and `generation` are
  /// of its last assignment; -1 and nothing before the first one.
  virtual std::optional<std::string> user_data(const Partitions& assigned, int32_t generation);
  /// This member is the leader: shares the topics' partitions out. A large group takes time: answer later, from a
  /// `uv_queue_work` for instance, rather than hold the loop. Heartbeats go out meanwhile.
  virtual void assign(std::shared_ptr<const Membership> membership, AssignmentReply reply) = 0;
  /// What this member was given, by this assignor at the leader, with the leader's user data for it.
  virtual void assigned(const Partitions& partitions, const std::optional<std::string>& user_data);
};

}  // namespace kafka
