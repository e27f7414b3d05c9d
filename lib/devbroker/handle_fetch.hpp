// Fetch (key 1): reads from the logs that this broker has. It waits for records if the client asks for a minimum.
// Not here: what a session remembers (fetch_sessions), what is in a log (log).
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "devbroker/fetch_sessions.hpp"
#include "devbroker/handlers.hpp"
#include "protocol/fetch.hpp"

namespace kafka::devbroker {

/// One request. Owns what it asks for, and waits for the partitions until there is enough to answer.
class FetchOperation : public PendingAnswer<protocol::FetchResponse>, public Waiter {
 public:
  FetchOperation(const Context& context, protocol::FetchRequest request);
  ~FetchOperation() override;

  /// True if the answer is complete at once.
  bool start();
  void wake() override;

 private:
  /// What this broker can say about a partition before it reads.
  struct Look {
    Errc error = Errc::none;
    const Partition* partition = nullptr;
    int64_t high_watermark = -1;  // of this replica
    int64_t stable = -1;
    int64_t limit = -1;       // the client may read up to here
    EpochEnd diverging = {};  // set: the client's records are not those of this log
    int32_t preferred = -1;   // the replica to read from instead
    bool at_once() const { return error != Errc::none || diverging.epoch >= 0 || preferred >= 0; }
  };
  using PartitionData = protocol::FetchResponse::FetchableTopicResponse::PartitionData;

  Errc open_session();
  Look look(const FetchAsk& ask) const;
  void notice_deletion();
  bool satisfied() const;
  void answer();
  PartitionData read(const FetchAsk& ask, int64_t& left, bool& first, std::set<int32_t>& new_leaders) const;
  void add_aborted(const Look& seen, const FetchAsk& ask, const LogRead& read, PartitionData& out) const;
  void look_again();
  void complete();

  bool by_id() const;
  bool soft_limits() const;

  Cluster& cluster_;
  net::Reactor& reactor_;
  const FaultAction fault_;
  const Context context_;
  protocol::FetchRequest request_;
  std::shared_ptr<FetchSession> session_;  // null: a full request
  int32_t session_epoch_ = 0;              // the session must still have it when the answer is made
  bool wants_session_ = false;
  std::vector<FetchAsk> asks_;
  net::Timer timer_;
  std::vector<std::shared_ptr<Partition>> watched_;
  bool scheduled_ = false;
  bool lost_ = false;  // one of the watched ones was deleted meanwhile
  Scope scope_;
};

}  // namespace kafka::devbroker
