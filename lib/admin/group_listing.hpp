// Asks every broker of the cluster which groups it coordinates.
#pragma once

#include <kafka/groups.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admin/errand.hpp"
#include "base/scope.hpp"
#include "protocol/list_groups.hpp"
#include "session/operation.hpp"

namespace kafka::admin {

/// Owns one question to all brokers, until the last of them was answered or given up. Keeps itself alive for that long.
class GroupListing final : public session::Operation {
 public:
  using Done = Function<void(Error, GroupList)>;

  GroupListing(Errand errand, GroupFilter filter, Done done);
  /// `done` is never called from inside this call.
  static void start(Errand errand, GroupFilter filter, Done done);

 private:
  struct Asked {
    std::string address;
    cluster::RetryPause retry;
    net::Timer timer;
  };

  void begin();
  void ask(int32_t broker);
  void answered(int32_t broker, Error error, const protocol::ListGroupsResponse& response,
                const cluster::CallInfo& info);
  void take(const protocol::ListGroupsResponse& response, int16_t version);
  void end(int32_t broker, Error error);
  void finish(Error error);
  void fail(Error error) override { finish(std::move(error)); }
  void drop() override;
  Error prepare(protocol::ListGroupsRequest& request, int16_t version) const;

  Errand errand_;
  GroupFilter filter_;
  Done done_;
  std::map<int32_t, Asked> asked_;  // that have no answer yet
  std::map<std::string, ListedGroup> groups_;
  std::vector<GroupList::Failure> failures_;
  Scope scope_;
};

}  // namespace kafka::admin
