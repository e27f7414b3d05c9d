// Creates one topic: asks the controller, again after failures that pass, until the time is up.
// Not here: brokers that create topics by themselves (cluster/metadata.hpp).
#pragma once

#include <kafka/types.hpp>

#include <memory>

#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "protocol/create_topics.hpp"
#include "session/core.hpp"

namespace kafka::session {

/// Owns one creation, and keeps itself alive until its outcome is known.
class TopicCreation final : public Client, public std::enable_shared_from_this<TopicCreation> {
 public:
  using Done = Function<void(Error)>;

  TopicCreation(Core& core, NewTopic topic, Done done);
  /// `done` is never called from inside this call.
  static void start(Core& core, NewTopic topic, Done done);

  void begin_close(net::TimePoint deadline, Function<void()> done) override;
  void fail_rest() override;
  void abort() override;

 private:
  net::Duration left() const;
  void find_controller();
  void ask(int32_t controller);
  Error prepare(protocol::CreateTopicsRequest& request, int16_t version) const;
  void answered(Error error, const protocol::CreateTopicsResponse& response, const cluster::CallInfo& info);
  Error judge(const protocol::CreateTopicsResponse& response) const;
  void finish(Error error);

  Core& core_;
  NewTopic topic_;
  Done done_;
  net::TimePoint deadline_;
  std::shared_ptr<TopicCreation> self_;
  cluster::RetryPause retry_;
  net::Timer timer_;
  bool perhaps_created_ = false;  // an attempt was sent, and its answer never came
  Scope scope_;
};

}  // namespace kafka::session
