#include "admin/group_listing.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "admin/group_names.hpp"

namespace kafka::admin {

using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

GroupListing::GroupListing(Errand errand, GroupFilter filter, Done done)
    : Operation(*errand.core), errand_(errand), filter_(std::move(filter)), done_(std::move(done)) {}

void GroupListing::start(Errand errand, GroupFilter filter, Done done) {
  const auto listing = std::make_shared<GroupListing>(errand, std::move(filter), std::move(done));
  listing->enter();
  listing->begin();
}

// The brokers come first: those that are known may be of yesterday.
void GroupListing::begin() {
  errand_.core->metadata().fetch(std::set<std::string>(), false, errand_.left(),
                                 scope_.wrap([this](const Error& error, const protocol::MetadataResponse&) {
                                   if (error) return finish(error);
                                   const cluster::Router& router = errand_.core->router();
                                   std::vector<int32_t> all;
                                   for (const auto& [id, broker] : router.brokers()) {
                                     asked_[id].address = router.describe(id);
                                     all.push_back(id);
                                   }
                                   for (const int32_t id : all) ask(id);
                                 }));
}

Error GroupListing::prepare(ListGroupsRequest& request, int16_t version) const {
  request = {};
  if (version >= ListGroupsRequest::kStatesFrom) {
    for (const GroupState state : filter_.states) request.states_filter.emplace_back(to_string(state));
  } else if (!filter_.states.empty()) {
    return Error(Errc::unsupported_feature, "a list of groups by state needs Kafka 2.6");
  }
  if (version < ListGroupsRequest::kTypesFrom) return {};  // all are classic: take() knows
  for (const GroupType type : filter_.types) {
    std::string word(to_string(type));
    word.front() = static_cast<char>(word.front() - 'A' + 'a');
    request.types_filter.push_back(std::move(word));
  }
  return {};
}

void GroupListing::ask(int32_t broker) {
  errand_.core->router().call<ListGroupsRequest>(
      broker, cluster::Purpose::general, ListGroupsRequest(), {errand_.core->options().request_timeout, errand_.left()},
      scope_.wrap([this, broker](Error error, ListGroupsResponse& response, const cluster::CallInfo& info) {
        answered(broker, std::move(error), response, info);
      }),
      [this, guard = scope_.guard()](ListGroupsRequest& request, int16_t version) {
        return guard.alive() ? prepare(request, version) : Error(Errc::closed, "nobody waits for the answer");
      });
}

void GroupListing::answered(int32_t broker, Error error, const ListGroupsResponse& response,
                            const cluster::CallInfo& info) {
  cluster::Router& router = errand_.core->router();
  if (!error && response.error_code != 0) error = broker_error(response.error_code, "ListGroups");
  if (!error) {
    take(response, info.version);
    return end(broker, {});
  }
  if (!router.worth_retrying(error, info)) return end(broker, std::move(error));
  // A broker that has gone is not asked again: its groups have moved to others.
  if (traits(error.code()).refresh == Refresh::metadata) errand_.core->metadata().refresh();
  if (!router.knows(broker)) return end(broker, std::move(error));
  Asked& asked = asked_.at(broker);
  const net::Duration pause = router.delay(asked.retry);
  if (pause >= errand_.left()) {
    return end(broker, Error(Errc::timed_out, "groups of " + asked.address + ": " + error.message()));
  }
  errand_.core->log().failure(LogLevel::debug, "groups of " + asked.address, error);
  asked.timer = errand_.core->reactor().after(pause, [this, broker] {
    asked_.at(broker).timer.cancel();
    ask(broker);
  });
}

void GroupListing::take(const ListGroupsResponse& response, int16_t version) {
  const auto wanted = [](const auto& list, auto value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  };
  for (const auto& each : response.groups) {
    ListedGroup group{.name = each.group_id, .protocol_type = each.protocol_type};
    if (version >= ListGroupsRequest::kStatesFrom) group.state = group_state(each.group_state);
    if (version >= ListGroupsRequest::kTypesFrom) group.type = group_type(each.group_type);
    if (!wanted(filter_.types, group.type)) continue;
    groups_.try_emplace(group.name, group);  // one that moves is told of twice
  }
}

void GroupListing::end(int32_t broker, Error error) {
  const auto asked = asked_.find(broker);
  if (error) failures_.push_back({broker, asked->second.address, told(std::move(error), "groups need Kafka 0.9")});
  asked_.erase(asked);
  if (asked_.empty()) finish({});
}

void GroupListing::finish(Error error) {
  const std::shared_ptr<Operation> pinned = leave();
  if (pinned == nullptr) return;
  scope_.end();
  for (auto& [id, asked] : std::exchange(asked_, {})) failures_.push_back({id, asked.address, error});
  GroupList list;
  for (auto& [name, group] : groups_) list.groups.push_back(std::move(group));
  std::sort(failures_.begin(), failures_.end(), [](auto& a, auto& b) { return a.broker_id < b.broker_id; });
  list.failures = std::move(failures_);
  if (!error && !list.failures.empty()) error = list.failures.front().error;
  Done done = std::move(done_);
  done(std::move(error), std::move(list));
}

void GroupListing::drop() {
  scope_.end();
  asked_.clear();
  done_ = nullptr;
}

}  // namespace kafka::admin
