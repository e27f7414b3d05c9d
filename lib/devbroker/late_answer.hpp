// An answer that somebody else gives, now or later: JoinGroup waits for the other members, SyncGroup for the leader.
// It has two ends. The connection owns the LateAnswer, the group the Reply, and either may go first: what is given to a
// connection that has closed is dropped, as in Kafka, where a broker does not notice that a waiting member has gone.
#pragma once

#include <kafka/error.hpp>

#include <cstdint>
#include <memory>
#include <utility>

#include "base/scope.hpp"
#include "devbroker/faults.hpp"
#include "devbroker/pending.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

template <class Response>
class LateAnswer;

/// The end that gives the answer, once.
template <class Response>
class Reply {
 public:
  Reply() = default;
  explicit Reply(std::shared_ptr<LateAnswer<Response>*> answer, int16_t version)
      : answer_(std::move(answer)), version_(version) {}

  /// False if the answer was given, or never asked for.
  explicit operator bool() const noexcept { return answer_ != nullptr; }
  /// Of the request and of the answer.
  int16_t version() const noexcept { return version_; }

  void give(Response response) {
    const auto answer = std::exchange(answer_, nullptr);
    if (answer != nullptr && *answer != nullptr) (*answer)->take(std::move(response));
  }

 private:
  std::shared_ptr<LateAnswer<Response>*> answer_;
  int16_t version_ = 0;
};

/// The end that sends it. The error of a fault takes the place of the answer's own.
template <class Response>
class LateAnswer final : public PendingAnswer<Response> {
 public:
  LateAnswer(net::Reactor& reactor, Errc fault, int16_t version)
      : reactor_(reactor), fault_(fault), version_(version), self_(std::make_shared<LateAnswer*>(this)) {}
  ~LateAnswer() override { *self_ = nullptr; }

  Reply<Response> reply() { return Reply<Response>(self_, version_); }

  /// The answer goes out after the present work: its connection may serve a request that changes the same group.
  void take(Response response) {
    this->response = std::move(response);
    if (fault_ != Errc::none) this->response.error_code = static_cast<int16_t>(fault_);
    reactor_.defer(scope_.wrap([this] { this->finish(); }));
  }

 private:
  net::Reactor& reactor_;
  const Errc fault_;
  const int16_t version_;
  std::shared_ptr<LateAnswer*> self_;
  Scope scope_;
};

}  // namespace kafka::devbroker
