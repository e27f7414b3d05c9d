// The assignors of brokers: everything is shared out among those that read it, evenly, and little moves.
#include "devbroker/server_assignors.hpp"

#include <algorithm>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::devbroker;

namespace {

Uuid topic(uint8_t number) {
  Uuid id;
  id.bytes[15] = number;
  return id;
}

Subscriber reader(std::string id, std::vector<Uuid> topics, Slots had = {}) {
  return {.id = id, .sort_key = id, .topics = std::move(topics), .had = std::move(had)};
}

size_t count(const Targets& targets) {
  size_t sum = 0;
  for (const auto& [id, slots] : targets) sum += slots.size();
  return sum;
}

}  // namespace

TEST_CASE("uniform: a second member takes the last partitions of the first") {
  const Slots all{{topic(1), 0}, {topic(1), 1}, {topic(1), 2}};
  const Targets targets = assign(kUniform, {reader("a", {topic(1)}, all), reader("b", {topic(1)})}, {{topic(1), 3}});
  CHECK(targets.at("a") == Slots{{topic(1), 0}, {topic(1), 1}});
  CHECK(targets.at("b") == Slots{{topic(1), 2}});
}

TEST_CASE("uniform: a new member gets its share in one piece, from all that have more") {
  Slots low, high;
  for (int32_t number = 0; number < 6; ++number) low.insert({topic(1), number});
  for (int32_t number = 6; number < 12; ++number) high.insert({topic(1), number});
  const Targets targets =
      assign(kUniform, {reader("a", {topic(1)}, low), reader("b", {topic(1)}, high), reader("c", {topic(1)})},
             {{topic(1), 12}});
  CHECK(targets.at("c") == Slots{{topic(1), 4}, {topic(1), 5}, {topic(1), 10}, {topic(1), 11}});
  CHECK(targets.at("a").size() == 4);
  CHECK(targets.at("b").size() == 4);
  const Targets left = assign(
      kUniform, {reader("a", {topic(1)}, targets.at("a")), reader("c", {topic(1)}, targets.at("c"))}, {{topic(1), 12}});
  CHECK(left.at("a") ==
        Slots{{topic(1), 0}, {topic(1), 1}, {topic(1), 2}, {topic(1), 3}, {topic(1), 6}, {topic(1), 7}});
}

TEST_CASE("uniform: what a member had stays where it can") {
  const Slots had_by_b{{topic(1), 0}, {topic(1), 3}};
  const Targets targets =
      assign(kUniform, {reader("a", {topic(1)}), reader("b", {topic(1)}, had_by_b)}, {{topic(1), 4}});
  CHECK(targets.at("b") == had_by_b);
  CHECK(targets.at("a") == Slots{{topic(1), 1}, {topic(1), 2}});
}

TEST_CASE("uniform: nobody gets what it does not read, or what is not there any more") {
  const Slots gone{{topic(1), 7}, {topic(3), 0}};
  const Targets targets = assign(kUniform, {reader("a", {topic(1)}, gone), reader("b", {topic(1), topic(2)})},
                                 {{topic(1), 2}, {topic(2), 2}});
  CHECK(targets.at("b") == Slots{{topic(2), 0}, {topic(2), 1}});
  CHECK(targets.at("a") == Slots{{topic(1), 0}, {topic(1), 1}});
  CHECK(assign(kUniform, {}, {{topic(1), 2}}).empty());
}

TEST_CASE("uniform: members with the same topics differ by one partition at most, whatever they had") {
  for (int seed = 0; seed < 50; ++seed) {
    std::vector<Subscriber> readers;
    for (int i = 0; i < 7; ++i) readers.push_back(reader("m" + std::to_string(i), {topic(1), topic(2)}));
    for (int32_t number = 0; number < 20; ++number) {
      readers[static_cast<size_t>((number * seed) % 3)].had.insert({topic(1 + static_cast<uint8_t>(seed % 2)), number});
    }
    const Targets targets = assign(kUniform, readers, {{topic(1), 20}, {topic(2), 11}});
    CHECK(count(targets) == 31);
    const auto [least, most] =
        std::ranges::minmax_element(targets, {}, [](const auto& each) { return each.second.size(); });
    CHECK(most->second.size() - least->second.size() <= 1);
  }
}

TEST_CASE("range: each topic is cut into ranges, in the order of instance ids and member ids") {
  Subscriber last = reader("a", {topic(1), topic(2)});
  last.sort_key = "z-instance";
  const Targets targets = assign(kRange, {last, reader("b", {topic(1)})}, {{topic(1), 3}, {topic(2), 1}});
  CHECK(targets.at("b") == Slots{{topic(1), 0}, {topic(1), 1}});
  CHECK(targets.at("a") == Slots{{topic(1), 2}, {topic(2), 0}});
}
