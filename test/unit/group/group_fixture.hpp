// Memberships in few words, and answers that are computed in slices as a leader does.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "group/assignor.hpp"

namespace kafka::group {

class World {
 public:
  World& topic(std::string name, size_t partitions) {
    membership_.topics.push_back({std::move(name), std::vector<std::vector<std::string>>(partitions, {""})});
    return *this;
  }
  /// Per partition the racks of its replicas.
  World& topic(std::string name, std::vector<std::vector<std::string>> racks) {
    membership_.topics.push_back({std::move(name), std::move(racks)});
    return *this;
  }
  World& member(std::string id, std::vector<std::string> topics, Partitions owned = {}, int32_t generation = -1) {
    Member member;
    member.id = std::move(id);
    member.topics = std::move(topics);
    member.owned = std::move(owned);
    member.generation = generation;
    membership_.members.push_back(std::move(member));
    return *this;
  }
  Member& last() { return membership_.members.back(); }
  Membership& all() { return membership_; }

  /// The answer for each member, in the order in which they came; it must be valid.
  std::vector<Partitions> given(Assignor& assignor, int64_t slice = Work::kSlice) const {
    std::optional<Answer> answer;
    const auto work = assignor.assign(std::make_shared<Membership>(membership_), [&answer](Error error, Answer given) {
      REQUIRE_FALSE(error);
      REQUIRE_FALSE(answer.has_value());
      answer = std::move(given);
    });
    REQUIRE(work);
    for (int slices = 0; work->advance(slice); ++slices) REQUIRE(slices < 100'000);
    REQUIRE(answer.has_value());
    CHECK(check_answer(membership_, *answer).message() == Error().message());
    std::vector<Partitions> partitions;
    for (Assigned& assigned : *answer) partitions.push_back(std::move(assigned.partitions));
    return partitions;
  }

 private:
  Membership membership_;
};

inline size_t count(const Partitions& partitions) {
  size_t sum = 0;
  for (const auto& [topic, numbers] : partitions) sum += numbers.size();
  return sum;
}

}  // namespace kafka::group
