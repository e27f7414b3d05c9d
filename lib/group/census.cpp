#include "group/census.hpp"

#include <optional>
#include <utility>

#include "group/coordinator_errors.hpp"
#include "group/subscription.hpp"
#include "protocol/describe_groups.hpp"

namespace kafka::group {
namespace {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;

std::optional<Census::Counts> count(const DescribeGroupsResponse& response, const std::set<std::string>& topics) {
  if (response.groups.size() != 1 || response.groups[0].error_code != 0) return std::nullopt;
  if (response.groups[0].group_state != "Stable") return std::nullopt;
  Census::Counts counts;
  for (const std::string& topic : topics) counts[topic] = 0;
  for (const auto& member : response.groups[0].members) {
    Subscription subscription;
    if (decode(member.member_metadata, subscription)) continue;
    for (const std::string& topic : subscription.topics) counts.try_emplace(topic, 0);
  }
  for (const auto& member : response.groups[0].members) {
    Assignment assignment;
    if (decode(member.member_assignment, assignment)) return std::nullopt;
    for (const auto& [topic, numbers] : assignment.partitions) {
      const auto counted = counts.find(topic);
      if (counted != counts.end()) counted->second += static_cast<int32_t>(numbers.size());
    }
  }
  return counts;
}

}  // namespace

void Census::ask(const std::string& group, std::set<std::string> topics, Function<void(Counts)> done) {
  stop();
  DescribeGroupsRequest request;
  request.groups.push_back(group);
  core_.coordinators().call<DescribeGroupsRequest>(
      cluster::CoordinatorKey::group(group), std::move(request),
      {.timeout = kPatience, .wanted = [guard = scope_.guard()] { return guard.alive(); }},
      [group](const DescribeGroupsResponse& response) {
        return response.groups.empty() ? Error() : coordinator_error(group, response.groups[0].error_code);
      },
      scope_.wrap([topics = std::move(topics), done = std::move(done)](
                      const Error& error, DescribeGroupsResponse& response, const cluster::CallInfo&) mutable {
        if (error) return;
        if (std::optional<Counts> counts = count(response, topics)) done(std::move(*counts));
      }));
}

}  // namespace kafka::group
