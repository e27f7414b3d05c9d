// Fetch (key 1): reads from the logs that this broker has, waiting for records where the client asks for
// a minimum. One object per request under way; its connection owns it.
// Not here: what a session remembers (fetch_sessions), what lies in a log (log).
#pragma once

#include <kafka/function.hpp>

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

class FetchOperation : public Waiter {
 public:
  using Done = Function<void(protocol::FetchResponse)>;

  FetchOperation(Cluster& cluster, net::Reactor& reactor, int32_t broker, int16_t version, FaultAction fault,
                 protocol::FetchRequest request);
  ~FetchOperation() override;

  /// True if the answer is there at once. If not, `done` gets it later; destroying ends the wait.
  bool start(protocol::FetchResponse& response, Done done);
  void wake() override;

 private:
  /// What this broker can say of a partition before it reads.
  struct Look {
    Errc error = Errc::none;
    const Partition* partition = nullptr;
    int64_t high_watermark = -1;  // of this replica
    int64_t stable = -1;
    int64_t limit = -1;       // what the client may see ends here
    EpochEnd diverging = {};  // the client's records are not this log's
    int32_t preferred = -1;   // read there
    bool at_once() const { return error != Errc::none || diverging.epoch >= 0 || preferred >= 0; }
  };
  using PartitionData = protocol::FetchResponse::FetchableTopicResponse::PartitionData;

  Errc open_session();
  Look look(const FetchAsk& ask) const;
  bool satisfied() const;
  void answer(protocol::FetchResponse& response);
  PartitionData read(const FetchAsk& ask, int64_t& left, bool& first, std::set<int32_t>& new_leaders) const;
  void name_leaders(const std::set<int32_t>& ids, protocol::FetchResponse& response) const;
  void look_again();
  void finish();

  bool by_id() const;
  bool soft_limits() const;

  Cluster& cluster_;
  net::Reactor& reactor_;
  FaultAction fault_;
  protocol::FetchRequest request_;
  Context context_;
  std::shared_ptr<FetchSession> session_;  // null: a full request
  int32_t session_epoch_ = 0;              // what it must still be when the answer is made
  bool wants_session_ = false;
  std::vector<FetchAsk> asks_;
  Done done_;
  net::Timer timer_;
  std::vector<std::shared_ptr<Partition>> watched_;
  bool scheduled_ = false;
  Scope scope_;
};

}  // namespace kafka::devbroker
