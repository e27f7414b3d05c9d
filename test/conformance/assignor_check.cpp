// Holds our assignors, and the bytes of subscriptions and assignments, against Kafka's own client: reads the lines of
// AssignorOracle on stdin. Prints one line per membership whose answer is unequal where it has to be equal, is invalid,
// or needs more follow-up rounds; then the sums of what there is to compare otherwise, Java's beside ours; and last
// `N cases, N wrong`. A sum that is worse counts as one more.
//
//     assignor_check [--seeds]     --seeds: names each wrong membership by its seed alone
//
// Exit status: 0 nothing wrong; 1 something, or no line; 2 a line that is none of the oracle's.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "group/balance.hpp"
#include "group/cooperative_sticky.hpp"
#include "group/range.hpp"
#include "group/round_robin.hpp"
#include "group/sticky.hpp"
#include "group/subscription.hpp"
#include "json_reader.hpp"

using namespace kafka;
using namespace kafka::group;
using kafka::conformance::Json;
using kafka::conformance::JsonReader;

namespace {

constexpr int kMostRounds = 10;  // as many as the oracle tries
constexpr int kRoundsToBeEqual = 2;

/// Partitions by member id; members without partitions are left out.
using ByMember = std::map<std::string, Partitions>;

Bytes from_hex(const Json& json) {
  if (json.is_null()) return {};
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (size_t i = 0; i + 1 < json.text.size(); i += 2) {
    bytes += static_cast<char>(digit(json.text[i]) * 16 + digit(json.text[i + 1]));
  }
  return Bytes::copy(std::string_view(bytes.data() == nullptr ? "" : bytes.data(), bytes.size()));
}

std::string text_or_empty(const Json& json) { return json.is_null() ? std::string() : json.text; }

Partitions partitions_of(const Json& by_topic) {
  Partitions partitions;
  for (const auto& [topic, numbers] : by_topic.members) {
    for (const Json& number : numbers.items) partitions[topic].push_back(static_cast<int32_t>(number.number));
  }
  return partitions;
}

ByMember by_member(const Json& assignment) {
  ByMember result;
  for (const auto& [id, by_topic] : assignment.members) {
    if (Partitions partitions = partitions_of(by_topic); !partitions.empty()) result[id] = std::move(partitions);
  }
  return result;
}

ByMember by_member(const Membership& membership, const Answer& answer) {
  ByMember result;
  for (size_t i = 0; i < answer.size(); ++i) {
    if (!answer[i].partitions.empty()) result[membership.members[i].id] = answer[i].partitions;
  }
  return result;
}

/// Computes in slices as a leader does.
std::optional<Answer> run(Assignor& assignor, const std::shared_ptr<const Membership>& membership) {
  std::optional<Answer> answer;
  const auto work = assignor.assign(membership, [&answer](Error error, Answer given) {
    if (!error) answer = std::move(given);
  });
  while (work && work->advance(Work::kSlice)) {
  }
  return answer;
}

class Case {
 public:
  explicit Case(const Json& line) : line_(line) {
    for (const Json& json : line.at("members").items) {
      Member member;
      member.id = json.at("id").text;
      member.instance_id = text_or_empty(json.at("instance"));
      member.rack = text_or_empty(json.at("rack"));
      for (const Json& topic : json.at("topics").items) member.topics.push_back(topic.text);
      for (const Json& owned : json.at("owned").items) {
        member.owned[owned.items.at(0).text].push_back(static_cast<int32_t>(owned.items.at(1).number));
      }
      for (auto& [topic, numbers] : member.owned) std::sort(numbers.begin(), numbers.end());
      member.generation = static_cast<int32_t>(json.at("generation").number);
      told_.members.push_back(std::move(member));
    }
    for (const auto& [name, partitions] : line.at("topics").members) {
      Topic topic{name, {}};
      for (const Json& replicas : partitions.items) {
        topic.replica_racks.emplace_back();
        for (const Json& rack : replicas.items) topic.replica_racks.back().push_back(text_or_empty(rack));
      }
      told_.topics.push_back(std::move(topic));
    }
  }

  const Membership& told() const { return told_; }

  /// The membership as a leader gets it, from the bytes that Java wrote for this assignor.
  std::shared_ptr<const Membership> received(const char* subscriptions) const {
    auto membership = std::make_shared<Membership>(told_);
    for (Member& member : membership->members) {
      const Json& versions = line_.at("wire").at("subscriptions").at(member.id).at(subscriptions);
      Subscription subscription;
      if (decode(from_hex(versions.items.back()), subscription)) throw std::runtime_error("a subscription is no such");
      member.topics = subscription.topics;
      member.owned = subscription.owned;
      member.generation = subscription.generation;
      member.rack = subscription.rack;
      member.user_data = subscription.user_data;
    }
    return membership;
  }

 private:
  const Json& line_;
  Membership told_;
};

/// What the oracle measures.
struct Metrics {
  static constexpr std::array<const char*, 5> kNames = {"spread", "pairs", "moved", "rack", "waiting"};
  static constexpr size_t kCompared = 3;  // the first ones are better when they are smaller, and have to be
  std::array<int64_t, 5> values{};

  static Metrics of(const Membership& membership, const ByMember& assignment) {
    Metrics metrics;
    metrics.evenness(membership, assignment);
    metrics.moves(membership, assignment);
    metrics.places(membership, assignment);
    return metrics;
  }
  static Metrics of(const Json& json) {
    Metrics metrics;
    for (size_t i = 0; i < kNames.size(); ++i) metrics.values[i] = json.at(kNames[i]).number;
    return metrics;
  }

 private:
  static size_t partitions(const Membership& membership, const std::string& topic) {
    for (const Topic& each : membership.topics) {
      if (each.name == topic) return each.replica_racks.size();
    }
    return 0;
  }
  static std::map<TopicPartition, std::string> owners(const ByMember& assignment) {
    std::map<TopicPartition, std::string> owners;
    for (const auto& [id, topics] : assignment) {
      for (const auto& [topic, numbers] : topics) {
        for (const int32_t number : numbers) owners[{topic, number}] = id;
      }
    }
    return owners;
  }

  void evenness(const Membership& membership, const ByMember& assignment) {
    std::vector<int64_t> counts;
    for (const Member& member : membership.members) {
      const auto exists = [&](const std::string& topic) { return partitions(membership, topic) > 0; };
      if (!std::any_of(member.topics.begin(), member.topics.end(), exists)) continue;
      counts.push_back(0);
      const auto found = assignment.find(member.id);
      if (found == assignment.end()) continue;
      for (const auto& [topic, numbers] : found->second) counts.back() += static_cast<int64_t>(numbers.size());
    }
    std::sort(counts.begin(), counts.end());
    if (counts.empty()) return;
    values[0] = counts.back() - counts.front();
    for (const int64_t a : counts) {
      for (const int64_t b : counts) values[1] += std::max<int64_t>(a - b, 0);
    }
  }

  void moves(const Membership& membership, const ByMember& assignment) {
    std::map<TopicPartition, std::pair<int32_t, const Member*>> last;
    for (const Member& member : membership.members) {
      for (const auto& [topic, numbers] : member.owned) {
        for (const int32_t number : numbers) {
          const auto [found, first] =
              last.emplace(TopicPartition{topic, number}, std::pair(member.generation, &member));
          if (first) continue;
          if (member.generation > found->second.first) {
            found->second = {member.generation, &member};
          } else if (member.generation == found->second.first) {
            found->second.second = nullptr;
          }
        }
      }
    }
    const auto now = owners(assignment);
    for (const auto& [partition, claim] : last) {
      const Member* owner = claim.second;
      if (owner == nullptr || static_cast<size_t>(partition.partition) >= partitions(membership, partition.topic))
        continue;
      if (std::find(owner->topics.begin(), owner->topics.end(), partition.topic) == owner->topics.end()) continue;
      const auto found = now.find(partition);
      if (found == now.end() || found->second != owner->id) ++values[2];
    }
  }

  void places(const Membership& membership, const ByMember& assignment) {
    std::set<TopicPartition> wanted;
    std::map<std::string, const Member*> members;
    for (const Member& member : membership.members) {
      members[member.id] = &member;
      for (const std::string& topic : member.topics) {
        for (size_t i = 0; i < partitions(membership, topic); ++i) wanted.insert({topic, static_cast<int32_t>(i)});
      }
    }
    for (const auto& [partition, id] : owners(assignment)) {
      wanted.erase(partition);
      const std::string& rack = members.at(id)->rack;
      for (const Topic& topic : membership.topics) {
        if (topic.name != partition.topic || rack.empty()) continue;
        const auto& racks = topic.replica_racks.at(static_cast<size_t>(partition.partition));
        if (std::find(racks.begin(), racks.end(), rack) != racks.end()) ++values[3];
      }
    }
    values[4] = static_cast<int64_t>(wanted.size());
  }
};

class Check {
 public:
  explicit Check(bool seeds_only) : seeds_only_(seeds_only) {}

  void line(const Json& line) {
    ++cases_;
    found_.clear();
    const Case membership(line);
    bytes(line, membership);
    Range range;
    RoundRobin round_robin;
    Sticky sticky;
    CooperativeSticky cooperative;
    compare(line, membership, "range", run(range, membership.received("range")), membership.received("range"));
    compare(line, membership, "roundrobin", run(round_robin, membership.received("range")),
            membership.received("range"));
    compare(line, membership, "sticky", run(sticky, membership.received("sticky")), membership.received("sticky"));
    const auto cooperating = membership.received("cooperative-sticky");
    compare(line, membership, "cooperative-sticky-balanced", balanced(cooperating), cooperating);
    const std::optional<Answer> first = run(cooperative, cooperating);
    compare(line, membership, "cooperative-sticky", first, cooperating);
    if (first) rounds(line, cooperating, *first);
    if (found_.empty()) return;
    ++wrong_;
    std::printf("seed %lld (%s)%s%s\n", static_cast<long long>(line.at("seed").number), line.at("profile").text.c_str(),
                seeds_only_ ? "" : ": ", seeds_only_ ? "" : found_.c_str());
  }

  bool end() {
    for (const auto& [name, sums] : sums_) {
      std::printf("%s, %d compared:", name.c_str(), sums.cases);
      for (size_t i = 0; i < Metrics::kNames.size(); ++i) {
        const bool compared = i < Metrics::kCompared && (name == "sticky" || name == "cooperative-sticky-balanced");
        const bool worse = compared && sums.ours[i] > sums.javas[i];
        std::printf(" %s %lld (Java %lld%s)", Metrics::kNames[i], static_cast<long long>(sums.ours[i]),
                    static_cast<long long>(sums.javas[i]), worse ? ", WORSE" : "");
        if (worse) ++wrong_;
      }
      std::printf("\n");
    }
    std::printf(
        "equal where they have to be: %d answers; other answers, where names or order decide: %d, of which equal: %d\n",
        equal_, decided_by_names_, decided_alike_);
    std::printf("follow-up rounds: %d (Java %d)\n", rounds_, java_rounds_);
    std::printf("%d cases, %d wrong\n", cases_, wrong_);
    return cases_ > 0 && wrong_ == 0;
  }

 private:
  struct Sums {
    int cases = 0;
    std::array<int64_t, 5> ours{};
    std::array<int64_t, 5> javas{};
  };

  void wrong(const std::string& what) { found_ += (found_.empty() ? "" : "; ") + what; }

  /// Reads what Java wrote, and writes the same.
  void bytes(const Json& line, const Case& membership) {
    const Json& wire = line.at("wire");
    for (const Member& member : membership.told().members) {
      const Json& of_member = wire.at("subscriptions").at(member.id);
      for (const char* name : {"range", "sticky", "cooperative-sticky"}) {
        const Json& versions = of_member.at(name);
        for (size_t v = 0; v < versions.items.size(); ++v) subscription(member, name, v, from_hex(versions.items[v]));
      }
      user_data(member, of_member);
    }
    for (const auto& [name, of_members] : wire.at("assignments").members) {
      const Json& result = line.at("results").at(name);
      if (!result.at("faults").items.empty()) continue;  // Java may have written a partition twice
      const ByMember expected = by_member(result.at("assignment"));
      for (const auto& [id, json] : of_members.members) {
        const auto found = expected.find(id);
        const Partitions partitions = found == expected.end() ? Partitions() : found->second;
        if (json.kind == Json::Kind::array) {
          for (size_t v = 0; v < json.items.size(); ++v) assignment(partitions, v, from_hex(json.items[v]));
        } else {
          assignment(partitions, Assignment::kNewest, from_hex(json));
        }
      }
    }
  }

  void subscription(const Member& member, const std::string& name, size_t version, const Bytes& theirs) {
    Subscription read;
    if (const Error error = decode(theirs, read)) return wrong("subscription: " + error.message());
    std::vector<std::string> topics = member.topics;
    std::sort(topics.begin(), topics.end());
    const bool owns = version >= 1 && name.starts_with("cooperative");
    const bool same = read.topics == topics && read.owned == (owns ? member.owned : Partitions()) &&
                      read.generation == (version >= 2 ? member.generation : kNoGeneration) &&
                      read.rack == (version >= 3 ? member.rack : "");
    if (!same) return wrong("subscription of " + name + ", version " + std::to_string(version) + ", read otherwise");
    Bytes ours;
    if (const Error error = encode(read, static_cast<int16_t>(version), ours)) return wrong(error.message());
    if (!(ours == theirs))
      wrong("subscription of " + name + ", version " + std::to_string(version) + ", written otherwise");
  }

  void user_data(const Member& member, const Json& of_member) {
    const Bytes sticky = from_hex(of_member.at("sticky-user-data"));
    Claim claim;
    if (const Error error = decode_sticky_user_data(sticky, claim)) return wrong(error.message());
    const bool said = member.generation >= 0;
    if (claim.partitions != (said ? member.owned : Partitions()) ||
        claim.generation != (said ? member.generation : -1)) {
      return wrong("user data of sticky, read otherwise");
    }
    // Java writes topics and partitions in the order of its hash table and list: read again, ours is the same.
    const Bytes ours = Sticky().user_data(member.owned, member.generation);
    Claim again;
    if (decode_sticky_user_data(ours, again) || again.partitions != claim.partitions ||
        again.generation != claim.generation || ours.size() != sticky.size()) {
      wrong("user data of sticky, written otherwise");
    }
    const Bytes cooperative = from_hex(of_member.at("cooperative-sticky-user-data"));
    int32_t generation = 0;
    if (decode_cooperative_user_data(cooperative, generation) || generation != (said ? member.generation : -1) ||
        !(CooperativeSticky().user_data({}, generation) == cooperative)) {
      wrong("user data of cooperative-sticky differs");
    }
  }

  void assignment(const Partitions& partitions, size_t version, const Bytes& theirs) {
    Assignment read;
    if (const Error error = decode(theirs, read)) return wrong("assignment: " + error.message());
    Bytes ours;
    if (read.partitions != partitions) return wrong("assignment, read otherwise");
    if (const Error error = encode(read, static_cast<int16_t>(version), ours)) return wrong(error.message());
    if (!(ours == theirs)) wrong("assignment, version " + std::to_string(version) + ", written otherwise");
  }

  /// What cooperative-sticky wants, before it holds anything back.
  static std::optional<Answer> balanced(const std::shared_ptr<const Membership>& membership) {
    const Ground ground(membership);
    const Claims claims(ground.roster, ground.racks, ground.racks_matter, &cooperative_claim);
    const auto balance = Balance::begin(ground, claims);
    for (bool more = true; more;) {
      int64_t effort = Work::kSlice;
      more = balance->advance(effort);
    }
    return ground.roster.answer(balance->owners());
  }

  void compare(const Json& line, const Case& membership, const std::string& name, const std::optional<Answer>& answer,
               const std::shared_ptr<const Membership>& received) {
    if (!answer) return wrong(name + " gave no answer");
    if (const Error error = check_answer(*received, *answer)) return wrong(name + " is invalid: " + error.message());
    const ByMember ours = by_member(*received, *answer);
    const Metrics metrics = Metrics::of(membership.told(), ours);
    if (name != "cooperative-sticky" && metrics.values[4] > 0) wrong(name + " left partitions out");
    if (name == "cooperative-sticky") nothing_waits_in_vain(membership.told(), ours);
    const Json& java = line.at("results").at(name);
    if (java.find("error") != nullptr || !java.at("faults").items.empty()) return;
    const ByMember javas = by_member(java.at("assignment"));
    Sums& sums = sums_[name];
    const Metrics theirs = Metrics::of(java.at("metrics"));
    ++sums.cases;
    for (size_t i = 0; i < metrics.values.size(); ++i) {
      sums.ours[i] += metrics.values[i];
      sums.javas[i] += theirs.values[i];
    }
    if (ours == javas && !(metrics.values == theirs.values)) wrong(name + " was measured otherwise than by the oracle");
    if (!java.at("depends_on").items.empty()) {
      ++decided_by_names_;
      decided_alike_ += ours == javas ? 1 : 0;
      return;
    }
    ++equal_;
    if (name == "cooperative-sticky" && javas_rounds(line) > kRoundsToBeEqual) return;
    if (ours != javas) wrong(name + " is unequal");
  }

  /// Only what somebody owned may be left out of a round.
  void nothing_waits_in_vain(const Membership& membership, const ByMember& ours) {
    std::set<TopicPartition> held;
    for (const auto& [id, topics] : ours) {
      for (const auto& [topic, numbers] : topics) {
        for (const int32_t number : numbers) held.insert({topic, number});
      }
    }
    for (const Member& member : membership.members) {
      for (const auto& [topic, numbers] : member.owned) {
        for (const int32_t number : numbers) held.insert({topic, number});
      }
    }
    for (const Member& member : membership.members) {
      for (const Topic& topic : membership.topics) {
        if (std::find(member.topics.begin(), member.topics.end(), topic.name) == member.topics.end()) continue;
        for (size_t i = 0; i < topic.replica_racks.size(); ++i) {
          if (held.contains({topic.name, static_cast<int32_t>(i)})) continue;
          return wrong("cooperative-sticky left out what nobody owns");
        }
      }
    }
  }

  /// How many Java needs; more than all of ours if it never ended, or threw.
  static int javas_rounds(const Json& line) {
    const Json* rounds = line.at("results").find("cooperative-sticky-rounds");
    if (rounds == nullptr) return kMostRounds + 1;
    for (const Json& round : rounds->items) {
      if (round.find("error") != nullptr) return kMostRounds + 1;
    }
    const int count = static_cast<int>(rounds->items.size());
    return count == kMostRounds ? kMostRounds + 1 : count;
  }

  /// Java may hold back what it gives to a member that does not want it, so that only a later round is invalid.
  static bool javas_rounds_are_valid(const Json& line, const Membership& membership) {
    const Json* rounds = line.at("results").find("cooperative-sticky-rounds");
    if (rounds == nullptr) return true;
    std::map<std::string, size_t> counts;
    for (const Topic& topic : membership.topics) counts[topic.name] = topic.replica_racks.size();
    std::map<std::string, std::set<std::string>> wants;
    for (const Member& member : membership.members) wants[member.id] = {member.topics.begin(), member.topics.end()};
    for (const Json& round : rounds->items) {
      if (round.find("error") != nullptr) continue;
      for (const auto& [id, topics] : by_member(round)) {
        for (const auto& [topic, numbers] : topics) {
          const size_t count = counts[topic];
          const bool beyond = std::any_of(numbers.begin(), numbers.end(),
                                          [count](int32_t number) { return static_cast<size_t>(number) >= count; });
          if (beyond || !wants[id].contains(topic)) return false;
        }
      }
    }
    return true;
  }

  /// The rounds that follow: each member keeps what was confirmed, gives up the rest, and joins again if there was any.
  void rounds(const Json& line, const std::shared_ptr<const Membership>& first, Answer answer) {
    auto now = first;
    int32_t generation = 1;
    for (const Member& member : first->members) generation = std::max(generation, member.generation + 1);
    CooperativeSticky assignor;
    int count = 0;
    while (count <= kMostRounds) {
      auto next = std::make_shared<Membership>(*now);
      bool gave_up = false;
      for (size_t i = 0; i < next->members.size(); ++i) {
        Member& member = next->members[i];
        for (const auto& [topic, numbers] : member.owned) {
          const std::vector<int32_t>& got = answer[i].partitions[topic];
          for (const int32_t number : numbers) gave_up = gave_up || !std::binary_search(got.begin(), got.end(), number);
        }
        member.owned = answer[i].partitions;
        std::erase_if(member.owned, [](const auto& topic) { return topic.second.empty(); });
        member.generation = generation;
        member.user_data = cooperative_user_data(generation);
      }
      if (!gave_up) break;
      std::optional<Answer> given = run(assignor, next);
      if (!given || check_answer(*next, *given)) return wrong("a follow-up round is invalid");
      answer = std::move(*given);
      now = next;
      ++generation;
      ++count;
    }
    if (count > kMostRounds) wrong("the follow-up rounds do not end");
    // Where Java's answer is invalid, its members go on with partitions that do not exist. Ours give them up.
    const Json& java = line.at("results").at("cooperative-sticky");
    if (java.find("error") != nullptr || !java.at("faults").items.empty()) return;
    if (!javas_rounds_are_valid(line, *first)) return;
    const int javas = javas_rounds(line);
    rounds_ += count;
    java_rounds_ += std::min(javas, kMostRounds);
    if (count > javas) wrong("needs " + std::to_string(count) + " follow-up rounds, Java " + std::to_string(javas));
  }

  bool seeds_only_;
  std::string found_;  // what is wrong with the present case
  std::map<std::string, Sums> sums_;
  int cases_ = 0;
  int wrong_ = 0;
  int equal_ = 0;
  int decided_by_names_ = 0;
  int decided_alike_ = 0;
  int rounds_ = 0;
  int java_rounds_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  std::ios::sync_with_stdio(false);
  Check check(count > 1 && std::string(arguments[1]) == "--seeds");
  long number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    try {
      check.line(JsonReader::read(line));
    } catch (const std::exception& error) {
      std::printf("line %ld is none of the oracle's: %s\n", number, error.what());
      return 2;
    }
  }
  return check.end() ? 0 : 1;
}
