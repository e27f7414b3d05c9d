// Creates one topic: asks the controller, again after failures that pass, until the time is up.
// Not here: brokers that create topics by themselves (cluster/metadata.hpp).
#pragma once

#include <kafka/types.hpp>

#include <utility>

#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "protocol/create_topics.hpp"
#include "session/core.hpp"
#include "session/operation.hpp"

namespace kafka::session {

/// Owns one creation.
class TopicCreation final : public Operation {
 public:
  using Done = Function<void(Error)>;

  TopicCreation(Core& core, NewTopic topic, Done done);
  /// `done` is never called from inside this call.
  static void start(Core& core, NewTopic topic, Done done);

 private:
  net::Duration left() const;
  void find_controller();
  void ask(int32_t controller);
  Error prepare(protocol::CreateTopicsRequest& request, int16_t version) const;
  void answered(Error error, const protocol::CreateTopicsResponse& response, const cluster::CallInfo& info);
  Error judge(const protocol::CreateTopicsResponse& response) const;
  void finish(Error error);
  void fail(Error error) override { finish(std::move(error)); }
  void drop() override;

  Core& core_;
  NewTopic topic_;
  Done done_;
  net::TimePoint deadline_;
  cluster::RetryPause retry_;
  net::Timer timer_;
  bool perhaps_created_ = false;  // an attempt was sent, and its answer never came
  Scope scope_;
};

}  // namespace kafka::session
