// The public Groups: checks what is asked, and tells the application.
#include <kafka/groups.hpp>

#include <memory>
#include <set>
#include <utility>

#include "admin/errand.hpp"
#include "admin/group_descriptions.hpp"
#include "admin/group_lag.hpp"
#include "admin/group_listing.hpp"
#include "admin/group_removals.hpp"
#include "consumer/names.hpp"
#include "session/access.hpp"
#include "session/asker.hpp"

namespace kafka {
namespace {

using admin::Errand;
using session::Asker;

constexpr size_t kLongestReason = 255;  // what brokers keep of it

Error first_error(const auto& results) {
  for (const auto& result : results) {
    if (result.error) return result.error;
  }
  return {};
}

// Tells the application, with the first error of the results unless the whole call failed.
template <class Result>
auto tell(const Asker& asker, Function<void(Error, Result)> done) {
  return [core = asker.core.get(), lane = asker.lane, done = std::move(done)](Error error, Result result) mutable {
    if (!done) return;
    if constexpr (!std::is_same_v<Result, GroupList>) {
      if (!error) error = first_error(result);
    }
    core->later(lane, [done = std::move(done), error = std::move(error), result = std::move(result)]() mutable {
      done(std::move(error), std::move(result));
    });
  };
}

Error check_groups(const std::vector<std::string>& names) {
  if (names.empty()) return Error(Errc::invalid_argument, "groups: at least one is needed");
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    if (Error error = consumer::check_group(name)) return error;
    if (!seen.insert(name).second) return Error(Errc::invalid_argument, "group " + name + " is named twice");
  }
  return {};
}

Error check_filter(const GroupFilter& filter) {
  for (const GroupState state : filter.states) {
    if (state == GroupState::unknown)
      return Error(Errc::invalid_argument, "groups cannot be listed by an unknown state");
  }
  for (const GroupType type : filter.types) {
    if (type == GroupType::unknown) return Error(Errc::invalid_argument, "groups cannot be listed by an unknown type");
  }
  return {};
}

Error check_members(const std::vector<MemberToRemove>& members, const std::string& reason) {
  if (members.empty()) return Error(Errc::invalid_argument, "members: at least one is needed");
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const MemberToRemove& member : members) {
    if (member.member_id.empty() && member.instance_id.empty())
      return Error(Errc::invalid_argument, "members: one has neither a member id nor an instance id");
    if (!seen.emplace(member.member_id, member.instance_id).second) {
      return Error(Errc::invalid_argument, "member " + member.member_id + member.instance_id + " is named twice");
    }
  }
  if (reason.size() > kLongestReason) {
    return Error(Errc::invalid_argument,
                 "reason of " + std::to_string(reason.size()) + " bytes: at most " + std::to_string(kLongestReason));
  }
  return {};
}

}  // namespace

Groups::Groups(Session& session) : asker_(Asker::make(session::Access::core(session))) {}
Groups::Groups(Groups&& other) noexcept : asker_(std::exchange(other.asker_, other.asker_->moved_from())) {}
Groups& Groups::operator=(Groups&& other) noexcept {
  if (this != &other) asker_ = std::exchange(other.asker_, other.asker_->moved_from());
  return *this;
}

void Groups::list(GroupFilter filter, Function<void(Error, GroupList)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = check_filter(filter);
  if (refused) return told(std::move(refused), {});
  admin::GroupListing::start(Errand::begin(*asker_->core), std::move(filter), std::move(told));
}

void Groups::describe(std::vector<std::string> names, Function<void(Error, std::vector<GroupDescription>)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = check_groups(names);
  if (refused) return told(std::move(refused), {});
  const auto results = std::make_shared<std::vector<GroupDescription>>(names.size());
  admin::Each::run(
      results->size(),  // arguments may be evaluated in any order, and the names are moved from
      [errand = Errand::begin(*asker_->core), names = std::move(names), results](size_t index,
                                                                                 Function<void()> one_done) mutable {
        admin::describe_group(errand, names[index],
                              [results, index, one_done = std::move(one_done)](GroupDescription description) mutable {
                                (*results)[index] = std::move(description);
                                one_done();
                              });
      },
      [results, told = std::move(told)]() mutable { told({}, std::move(*results)); });
}

void Groups::lag(std::string name, Function<void(Error, std::vector<PartitionLag>)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = consumer::check_group(name);
  if (refused) return told(std::move(refused), {});
  admin::find_lag(Errand::begin(*asker_->core), name, std::move(told));
}

void Groups::delete_groups(std::vector<std::string> names, Function<void(Error, std::vector<GroupResult>)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = check_groups(names);
  if (refused) return told(std::move(refused), {});
  const auto results = std::make_shared<std::vector<GroupResult>>();
  for (std::string& name : names) results->push_back({std::move(name), {}});
  admin::Each::run(
      results->size(),
      [errand = Errand::begin(*asker_->core), results](size_t index, Function<void()> one_done) mutable {
        admin::delete_group(errand, (*results)[index].name,
                            [results, index, one_done = std::move(one_done)](Error error) mutable {
                              (*results)[index].error = std::move(error);
                              one_done();
                            });
      },
      [results, told = std::move(told)]() mutable { told({}, std::move(*results)); });
}

void Groups::delete_offsets(std::string name, Partitions partitions,
                            Function<void(Error, std::vector<PartitionResult>)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = consumer::check_group(name);
  if (!refused) refused = consumer::check_partitions(partitions);
  if (refused) return told(std::move(refused), {});
  admin::delete_offsets(Errand::begin(*asker_->core), name, partitions, std::move(told));
}

void Groups::remove_members(std::string name, std::vector<MemberToRemove> members, std::string reason,
                            Function<void(Error, std::vector<RemovedMember>)> done) {
  auto told = tell(*asker_, std::move(done));
  Error refused = asker_->core->refusal();
  if (!refused) refused = consumer::check_group(name);
  if (!refused) refused = check_members(members, reason);
  if (refused) return told(std::move(refused), {});
  admin::remove_members(Errand::begin(*asker_->core), name, std::move(members), std::move(reason), std::move(told));
}

}  // namespace kafka
