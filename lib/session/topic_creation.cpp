#include "session/topic_creation.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::session {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;

TopicCreation::TopicCreation(Core& core, NewTopic topic, Done done)
    : Operation(core),
      core_(core),
      topic_(std::move(topic)),
      done_(std::move(done)),
      deadline_(core.reactor().now() + core.options().default_api_timeout) {}

void TopicCreation::start(Core& core, NewTopic topic, Done done) {
  const auto creation = std::make_shared<TopicCreation>(core, std::move(topic), std::move(done));
  creation->enter();
  creation->find_controller();
}

net::Duration TopicCreation::left() const { return std::max(deadline_ - core_.reactor().now(), net::Duration::zero()); }

// Before Kafka 3 only the controller takes the request, and which broker that is changes.
void TopicCreation::find_controller() {
  core_.metadata().fetch(std::set<std::string>(), false, left(),
                         scope_.wrap([this](Error error, const protocol::MetadataResponse& response) {
                           if (error) return finish(std::move(error));
                           const int32_t controller = response.controller_id;
                           cluster::Router& router = core_.router();
                           ask(router.knows(controller) ? controller : router.any_broker());
                         }));
}

void TopicCreation::ask(int32_t controller) {
  core_.router().call<CreateTopicsRequest>(
      controller, cluster::Purpose::general, CreateTopicsRequest(), {core_.options().request_timeout, left()},
      scope_.wrap([this](Error error, CreateTopicsResponse& response, const cluster::CallInfo& info) {
        answered(std::move(error), response, info);
      }),
      [this, guard = scope_.guard()](CreateTopicsRequest& request, int16_t version) {
        return guard.alive() ? prepare(request, version) : Error(Errc::closed, "nobody waits for the answer");
      });
}

Error TopicCreation::prepare(CreateTopicsRequest& request, int16_t version) const {
  if (version < CreateTopicsRequest::kDefaultsFrom && (topic_.partitions < 0 || topic_.replication_factor < 0)) {
    return Error(Errc::unsupported_feature,
                 "a topic with the broker's numbers of partitions and replicas needs Kafka 2.4");
  }
  request = {};
  // The broker answers when the topic is there, and must do so before the client gives the request up.
  const net::Duration patience = std::min<net::Duration>(core_.options().request_timeout, left()) / 2;
  request.timeout_ms = static_cast<int32_t>(std::chrono::ceil<std::chrono::milliseconds>(patience).count());
  auto& topic = request.topics.emplace_back();
  topic.name = topic_.name;
  topic.num_partitions = topic_.partitions;
  topic.replication_factor = topic_.replication_factor;
  return {};
}

void TopicCreation::answered(Error error, const CreateTopicsResponse& response, const cluster::CallInfo& info) {
  const bool unanswered = static_cast<bool>(error);
  if (!error) error = judge(response);
  if (!error) return finish({});
  if (error == Errc::topic_already_exists && perhaps_created_) return finish({});
  perhaps_created_ |= unanswered ? info.sent == cluster::Sent::maybe : error == Errc::request_timed_out;
  if (error == Errc::unsupported_version) {
    return finish(Error(Errc::unsupported_feature, "CreateTopics needs Kafka 0.10.1: " + std::string(error.detail())));
  }
  // More brokers may come some day; whoever asks for too many copies wants to hear of it now.
  if (error == Errc::invalid_replication_factor || !core_.router().worth_retrying(error, info)) {
    return finish(std::move(error));
  }
  const net::Duration pause = core_.router().delay(retry_);
  if (pause >= left()) return finish(Error(Errc::timed_out, "topic " + topic_.name + ": " + error.message()));
  core_.log().failure(LogLevel::debug, "topic " + topic_.name, error);
  timer_ = core_.reactor().after(pause, [this] {
    timer_.cancel();
    find_controller();
  });
}

Error TopicCreation::judge(const CreateTopicsResponse& response) const {
  for (const auto& topic : response.topics) {
    if (topic.name != topic_.name) continue;
    if (topic.error_code == 0) return {};
    const std::string text = topic.error_message.value_or("");
    return broker_error(topic.error_code, "topic " + topic_.name + (text.empty() ? "" : ": " + escaped(text)));
  }
  return Error(Errc::protocol_error, "the answer to CreateTopics lacks " + topic_.name);
}

void TopicCreation::finish(Error error) {
  const std::shared_ptr<Operation> pinned = leave();
  if (pinned == nullptr) return;
  scope_.end();
  timer_.cancel();
  Done done = std::move(done_);
  done(std::move(error));
}

void TopicCreation::drop() {
  scope_.end();
  timer_.cancel();
  done_ = nullptr;
}

}  // namespace kafka::session
