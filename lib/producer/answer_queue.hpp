// Answers to Produce that are being settled, oldest first. One about very many batches is settled over several turns of
// the loop: a failure of 100,000 batches in one turn would hold the loop for longer than a turn may take.
// Not here: what becomes of a batch (settler.cpp).
#pragma once

#include <deque>
#include <memory>

#include "base/scope.hpp"
#include "cluster/call.hpp"
#include "producer/accumulator.hpp"
#include "producer/requests.hpp"
#include "producer/settler.hpp"
#include "protocol/produce.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the answers, and hands the batches of their requests to the settler. A request counts as under way until the
/// last of its batches is settled.
class AnswerQueue {
 public:
  /// Batches that are settled in one turn.
  static constexpr size_t kMostATurn = 10'000;

  /// `settled` is called whenever batches were settled.
  AnswerQueue(session::Core& session, Accumulator& accumulator, Requests& requests, Settler& settler, Reports& reports,
              Function<void()> settled);

  /// `error`: the whole call failed; otherwise `response`, which is moved from, is the leader's.
  void add(std::shared_ptr<Request> request, Error error, protocol::ProduceResponse& response,
           const cluster::CallInfo& info);
  /// Settles at once all that was answered.
  void finish() { settle(SIZE_MAX); }
  void stop();

 private:
  struct Answer {
    std::shared_ptr<Request> request;
    Error error;
    protocol::ProduceResponse response;
    cluster::CallInfo info;
    bool matched = false;
  };

  void match(Answer& answer);
  void settle(size_t most);
  bool settle(Answer& answer, size_t& most);

  session::Core& session_;
  Accumulator& accumulator_;
  Requests& requests_;
  Settler& settler_;
  Reports& reports_;
  Function<void()> settled_;
  std::deque<Answer> answers_;
  session::Lane lane_;
  bool scheduled_ = false;
  Scope scope_;
};

}  // namespace kafka::producer
