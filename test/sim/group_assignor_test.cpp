// Assignors of the application (kafka/assignor.hpp): what the leader asks them, what becomes of their answers, and what
// happens if no answer comes.
#include <catch2/catch.hpp>

#include <kafka/assignor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "group_fixture.hpp"

namespace kafka::sim {
namespace {

using namespace std::chrono_literals;

/// Gives all partitions to one member, whose user data is "all". What it was asked and told stands in its fields.
class AllToOne : public Assignor {
 public:
  enum class Answers { at_once, later, never, twice_the_same, not_at_all };

  explicit AllToOne(std::string wish = "", bool keeps = false) : wish_(std::move(wish)), keeps_(keeps) {}

  std::string_view name() const override { return "all-to-one"; }
  bool cooperative() const override { return keeps_; }
  std::optional<std::string> user_data(const Partitions&, int32_t) override {
    return wish_.empty() ? std::nullopt : std::optional(wish_);
  }
  void assigned(const Partitions&, const std::optional<std::string>& user_data) override { told.push_back(user_data); }
  void assign(std::shared_ptr<const Membership> membership, AssignmentReply reply) override {
    asked.push_back(membership);
    switch (answers) {
      case Answers::at_once:
        return reply.answer(answer(*membership));
      case Answers::later:
      case Answers::never:
        return kept.push_back(std::move(reply));
      case Answers::twice_the_same: {
        std::vector<MemberAssignment> all = answer(*membership);
        all.front().partitions = all.back().partitions = {{"t", {0}}};
        return reply.answer(std::move(all));
      }
      case Answers::not_at_all:
        return;
    }
  }
  /// What is kept is answered now.
  void answer_kept() {
    std::vector<AssignmentReply> replies = std::move(kept);
    for (AssignmentReply& reply : replies) reply.answer(answer(*asked.back()));
  }

  static std::vector<MemberAssignment> answer(const Membership& membership) {
    std::vector<MemberAssignment> all(membership.members.size());
    size_t one = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      if (membership.members[i].user_data == "all") one = i;
      all[i].user_data = "of " + std::to_string(all.size());
    }
    for (const Membership::Topic& topic : membership.topics) {
      for (size_t number = 0; number < topic.replica_racks.size(); ++number)
        all[one].partitions[topic.name].push_back(static_cast<int32_t>(number));
    }
    return all;
  }

  Answers answers = Answers::at_once;
  std::vector<std::shared_ptr<const Membership>> asked;
  std::vector<std::optional<std::string>> told;
  std::vector<AssignmentReply> kept;

 private:
  std::string wish_;
  bool keeps_;
};

ConsumerOptions offers(std::shared_ptr<AllToOne> assignor) {
  ConsumerOptions options = member_options();
  options.assignors.push_back(std::move(assignor));
  return options;
}

bool said(const SimMember& member, std::string_view words) {
  return std::any_of(member.log.begin(), member.log.end(),
                     [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("an assignor of the application shares the partitions out", "[group][assignor]") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  auto first = std::make_shared<AllToOne>(), second = std::make_shared<AllToOne>("all");
  SimMember& a = bench.start("a", offers(first));
  REQUIRE(bench.until([&] { return a.owned.size() == 4; }));
  CHECK(a.consumer->group().assignor == "all-to-one");
  REQUIRE(first->asked.size() == 1);
  CHECK(first->asked[0]->members.size() == 1);
  CHECK_FALSE(first->asked[0]->members[0].user_data);
  CHECK(first->asked[0]->members[0].topics == std::vector<std::string>{"t"});
  REQUIRE(first->asked[0]->topics.size() == 1);
  CHECK(first->asked[0]->topics[0].replica_racks.size() == 4);

  SimMember& b = bench.start("b", offers(second));
  REQUIRE(bench.until([&] { return b.owned.size() == 4 && a.owned.empty(); }));
  bench.run(1s);
  CHECK(first->told.back() == "of 2");
  CHECK(second->told == std::vector<std::optional<std::string>>{"of 2"});
  REQUIRE(bench.until([&] { return bench.all_once(4, 20); }));
}

TEST_CASE("an assignor of the application answers later, and the group lives on meanwhile", "[group][assignor]") {
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  auto assignor = std::make_shared<AllToOne>();
  assignor->answers = AllToOne::Answers::later;
  ConsumerOptions options = offers(assignor);
  options.rebalance_timeout = 60s;
  SimMember& a = bench.start("a", std::move(options));
  REQUIRE(bench.until([&] { return assignor->asked.size() == 1; }));
  bench.run(20s);  // three sessions, and less than half of the rebalance timeout
  CHECK(a.owned.empty());
  CHECK(a.consumer->group().state == GroupView::State::joining);
  assignor->answer_kept();
  REQUIRE(bench.until([&] { return a.owned.size() == 2; }));
  CHECK(assignor->asked.size() == 1);
  CHECK(a.consumer->group().generation == 1);
}

TEST_CASE("a cooperative assignor of the application leaves members what they own", "[group][assignor]") {
  GroupBench bench;
  fill(bench.client, "t", 4, 20);
  SimMember& a = bench.start("a", offers(std::make_shared<AllToOne>("all", true)));
  REQUIRE(bench.until([&] { return a.owned.size() == 4; }));
  SimMember& b = bench.start("b", offers(std::make_shared<AllToOne>("", true)));
  REQUIRE(bench.until([&] { return b.consumer->group().state == GroupView::State::stable; }));
  bench.run(2s);
  CHECK(a.owned.size() == 4);
  CHECK(b.owned.empty());
  CHECK(a.journal == std::vector<std::string>{"assigned t/0 t/1 t/2 t/3", "assigned "});
}

TEST_CASE("the group shares out again if an assignor of the application gives no right answer", "[group][assignor]") {
  using Answers = AllToOne::Answers;
  const auto fault = GENERATE(table<Answers, std::string>({
      {Answers::not_at_all, "gave up its reply unanswered"},
      {Answers::never, "has not answered in time"},
      {Answers::twice_the_same, "which was given before"},
  }));
  const std::string& words = std::get<1>(fault);
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  auto bad = std::make_shared<AllToOne>();
  bad->answers = std::get<0>(fault);
  SimMember& a = bench.start("a", offers(bad));
  SimMember& b = bench.start("b", offers(bad));
  REQUIRE(bench.until([&] { return said(a, words) || said(b, words); }));
  CHECK((said(a, "group g, assignor all-to-one") || said(b, "group g, assignor all-to-one")));
  bench.run(10s);
  CHECK(bad->asked.size() <= 30);  // with a pause
  CHECK(bench.owned() == 0);
  bad->answers = Answers::at_once;
  REQUIRE(bench.until([&] { return bench.owned() == 2; }));
}

TEST_CASE("an answer for a consumer that is gone changes nothing", "[group][assignor]") {
  GroupBench bench;
  fill(bench.client, "t", 2, 20);
  auto assignor = std::make_shared<AllToOne>();
  assignor->answers = AllToOne::Answers::later;
  SimMember& a = bench.start("a", offers(assignor));
  REQUIRE(bench.until([&] { return assignor->asked.size() == 1; }));
  a.consumer.reset();
  assignor->answer_kept();
  bench.run(1s);
  CHECK(a.owned.empty());
  CHECK(assignor->told.empty());
}

TEST_CASE("options with assignors of the application say what is wrong", "[group][assignor]") {
  class Named : public Assignor {
   public:
    explicit Named(std::string name) : name_(std::move(name)) {}
    std::string_view name() const override { return name_; }
    void assign(std::shared_ptr<const Membership>, AssignmentReply) override {}

   private:
    std::string name_;
  };
  const auto wrong = [](std::vector<std::string> names, std::optional<std::string> list = {}) {
    ConsumerOptions options;
    for (const std::string& name : names) options.assignors.push_back(std::make_shared<Named>(name));
    options.partition_assignment_strategy = list;
    return options.validate().message();
  };
  CHECK(wrong({"mine", "yours"}) == ConsumerOptions().validate().message());
  CHECK(wrong({"mine"}, "range,mine") == ConsumerOptions().validate().message());
  CHECK(wrong({"mine", "mine"}).find("assignors: \"mine\" is there twice") != std::string::npos);
  CHECK(wrong({"range"}).find("\"range\" is the name of an assignor of this library") != std::string::npos);
  CHECK(wrong({"a,b"}).find("\"a,b\" is no name") != std::string::npos);
  CHECK(wrong({"mine"}, "range").find("\"mine\" is missing in partition.assignment.strategy") != std::string::npos);
  CHECK(wrong({"mine"}, "mine,other").find("sticky, cooperative-sticky, mine, each once") != std::string::npos);
  ConsumerOptions options;
  options.assignors.push_back(nullptr);
  CHECK(options.validate().message().find("one of them is null") != std::string::npos);
  options.assignors = {std::make_shared<Named>("mine")};
  options.group_protocol = GroupProtocol::consumer;
  CHECK(options.validate().message().find("none with group.protocol=consumer") != std::string::npos);
}

}  // namespace kafka::sim
