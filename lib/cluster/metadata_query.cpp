#include "cluster/metadata_query.hpp"

#include "cluster/metadata_answer.hpp"

namespace kafka::cluster {

void MetadataQueries::start(std::optional<std::set<std::string>> topics, bool create, net::Duration timeout,
                            Done done) {
  auto query = std::make_shared<Query>(
      Query{std::move(topics), create, router_.deadline(timeout), std::move(done), RetryPause(), net::Timer()});
  queries_.push_back(query);
  ask(std::move(query));
}

void MetadataQueries::ask(std::shared_ptr<Query> query) {
  protocol::MetadataRequest request;
  request.allow_auto_topic_creation = query->create;
  if (!query->topics) request.topics.reset();  // null: all
  if (query->topics) {
    for (const std::string& name : *query->topics) request.topics->emplace_back().name = name;
  }
  const net::Duration left = query->deadline - router_.reactor().now();
  router_.call<protocol::MetadataRequest>(
      router_.any_broker(), Purpose::general, std::move(request), {router_.config().request_timeout, left},
      scope_.wrap([this, query](Error error, protocol::MetadataResponse& response, const CallInfo& info) {
        answered(query, std::move(error), response, info);
      }),
      adapt_metadata_request);
}

void MetadataQueries::answered(const std::shared_ptr<Query>& query, Error error, protocol::MetadataResponse& response,
                               const CallInfo& info) {
  if (!error) error = metadata_error(response, "the answer");
  if (error) {
    feed_.failed(error);
  } else {
    if (query->topics) keep_asked(*query->topics, response);
    feed_.learn(response);
  }
  bool incomplete = false;  // topics that are being created have no leaders for a moment
  for (const auto& topic : response.topics) {
    if (topic.error_code != static_cast<int16_t>(Errc::leader_not_available)) continue;
    incomplete = true;
    if (topic.name) feed_.tell_retry("topic " + *topic.name, Errc::leader_not_available);
  }
  router_.delay(query->retry);
  const bool again = error ? router_.worth_retrying(error, info) : incomplete;
  if (!again || closed_ || query->retry.until() >= query->deadline) return finish(query, std::move(error), response);
  query->timer = router_.reactor().after(query->retry.until() - router_.reactor().now(),
                                         [this, weak = std::weak_ptr<Query>(query)] {
                                           if (auto due = weak.lock()) {
                                             due->timer.cancel();
                                             ask(std::move(due));
                                           }
                                         });
}

void MetadataQueries::finish(const std::shared_ptr<Query>& query, Error error, protocol::MetadataResponse& response) {
  if (error == Errc::connect_failed || error == Errc::disconnected) {
    error = Error(closed_ ? Errc::closed : Errc::timed_out, error.message());
  }
  std::erase(queries_, query);
  Done done = std::move(query->done);
  done(std::move(error), response);
}

void MetadataQueries::close() {
  closed_ = true;
  const auto waiting = queries_;
  for (const auto& query : waiting) {
    if (!query->timer.active()) continue;
    query->timer.cancel();
    protocol::MetadataResponse none;
    finish(query, Error(Errc::closed), none);
  }
}

}  // namespace kafka::cluster
