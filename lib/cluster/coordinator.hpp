// Requests to the coordinator of a group or of a transactional id: finds it, keeps it, finds it again when it moves,
// and tries again until the deadline while the error table says that this can help. Not here: what the requests mean
// (consumer/group_offsets).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/metadata.hpp"
#include "cluster/router.hpp"

namespace kafka::cluster {

/// What a coordinator is responsible for.
struct CoordinatorKey {
  /// The numbers are those of FindCoordinator's key_type.
  enum class Type : int8_t { group = 0, transaction = 1 };

  static CoordinatorKey group(std::string id) { return {Type::group, std::move(id)}; }
  static CoordinatorKey transaction(std::string id) { return {Type::transaction, std::move(id)}; }
  auto operator<=>(const CoordinatorKey&) const = default;

  Type type = Type::group;
  std::string name;
};

/// How a call to a coordinator is made.
struct CoordinatorWay {
  /// For the whole call, with all its attempts.
  net::Duration timeout;
  /// A connection of the caller's own (Router::add_lane()); without one the call shares the coordinator connection. A
  /// request that the broker answers late (JoinGroup) needs its own: what is sent behind it on the same connection
  /// waits for it, and heartbeats and commits must not.
  std::optional<Lane> lane = {};
  /// For the answer to one attempt; request_timeout if it is zero.
  net::Duration answer_timeout{0};
  int16_t max_version = 32767;
  /// False once nobody waits for the answer: then no attempt is made, and one that waits for a connection is not sent.
  /// It may be called until `done` runs.
  Function<bool()> wanted = {};
};

/// Owns the known coordinators and the calls under way.
class Coordinators {
 public:
  Coordinators(Router& router, Metadata& metadata);
  ~Coordinators();

  /// `inspect` finds the error of an answer that decides about trying again; `done` runs exactly once,
  /// never from inside this call, with the last answer or with the error.
  template <class Request>
  void call(CoordinatorKey key, Request request, CoordinatorWay way,
            Function<Error(const protocol::ResponseOf<Request>&)> inspect, typename TypedCall<Request>::Done done,
            Function<Error(Request&, int16_t)> prepare = {}) {
    auto job = std::make_shared<TypedJob<Request>>();
    job->key = std::move(key);
    job->deadline = router_.deadline(way.timeout);
    job->way = std::move(way);
    job->request = std::move(request);
    job->inspect = std::move(inspect);
    job->done = std::move(done);
    job->prepare = std::move(prepare);
    start(std::move(job));
  }

  /// `handler` is told of each attempt that will be made again, and why.
  void on_retry(RetryHandler handler) { on_retry_ = std::move(handler); }
  /// The cached coordinator, -1 if none.
  int32_t cached(const CoordinatorKey& key) const;
  /// Ends every call with `error`.
  void close(Error error);

 private:
  struct Job {
    virtual ~Job() = default;
    /// One attempt at `node`; `ended` gets the error that decides, none when done.
    virtual void attempt(Coordinators& owner, int32_t node, Patience patience, std::shared_ptr<Job> self) = 0;
    virtual void finish(Error error) = 0;
    bool wanted() { return !way.wanted || way.wanted(); }

    CoordinatorKey key;
    CoordinatorWay way{};
    net::TimePoint deadline{};
    RetryPause retry;
    net::Timer timer;
    Error last_error;
  };
  template <class Request>
  struct TypedJob final : Job {
    using Response = protocol::ResponseOf<Request>;
    Request request;
    Function<Error(const Response&)> inspect;
    typename TypedCall<Request>::Done done;
    Function<Error(Request&, int16_t)> prepare;
    Response response{};
    CallInfo info;

    void attempt(Coordinators& owner, int32_t node, Patience patience, std::shared_ptr<Job> self) override {
      auto adapt = [self, this](Request& adapted, int16_t version) {
        if (!wanted()) return Error(Errc::closed, "nobody waits for the answer");
        return prepare ? prepare(adapted, version) : Error();
      };
      auto answered =
          owner.scope_.wrap([&owner, self, this, node](Error error, Response& answer, const CallInfo& call_info) {
            response = std::move(answer);
            info = call_info;
            if (!error) error = inspect(response);
            owner.attempted(self, node, std::move(error), info);
          });
      Router& router = owner.router_;
      if (way.lane) {
        router.call<Request>(node, *way.lane, request, patience, std::move(answered), std::move(adapt),
                             way.max_version);
      } else {
        router.call<Request>(node, Purpose::coordinator, request, patience, std::move(answered), std::move(adapt),
                             way.max_version);
      }
    }
    void finish(Error error) override {
      auto call = std::move(done);
      call(std::move(error), response, info);
    }
  };
  struct Coordinator {
    int32_t node = -1;
    bool finding = false;
    std::vector<std::shared_ptr<Job>> waiting;
  };

  void start(std::shared_ptr<Job> job);
  void run(const std::shared_ptr<Job>& job);
  void find(const CoordinatorKey& key);
  void found(const CoordinatorKey& key, Error error, int32_t node, bool worth_retrying);
  void attempted(const std::shared_ptr<Job>& job, int32_t node, Error error, const CallInfo& info);
  void retry(const std::shared_ptr<Job>& job, Error error);
  void expired(const std::shared_ptr<Job>& job);
  void end(const std::shared_ptr<Job>& job, Error error);

  Router& router_;
  Metadata& metadata_;
  std::map<CoordinatorKey, Coordinator> coordinators_;
  std::vector<std::shared_ptr<Job>> jobs_;  // under way
  RetryHandler on_retry_;
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
