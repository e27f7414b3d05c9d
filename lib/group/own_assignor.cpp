#include "group/own_assignor.hpp"

#include <optional>
#include <string>
#include <utility>

namespace kafka {
namespace group {

/// The answer to one assign(), shared with the reply that the application holds.
struct AssignmentTurn {
  explicit AssignmentTurn(Done waits) : done(std::move(waits)) {}

  static AssignmentReply reply(Done done) { return AssignmentReply(std::make_shared<AssignmentTurn>(std::move(done))); }

  void end(Error error, Answer answer) {
    Done waiting = std::exchange(done, nullptr);
    if (waiting) waiting(std::move(error), std::move(answer));
  }

  Done done;
};

namespace {

std::optional<std::string> to_public(const Bytes& bytes) {
  if (bytes.is_null()) return std::nullopt;
  return std::string(bytes.view());
}

Bytes from_public(const std::optional<std::string>& bytes) {
  // An empty string has a data().
  return bytes ? Bytes::copy(*bytes) : Bytes();
}

std::shared_ptr<const kafka::Membership> to_public(const Membership& from) {
  auto membership = std::make_shared<kafka::Membership>();
  for (const Member& member : from.members) {
    membership->members.push_back({.id = member.id,
                                   .instance_id = member.instance_id,
                                   .rack = member.rack,
                                   .topics = member.topics,
                                   .owned = member.owned,
                                   .generation = member.generation,
                                   .user_data = to_public(member.user_data)});
  }
  for (const Topic& topic : from.topics)
    membership->topics.push_back({.name = topic.name, .replica_racks = topic.replica_racks});
  return membership;
}

}  // namespace

Bytes OwnAssignor::user_data(const Partitions& assigned, int32_t generation) const {
  return from_public(own_->user_data(assigned, generation));
}

std::unique_ptr<Work> OwnAssignor::assign(std::shared_ptr<const Membership> membership, Done done) {
  own_->assign(to_public(*membership), AssignmentTurn::reply(std::move(done)));
  return nullptr;
}

void OwnAssignor::assigned(const Partitions& partitions, const Bytes& user_data) const {
  own_->assigned(partitions, to_public(user_data));
}

}  // namespace group

AssignmentReply::AssignmentReply(std::shared_ptr<group::AssignmentTurn> turn) noexcept : turn_(std::move(turn)) {}
AssignmentReply::AssignmentReply(AssignmentReply&& other) noexcept = default;
AssignmentReply& AssignmentReply::operator=(AssignmentReply&& other) noexcept {
  AssignmentReply old(std::exchange(turn_, std::exchange(other.turn_, nullptr)));
  return *this;
}

AssignmentReply::~AssignmentReply() {
  if (turn_ != nullptr) fail("the assignor gave up its reply unanswered");
}

void AssignmentReply::answer(std::vector<MemberAssignment> assignments) {
  const std::shared_ptr<group::AssignmentTurn> turn = std::exchange(turn_, nullptr);
  if (turn == nullptr) return;
  group::Answer answer;
  answer.reserve(assignments.size());
  for (MemberAssignment& each : assignments)
    answer.push_back({std::move(each.partitions), group::from_public(each.user_data)});
  turn->end({}, std::move(answer));
}

void AssignmentReply::fail(std::string_view why) {
  const std::shared_ptr<group::AssignmentTurn> turn = std::exchange(turn_, nullptr);
  if (turn != nullptr) turn->end(Error(Errc::cancelled, std::string(why)), {});
}

Assignor::~Assignor() = default;
bool Assignor::cooperative() const { return false; }
std::optional<std::string> Assignor::user_data(const Partitions&, int32_t) { return std::nullopt; }
void Assignor::assigned(const Partitions&, const std::optional<std::string>&) {}

}  // namespace kafka
