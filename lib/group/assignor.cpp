#include "group/assignor.hpp"

#include "group/roster.hpp"

namespace kafka::group {

Bytes Assignor::user_data(const Partitions&, int32_t) const { return {}; }
void Assignor::assigned(const Partitions&, const Bytes&) const {}

Error check_answer(const Membership& membership, const Answer& answer) {
  if (answer.size() != membership.members.size()) {
    return Error(Errc::invalid_argument, "the assignor answered for " + std::to_string(answer.size()) + " of " +
                                             std::to_string(membership.members.size()) + " members");
  }
  // Does not own the membership, and does not outlive this function.
  const Roster roster(std::shared_ptr<const Membership>(std::shared_ptr<void>(), &membership));
  std::vector<bool> given(roster.partitions(), false);
  for (uint32_t member = 0; member < answer.size(); ++member) {
    const Roster::MemberRow& row = roster.members()[member];
    for (const auto& [topic, numbers] : answer[row.place].partitions) {
      const Roster::TopicRow* of = roster.find(topic);
      for (const int32_t number : numbers) {
        const char* wrong = nullptr;
        if (of == nullptr || number < 0 || static_cast<uint32_t>(number) >= of->count) {
          wrong = ", which does not exist";
        } else if (!roster.subscribes(member, static_cast<uint32_t>(of - roster.topics().data()))) {
          wrong = ", which it does not subscribe to";
        } else if (given[of->first + static_cast<uint32_t>(number)]) {
          wrong = ", which was given before";
        }
        if (wrong != nullptr) {
          return Error(Errc::invalid_argument, "the assignor gave member " + row.member->id + " partition " +
                                                   std::to_string(number) + " of " + topic + wrong);
        }
        given[of->first + static_cast<uint32_t>(number)] = true;
      }
    }
  }
  return {};
}

}  // namespace kafka::group
