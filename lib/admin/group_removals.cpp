#include "admin/group_removals.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "admin/group_descriptions.hpp"
#include "protocol/consumer_group_heartbeat.hpp"
#include "protocol/delete_groups.hpp"
#include "protocol/leave_group.hpp"
#include "protocol/offset_delete.hpp"

namespace kafka::admin {
namespace {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

Error lacks(const std::string& what) { return Error(Errc::protocol_error, "the coordinator's answer lacks " + what); }

// Removes members in one request where the broker can, else one by one. Members of the consumer protocol that
// LeaveGroup does not reach (3.9) are removed as if they left by themselves.
class Removal : public std::enable_shared_from_this<Removal> {
 public:
  using Done = Function<void(Error, std::vector<RemovedMember>)>;

  Removal(Errand errand, std::string name, std::vector<MemberToRemove> members, std::string reason, Done done)
      : errand_(errand), name_(std::move(name)), reason_(std::move(reason)), done_(std::move(done)) {
    for (MemberToRemove& member : members) results_.push_back({std::move(member), {}});
  }

  void next() {
    attempts_ = 0;
    errand_.ask<LeaveGroupRequest>(
        name_, LeaveGroupRequest(),
        [name = name_](const LeaveGroupResponse& response) { return error_of(response, name); },
        [self = shared_from_this()](const Error& error, const LeaveGroupResponse& response,
                                    const cluster::CallInfo& info) { self->answered(error, response, info.version); },
        [self = shared_from_this()](LeaveGroupRequest& request, int16_t version) {
          return self->prepare(request, version);
        });
  }

 private:
  // One that concerns a single member is that member's, whatever the version.
  static Error error_of(const LeaveGroupResponse& response, const std::string& name) {
    const Error error = group_error(name, response.error_code);
    return error == Errc::unknown_member_id ? Error() : error;
  }
  Error prepare(LeaveGroupRequest& request, int16_t version) {
    request = {};
    request.group_id = name_;
    if (version >= LeaveGroupRequest::kManyMembersFrom) {
      ++attempts_;
      for (const RemovedMember& result : results_) {
        auto& member = request.members.emplace_back();
        member.member_id = result.member.member_id;
        if (!result.member.instance_id.empty()) member.group_instance_id = result.member.instance_id;
        if (version >= LeaveGroupRequest::kReasonFrom && !reason_.empty()) member.reason = reason_;
      }
      return {};
    }
    for (; at_ < results_.size(); ++at_) {
      if (results_[at_].member.instance_id.empty()) break;
      results_[at_].error = Error(Errc::unsupported_feature, "static members need Kafka 2.4");
    }
    if (at_ == results_.size()) return Error(Errc::closed, "no member is left to remove");
    ++attempts_;
    request.member_id = results_[at_].member.member_id;
    return {};
  }

  void answered(const Error& error, const LeaveGroupResponse& response, int16_t version) {
    const bool one_by_one = version >= 0 && version < LeaveGroupRequest::kManyMembersFrom;
    if (at_ == results_.size()) return finish({});  // prepare() has found no member to ask for
    if (error) return finish(told(error, "groups need Kafka 0.9"));
    if (one_by_one) {
      results_[at_].error = judge(response.error_code, results_[at_].member);
      if (++at_ < results_.size()) return next();
      return finish({});
    }
    bool unknown = false;
    for (RemovedMember& result : results_) {
      result.error = find(response, result.member);
      unknown = unknown || result.error == Errc::unknown_member_id;
    }
    unknown ? look_for_unknown() : finish({});
  }

  void look_for_unknown() {
    describe_group(errand_, name_, [self = shared_from_this()](const GroupDescription& group) {
      std::vector<std::pair<size_t, GroupMember>> found;
      for (size_t i = 0; i < self->results_.size(); ++i) {
        const RemovedMember& result = self->results_[i];
        if (result.error != Errc::unknown_member_id) continue;
        for (const GroupMember& member : group.members) {
          const bool same = result.member.instance_id.empty() ? member.member_id == result.member.member_id
                                                              : member.instance_id == result.member.instance_id;
          if (same && member.type == GroupType::consumer) found.emplace_back(i, member);
        }
      }
      const size_t count = found.size();
      Each::run(
          count,
          [self, found = std::move(found)](size_t index, Function<void()> done) {
            self->let_leave(found[index].first, found[index].second, std::move(done));
          },
          [self] { self->finish({}); });
    });
  }
  void let_leave(size_t index, const GroupMember& member, Function<void()> done) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = name_;
    request.member_id = member.member_id;
    request.member_epoch = ConsumerGroupHeartbeatRequest::kLeave;
    if (!member.instance_id.empty()) request.instance_id = member.instance_id;
    errand_.ask<ConsumerGroupHeartbeatRequest>(
        name_, std::move(request),
        [name = name_](const ConsumerGroupHeartbeatResponse& response) {
          return group_error(name, response.error_code, response.error_message);
        },
        [self = shared_from_this(), index, done = std::move(done)](Error error, const ConsumerGroupHeartbeatResponse&,
                                                                   const cluster::CallInfo&) mutable {
          // It was there a moment ago, so it has gone by itself, or an earlier attempt has removed it.
          self->results_[index].error = error == Errc::unknown_member_id ? Error() : std::move(error);
          done();
        });
  }
  Error find(const LeaveGroupResponse& response, const MemberToRemove& wanted) {
    if (response.error_code != 0) return judge(response.error_code, wanted);
    for (const auto& answer : response.members) {
      const bool same = wanted.instance_id.empty() ? answer.member_id == wanted.member_id
                                                   : answer.group_instance_id.value_or("") == wanted.instance_id;
      if (same) return judge(answer.error_code, wanted);
    }
    return lacks(text_of(wanted));
  }
  // If the answer to an earlier attempt was lost, that one may have removed the member.
  Error judge(int16_t code, const MemberToRemove& member) const {
    if (attempts_ > 1 && code == static_cast<int16_t>(Errc::unknown_member_id)) return {};
    return code == 0 ? Error() : broker_error(code, text_of(member) + " of group " + name_);
  }
  static std::string text_of(const MemberToRemove& member) {
    return member.instance_id.empty() ? "member " + member.member_id : "static member " + member.instance_id;
  }

  void finish(Error error) {
    for (RemovedMember& result : results_) {
      if (error && !result.error) result.error = error;
    }
    Done done = std::move(done_);
    done(std::move(error), std::move(results_));
  }

  Errand errand_;
  std::string name_;
  std::string reason_;
  Done done_;
  std::vector<RemovedMember> results_;
  size_t at_ = 0;     // where members are removed one by one: the next one
  int attempts_ = 0;  // of the request under way
};

}  // namespace

void delete_group(Errand errand, const std::string& name, Function<void(Error)> done) {
  DeleteGroupsRequest request;
  request.groups_names = {name};
  const auto attempts = std::make_shared<int>(0);
  errand.ask<DeleteGroupsRequest>(
      name, std::move(request),
      [name](const DeleteGroupsResponse& response) {
        for (const auto& result : response.results) {
          if (result.group_id == name) return group_error(name, result.error_code);
        }
        return lacks("group " + name);
      },
      [attempts, done = std::move(done)](Error error, DeleteGroupsResponse&, const cluster::CallInfo&) mutable {
        // If the answer to an earlier attempt was lost, that one may have deleted the group.
        if (*attempts > 1 && error == Errc::group_id_not_found) error = {};
        done(told(std::move(error), "deleting groups needs Kafka 1.1"));
      },
      [attempts](DeleteGroupsRequest&, int16_t) {
        ++*attempts;
        return Error();
      });
}

void delete_offsets(Errand errand, const std::string& name, const Partitions& partitions,
                    Function<void(Error, std::vector<PartitionResult>)> done) {
  OffsetDeleteRequest request;
  request.group_id = name;
  std::vector<PartitionResult> results;
  for (const auto& [topic, numbers] : partitions) {
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    for (const int32_t number : numbers) {
      asked.partitions.push_back({number});
      results.push_back({topic, number, {}});
    }
  }
  errand.ask<OffsetDeleteRequest>(
      name, std::move(request),
      [name](const OffsetDeleteResponse& response) { return group_error(name, response.error_code); },
      [results = std::move(results), done = std::move(done)](Error error, OffsetDeleteResponse& response,
                                                             const cluster::CallInfo&) mutable {
        error = told(std::move(error), "deleting offsets needs Kafka 2.4");
        std::map<TopicPartition, int16_t> codes;
        for (const auto& topic : response.topics) {
          for (const auto& partition : topic.partitions)
            codes.try_emplace({topic.name, partition.partition_index}, partition.error_code);
        }
        for (PartitionResult& result : results) {
          const std::string where = result.topic + "/" + std::to_string(result.partition);
          const auto code = codes.find({result.topic, result.partition});
          result.error = error                 ? error
                         : code == codes.end() ? lacks(where)
                         : code->second == 0   ? Error()
                                               : broker_error(code->second, where);
        }
        done(std::move(error), std::move(results));
      });
}

void remove_members(Errand errand, const std::string& name, std::vector<MemberToRemove> members, std::string reason,
                    Function<void(Error, std::vector<RemovedMember>)> done) {
  std::make_shared<Removal>(errand, name, std::move(members), std::move(reason), std::move(done))->next();
}

}  // namespace kafka::admin
