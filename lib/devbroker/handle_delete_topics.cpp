// DeleteTopics (key 20): every broker takes it, as if it had passed it on to the controller.
#include "devbroker/handlers.hpp"
#include "protocol/delete_topics.hpp"

namespace kafka::devbroker {
namespace {

Error erase(Context& context, const std::string& name, Errc injected) {
  if (injected != Errc::none && !context.fault.executes()) return injected;
  Error outcome = context.cluster.topics().erase(name);
  return injected != Errc::none ? Error(injected) : outcome;
}

}  // namespace

void handle(Context& context, protocol::DeleteTopicsRequest& request, protocol::DeleteTopicsResponse& response) {
  const auto answer = [&](const Error& error, auto& out) {
    out.error_code = wire_code(error.code());
    if (error) out.error_message = error.message();
  };
  for (const std::string& name : request.topic_names) {
    auto& out = response.responses.emplace_back();
    out.name = name;
    answer(erase(context, name, context.fault.at_topic(name)), out);
  }
  for (const auto& asked : request.topics) {
    auto& out = response.responses.emplace_back();
    out.topic_id = asked.topic_id;
    out.name = asked.name;
    if (asked.name) {
      answer(erase(context, *asked.name, context.fault.at_topic(*asked.name)), out);
      continue;
    }
    Topic* const topic = context.cluster.topics().find(from_uuid(asked.topic_id));
    if (topic == nullptr) {
      answer(Errc::unknown_topic_id, out);
      continue;
    }
    const std::string name = topic->name;
    out.name = name;
    answer(erase(context, name, context.fault.at_topic(name)), out);
  }
}

}  // namespace kafka::devbroker
