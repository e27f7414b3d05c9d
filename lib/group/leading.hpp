// The leader's work: what every member said when it joined, fresh metadata of all their topics, and the assignor's
// answer as bytes for SyncGroup.
// Not here: the assignors (assignor.hpp), the requests (classic_member.cpp).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "group/assignor.hpp"
#include "group/interest.hpp"
#include "protocol/join_group.hpp"
#include "protocol/metadata.hpp"
#include "protocol/sync_group.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns one assignment that is being made. Destroying it gives the assignment up.
class Leading {
 public:
  struct Result {
    std::vector<protocol::SyncGroupRequest::SyncGroupRequestAssignment> assignments;
    Interest::Counts counts;  ///< what the assignment was made with
  };
  /// Is called once, never from inside start(). May destroy this object.
  using Done = Function<void(Error, Result)>;

  /// `assignor` outlives this object. `timeout` is for metadata, and for an
  /// assignor of the application.
  Leading(session::Core& core, Assignor& assignor, net::Duration timeout, Done done)
      : core_(core), assignor_(assignor), timeout_(timeout), done_(std::move(done)) {}

  void start(const std::vector<protocol::JoinGroupResponse::JoinGroupResponseMember>& members);

 private:
  void described(const Error& error, const protocol::MetadataResponse& response);
  void advance();
  void assigned(Error error, const Answer& answer);
  void end(Error error, Result result);

  session::Core& core_;
  Assignor& assignor_;
  net::Duration timeout_;
  Done done_;
  std::shared_ptr<Membership> membership_ = std::make_shared<Membership>();
  Interest::Counts counts_;
  std::unique_ptr<Work> work_;
  net::Timer late_;
  Scope scope_;
};

}  // namespace kafka::group
