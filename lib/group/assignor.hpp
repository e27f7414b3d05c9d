// How the leader of a group shares partitions out among its members: the interface of assignors, ours and an
// application's own. The leader hands a membership over and gets an answer for each member. A large group takes longer
// than a turn of the loop should, so an assignor may hand back a Work that the leader advances bit by bit.
// Not here: the assignors (range, round_robin, sticky, cooperative_sticky, own_assignor), the bytes of subscriptions
// and assignments (subscription), the requests that carry them.
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace kafka::group {

/// What a member says when it has not been in any generation.
inline constexpr int32_t kNoGeneration = -1;

/// One member, as it described itself when it joined.
struct Member {
  std::string id;
  std::string instance_id;  ///< "" if the member is not static (KIP-345)
  std::string rack;         ///< "" if the member names none (KIP-881)
  std::vector<std::string> topics;
  Partitions owned;                    ///< what it says it owns; not to be believed before it was compared (claims)
  int32_t generation = kNoGeneration;  ///< of `owned`
  Bytes user_data;                     ///< what its assignor added; null if nothing
};

/// A topic that at least one member may subscribe to.
struct Topic {
  std::string name;
  /// Per partition, from 0 on: the racks of the brokers that have a replica. "" stands for a broker without a rack.
  std::vector<std::vector<std::string>> replica_racks;
};

/// All that an assignor is told.
struct Membership {
  std::vector<Member> members;
  std::vector<Topic> topics;
};

/// What one member gets.
struct Assigned {
  Partitions partitions;
  Bytes user_data;  ///< for the member's own assignor; null if nothing
};

/// Assigned of each member, in the order of Membership::members.
using Answer = std::vector<Assigned>;
/// Is called once: with the answer, or with an error and no answer.
using Done = Function<void(Error, Answer)>;

/// An assignment that is being computed. Destroying it gives the assignment up; then nobody is called.
class Work {
 public:
  /// The effort of one slice, in elementary steps. A step looks at one pair of a member and a partition, and takes some
  /// nanoseconds, so that a slice ends long before 10 ms.
  static constexpr int64_t kSlice = 200'000;

  Work() = default;
  Work(const Work&) = delete;
  virtual ~Work() = default;
  /// Works on for about `effort` steps. False: it has ended and Done was called, which may have destroyed this object.
  virtual bool advance(int64_t effort) = 0;
};

class Assignor {
 public:
  Assignor() = default;
  Assignor(const Assignor&) = delete;
  virtual ~Assignor() = default;

  /// The name under which members offer it, and by which the group chooses.
  virtual std::string_view name() const = 0;
  /// True: a partition that moves is held back until its owner has given it up (KIP-429), so that members keep reading
  /// what stays with them. False: members give up everything before they join again.
  virtual bool cooperative() const { return false; }
  /// What a member adds to its subscription. `assigned` and `generation` are of its last assignment.
  virtual Bytes user_data(const Partitions& assigned, int32_t generation) const;

  /// Computes an assignment. Either the answer needs work here: then it is handed back, and the leader advances it, a
  /// slice per turn of the loop. Or null comes back, and the assignor calls `done` by itself, before it returns or at
  /// any later time (an own assignor may have to ask someone). `done` is called once in either case. Members that get
  /// nothing have an empty entry in the answer.
  virtual std::unique_ptr<Work> assign(std::shared_ptr<const Membership> membership, Done done) = 0;
  /// What this member was given, with what the assignor of the leader added for it.
  virtual void assigned(const Partitions& partitions, const Bytes& user_data) const;
};

/// What is wrong with an answer: a partition that does not exist, that its member does not subscribe to, or that two
/// members get; or a wrong number of entries. The leader checks the answers of own assignors with it.
Error check_answer(const Membership& membership, const Answer& answer);

}  // namespace kafka::group
