// Requests to the coordinator of a group: finds it, keeps it, finds it again when it moves, and tries
// again until the deadline while the error table says that this can help.
// Not here: what the requests mean (consumer/group_offsets).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/metadata.hpp"
#include "cluster/router.hpp"

namespace kafka::cluster {

class Coordinators {
 public:
  Coordinators(Router& router, Metadata& metadata);
  ~Coordinators();

  /// `inspect` finds the error of an answer that decides about trying again; `done` runs exactly once,
  /// never from inside this call, with the last answer or with the error.
  template <class Request>
  void call(const std::string& group, Request request, net::Duration timeout,
            Function<Error(const protocol::ResponseOf<Request>&)> inspect, typename TypedCall<Request>::Done done,
            Function<Error(Request&, int16_t)> prepare = {}, int16_t max_version = 32767) {
    auto job = std::make_shared<TypedJob<Request>>();
    job->group = group;
    job->deadline = router_.deadline(timeout);
    job->request = std::move(request);
    job->inspect = std::move(inspect);
    job->done = std::move(done);
    job->prepare = std::move(prepare);
    job->max_version = max_version;
    start(std::move(job));
  }

  /// The cached coordinator, -1 if none.
  int32_t cached(const std::string& group) const;
  /// Ends every call with `error`.
  void close(Error error);

 private:
  struct Job {
    virtual ~Job() = default;
    /// One attempt at `node`; `ended` gets the error that decides, none when done.
    virtual void attempt(Coordinators& owner, int32_t node, Patience patience, std::shared_ptr<Job> self) = 0;
    virtual void finish(Error error) = 0;

    std::string group;
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
    int16_t max_version = 32767;
    Response response{};
    CallInfo info;

    void attempt(Coordinators& owner, int32_t node, Patience patience, std::shared_ptr<Job> self) override {
      Function<Error(Request&, int16_t)> adapt;
      if (prepare) {
        adapt = [self, this](Request& adapted, int16_t version) { return prepare(adapted, version); };
      }
      owner.router_.template call<Request>(
          node, Purpose::coordinator, request, patience,
          owner.scope_.wrap([&owner, self, this, node](Error error, Response& answer, const CallInfo& call_info) {
            response = std::move(answer);
            info = call_info;
            if (!error) error = inspect(response);
            owner.attempted(self, node, std::move(error));
          }),
          std::move(adapt), max_version);
    }
    void finish(Error error) override {
      auto call = std::move(done);
      call(std::move(error), response, info);
    }
  };
  struct Group {
    int32_t node = -1;
    bool finding = false;
    std::vector<std::shared_ptr<Job>> waiting;
  };

  void start(std::shared_ptr<Job> job);
  void run(const std::shared_ptr<Job>& job);
  void find(const std::string& group);
  void found(const std::string& group, Error error, int32_t node);
  void attempted(const std::shared_ptr<Job>& job, int32_t node, Error error);
  void retry(const std::shared_ptr<Job>& job, Error error);
  void expired(const std::shared_ptr<Job>& job);
  void end(const std::shared_ptr<Job>& job, Error error);

  Router& router_;
  Metadata& metadata_;
  std::map<std::string, Group> groups_;
  std::vector<std::shared_ptr<Job>> jobs_;  // under way
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
