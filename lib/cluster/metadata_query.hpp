// Explicit questions for metadata, as Session::cluster() and topic listings ask them: each is tried again until its
// deadline, and its answer goes to the caller as it came.
// Not here: the metadata that the client keeps fresh for itself (metadata).
#pragma once

#include <kafka/function.hpp>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/router.hpp"
#include "protocol/metadata.hpp"

namespace kafka::cluster {

/// Learns from the answers to explicit questions, too.
class MetadataFeed {
 public:
  virtual void learn(protocol::MetadataResponse& response) = 0;
  virtual void failed(const Error& error) = 0;
  /// The question about `subject` will be asked again.
  virtual void tell_retry(const std::string& subject, const Error& why) = 0;

 protected:
  ~MetadataFeed() = default;
};

/// Owns the explicit questions under way.
class MetadataQueries {
 public:
  using Done = Function<void(Error, protocol::MetadataResponse&)>;

  MetadataQueries(Router& router, MetadataFeed& feed) : router_(router), feed_(feed) {}

  /// Asks about the named topics, or all of them. `done` runs exactly once, never from inside this call.
  void start(std::optional<std::set<std::string>> topics, bool create, net::Duration timeout, Done done);
  /// Questions that wait for their next attempt end with `closed`. Those under way end with the router.
  void close();

 private:
  struct Query {
    std::optional<std::set<std::string>> topics;
    bool create = false;
    net::TimePoint deadline{};
    Done done;
    RetryPause retry;
    net::Timer timer;
  };

  void ask(std::shared_ptr<Query> query);
  void answered(const std::shared_ptr<Query>& query, Error error, protocol::MetadataResponse& response,
                const CallInfo& info);
  void finish(const std::shared_ptr<Query>& query, Error error, protocol::MetadataResponse& response);

  Router& router_;
  MetadataFeed& feed_;
  std::vector<std::shared_ptr<Query>> queries_;
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::cluster
