// Fetch (key 1): reads from the logs that this broker leads, waiting for records where the client asks
// for a minimum. One object per request under way; its connection owns it.
// Fetches are always full ones: a session id is never given out (KIP-227 lets a broker do that).
#pragma once

#include <kafka/function.hpp>

#include <memory>
#include <vector>

#include "base/scope.hpp"
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
  bool satisfied() const;
  bool has_error(const Partition* partition, Errc topic_error, const std::string& name,
                 const protocol::FetchRequest::FetchTopic::FetchPartition& asked, Errc& error) const;
  void build(protocol::FetchResponse& response) const;
  void look_again();
  void finish();

  Cluster& cluster_;
  net::Reactor& reactor_;
  FaultAction fault_;
  protocol::FetchRequest request_;
  Context context_;
  Done done_;
  net::Timer timer_;
  std::vector<std::shared_ptr<Partition>> watched_;
  bool scheduled_ = false;
  Scope scope_;
};

}  // namespace kafka::devbroker
