// uvkafka groups: lists groups, describes one, deletes it or offsets of it, removes members.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <utility>

#include "app.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "find_topics.hpp"
#include "partition_list.hpp"

namespace cli {

const Command kGroups{
    "groups",
    "list or describe groups, delete them or their offsets, remove members",
    "-b HOST:PORT",
    {{"-g", "--group", "GROUP", "describe this group"},
     {"", "--delete", "", "with -g: delete the group, which must have no members, and its offsets"},
     {"", "--delete-offsets", "", "with -g and -t: delete its offsets of this topic"},
     {"-t", "--topic", "TOPIC", "with --delete-offsets: the topic; repeatable"},
     {"-p", "--partitions", "P[,P-P...]", "with --delete-offsets: these partitions only: 0,2-4"},
     {"", "--remove", "MEMBER|instance:ID", "with -g: remove this member, or this static member; repeatable"}},
    true,
    "",
    "Without -g one line per group: GROUP PROTOCOL STATE MEMBERS. PROTOCOL is classic or consumer (KIP-848), as\n"
    "group.protocol sets it, or what a group that has no consumers is for. With -g one line about the group, one per\n"
    "member, and one per partition: TOPIC PARTITION COMMITTED END LAG MEMBER. - stands for what is not known, or not "
    "there.\n"};

namespace {

constexpr std::string_view kInstance = "instance:";

std::string or_dash(const std::string& text) { return text.empty() ? "-" : shown(text); }
std::string or_dash(int64_t number) { return number < 0 ? "-" : std::to_string(number); }

std::string name_of(kafka::GroupType type, const std::string& protocol_type) {
  if (!protocol_type.empty() && protocol_type != "consumer") return shown(protocol_type);
  std::string name(kafka::to_string(type));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return type == kafka::GroupType::unknown ? "-" : name;
}

std::string name_of(kafka::GroupState state) {
  return state == kafka::GroupState::unknown ? "-" : std::string(kafka::to_string(state));
}

// What the command line asks for.
struct GroupTask {
  std::string group;
  bool erase = false;
  bool erase_offsets = false;
  std::vector<std::string> topics;
  std::optional<std::vector<int32_t>> partitions;
  std::vector<kafka::MemberToRemove> members;

  std::optional<int> read(const Arguments& arguments) {
    group = arguments.get("-g");
    if (arguments.has("-g") && group.empty()) return usage_error("groups: -g must not be empty");
    erase = arguments.has("--delete");
    erase_offsets = arguments.has("--delete-offsets");
    const bool removes = arguments.has("--remove");
    if (erase + erase_offsets + removes > 1) {
      return usage_error("groups: only one of --delete, --delete-offsets and --remove");
    }
    if ((erase || erase_offsets || removes) && group.empty()) {
      return usage_error(std::string("groups: ") +
                         (erase           ? "--delete"
                          : erase_offsets ? "--delete-offsets"
                                          : "--remove") +
                         " wants -g GROUP");
    }
    topics = arguments.all("-t");
    if (erase_offsets && topics.empty()) return usage_error("groups: --delete-offsets wants -t TOPIC");
    if (!erase_offsets && (arguments.has("-t") || arguments.has("-p"))) {
      return usage_error("groups: -t and -p go with --delete-offsets");
    }
    if (!check_topics("groups", topics)) return kUsage;
    if (arguments.has("-p")) {
      partitions = numbers(arguments.get("-p"));
      if (!partitions) return usage_error("groups: -p wants numbers of 0 or more, and ranges of them: 0,2-4");
    }
    return read_members(arguments);
  }

 private:
  std::optional<int> read_members(const Arguments& arguments) {
    for (const std::string& text : arguments.all("--remove")) {
      const bool by_instance = text.starts_with(kInstance);
      const std::string id = by_instance ? text.substr(kInstance.size()) : text;
      if (id.empty()) return usage_error("groups: --remove wants MEMBER or instance:ID");
      members.push_back(by_instance ? kafka::MemberToRemove::instance(id) : kafka::MemberToRemove::id(id));
    }
    return {};
  }
};

// Owns the questions under way.
class Administration {
 public:
  Administration(App& app, GroupTask wanted) : app_(app), wanted_(std::move(wanted)), groups_(app.session()) {}

  void start() {
    if (wanted_.group.empty()) return list();
    if (wanted_.erase) return erase();
    if (wanted_.erase_offsets) return wanted_.partitions ? erase_offsets(named()) : find_offsets();
    if (!wanted_.members.empty()) return remove();
    describe();
  }

 private:
  void fail(const kafka::Error& error, const std::string& before = {}) {
    // The session closes early only if the run ends for a reason that was said already.
    if (error != kafka::Errc::closed) app_.fail(error, before);
  }
  /// True if the call as a whole failed. Then the run ends.
  bool failed(const kafka::Error& error, bool has_results) {
    if (!error || has_results) return app_.heard(), false;
    fail(error);
    app_.finish();
    return true;
  }

  // --- all groups ---

  void list() {
    groups_.list([this](const kafka::Error& error, kafka::GroupList found) {
      if (failed(error, !found.groups.empty() || !found.failures.empty())) return;
      for (const auto& failure : found.failures) fail(failure.error, "groups of " + failure.address + ": ");
      listed_ = std::move(found.groups);
      std::vector<std::string> names;
      for (const kafka::ListedGroup& group : listed_) names.push_back(group.name);
      if (names.empty()) return app_.finish();
      groups_.describe(std::move(names), [this](const kafka::Error&, const auto& described) { print(described); });
    });
  }
  void print(const std::vector<kafka::GroupDescription>& described) {
    for (size_t i = 0; i < listed_.size(); ++i) {
      const kafka::ListedGroup& group = listed_[i];
      const kafka::GroupDescription* const known = i < described.size() ? &described[i] : nullptr;
      // A group may have gone since it was listed; 0.9 does not know groups that have offsets only.
      const bool gone = known == nullptr || known->error == kafka::Errc::group_id_not_found;
      if (!gone && known->error) fail(known->error);
      const bool described_well = !gone && !known->error;
      app_.output().line(
          shown(group.name) + " " +
          (described_well ? name_of(known->type, known->protocol_type) : name_of(group.type, group.protocol_type)) +
          " " + name_of(described_well ? known->state : group.state) + " " +
          (described_well ? std::to_string(known->members.size()) : "-"));
    }
    app_.finish();
  }

  // --- one group ---

  void describe() {
    groups_.describe({wanted_.group}, [this](const kafka::Error& error, std::vector<kafka::GroupDescription> found) {
      if (failed(error, !found.empty())) return;
      description_ = std::move(found.front());
      const bool absent = description_.error == kafka::Errc::group_id_not_found;
      if (description_.error && !absent) {
        fail(description_.error);
        return app_.finish();
      }
      groups_.lag(wanted_.group, [this, absent](const kafka::Error& lag_error, const auto& lags) {
        if (absent && lags.empty()) {  // 0.9 has offsets of groups that it does not know
          fail(lag_error ? lag_error : description_.error);
          return app_.finish();
        }
        if (lag_error && lags.empty()) fail(lag_error);
        print_members();
        print(lags);
        app_.finish();
      });
    });
  }
  void print_members() {
    app_.output().line("group " + shown(wanted_.group) + " protocol " +
                       name_of(description_.type, description_.protocol_type) + " state " +
                       name_of(description_.state) + " assignor " + or_dash(description_.assignor));
    for (const kafka::GroupMember& member : description_.members) {
      app_.output().line("member " + shown(member.member_id) + " client " + or_dash(member.client_id) + " host " +
                         or_dash(member.host) + " instance " + or_dash(member.instance_id) + " partitions " +
                         or_dash(list_of(member.assigned)));
      if (member.error) fail(member.error, "member " + shown(member.member_id) + ": ");
    }
  }
  void print(const std::vector<kafka::PartitionLag>& lags) {
    for (const kafka::PartitionLag& lag : lags) {
      app_.output().line(shown(lag.topic) + " " + std::to_string(lag.partition) + " " + or_dash(lag.committed) + " " +
                         or_dash(lag.end) + " " + or_dash(lag.lag) + " " + or_dash(lag.member_id));
      if (lag.error) fail(lag.error, lag.topic + "/" + std::to_string(lag.partition) + ": ");
    }
  }

  // --- what takes something away ---

  void erase() {
    groups_.delete_groups({wanted_.group}, [this](const kafka::Error& error, const auto&) {
      if (error) fail(error);
      app_.finish();
    });
  }
  kafka::Partitions named() const {
    kafka::Partitions all;
    for (const std::string& topic : wanted_.topics) all[topic] = *wanted_.partitions;
    return all;
  }
  // Those that have an offset: the topic itself may be gone.
  void find_offsets() {
    groups_.lag(wanted_.group, [this](const kafka::Error& error, const std::vector<kafka::PartitionLag>& lags) {
      if (error && lags.empty()) {
        fail(error);
        return app_.finish();
      }
      kafka::Partitions all;
      for (const kafka::PartitionLag& lag : lags) {
        const bool wanted = std::find(wanted_.topics.begin(), wanted_.topics.end(), lag.topic) != wanted_.topics.end();
        if (wanted && lag.committed >= 0) all[lag.topic].push_back(lag.partition);
      }
      for (const std::string& topic : wanted_.topics) {
        if (!all.contains(topic)) app_.fail("group " + wanted_.group + " has no offsets of topic " + topic);
      }
      all.empty() ? app_.finish() : erase_offsets(all);
    });
  }
  void erase_offsets(const kafka::Partitions& partitions) {
    groups_.delete_offsets(wanted_.group, partitions, [this](const kafka::Error& error, const auto& results) {
      tell(error, results, [](const auto& result) { return result.topic + "/" + std::to_string(result.partition); });
    });
  }
  void remove() {
    groups_.remove_members(wanted_.group, wanted_.members, "uvkafka groups --remove",
                           [this](const kafka::Error& error, const auto& results) {
                             tell(error, results, [](const kafka::RemovedMember& result) {
                               return result.member.instance_id.empty()
                                          ? result.member.member_id
                                          : std::string(kInstance) + result.member.instance_id;
                             });
                           });
  }
  // What all results have in common is said once.
  template <class Result, class Name>
  void tell(const kafka::Error& error, const std::vector<Result>& results, Name name) {
    const bool alike = std::all_of(results.begin(), results.end(), [&](const Result& result) {
      return result.error == error && result.error.message() == error.message();
    });
    if (error && (results.empty() || (alike && results.size() > 1))) {
      fail(error);
    } else {
      for (const Result& result : results) {
        if (result.error) fail(result.error, name(result) + ": ");
      }
    }
    app_.finish();
  }

  App& app_;
  GroupTask wanted_;
  kafka::Groups groups_;
  std::vector<kafka::ListedGroup> listed_;
  kafka::GroupDescription description_;
};

}  // namespace

int groups(int argc, char** argv) {
  Arguments arguments;
  ClientOptions client;
  GroupTask wanted;
  if (const auto status = arguments.parse(argc, argv, kGroups)) return *status;
  if (const auto status = read_client_options(arguments, kGroups, client)) return *status;
  if (const auto status = wanted.read(arguments)) return *status;
  App app(client);
  if (const auto error = app.session().error()) return usage_error(error.message());
  Administration administration(app, std::move(wanted));
  administration.start();
  return app.run();
}

}  // namespace cli
