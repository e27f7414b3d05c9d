// One request from frame to answer: which API and version, decoding, the fault it meets, its handler,
// encoding. What a broker does not understand closes the connection, as Kafka's does.
#include "devbroker/connection.hpp"

#include <algorithm>
#include <type_traits>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "devbroker/handle_fetch.hpp"
#include "devbroker/handlers.hpp"
#include "devbroker/node.hpp"
#include "protocol/api_table.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::devbroker {

namespace {

// Whether a request names a topic, and the partition if that is not -1: for faults with a filter.
template <class Topics, class Match>
bool any_topic(const Topics& topics, Match match) {
  for (const auto& topic : topics) {
    if (match(topic)) return true;
  }
  return false;
}

std::string name_of(Cluster& cluster, const std::string& name, const Uuid& id) {
  if (!name.empty()) return name;
  const Topic* topic = cluster.find_topic(from_uuid(id));
  return topic == nullptr ? std::string() : topic->name;
}

bool mentions(Cluster& cluster, const protocol::ProduceRequest& request, const std::string& name, int32_t partition) {
  return any_topic(request.topic_data, [&](const auto& topic) {
    return name_of(cluster, topic.name, topic.topic_id) == name &&
           (partition < 0 || any_topic(topic.partition_data, [&](const auto& p) { return p.index == partition; }));
  });
}

/// Partitions that only the session knows are mentioned too.
bool mentions(Cluster& cluster, int32_t broker, const protocol::FetchRequest& request, const std::string& name,
              int32_t partition) {
  auto asked = asks_of(request);
  if (request.session_epoch > 0) {
    if (const auto session = cluster.fetch_sessions(broker).find(request.session_id)) {
      for (FetchAsk& ask : session->asks()) asked.push_back(std::move(ask));
    }
  }
  return any_topic(asked, [&](const FetchAsk& ask) {
    return name_of(cluster, ask.topic, ask.topic_id) == name && (partition < 0 || ask.partition.partition == partition);
  });
}

bool mentions(Cluster&, const protocol::OffsetForLeaderEpochRequest& request, const std::string& name,
              int32_t partition) {
  return any_topic(request.topics, [&](const auto& topic) {
    return topic.topic == name &&
           (partition < 0 || any_topic(topic.partitions, [&](const auto& p) { return p.partition == partition; }));
  });
}

bool mentions(Cluster&, const protocol::ListOffsetsRequest& request, const std::string& name, int32_t partition) {
  return any_topic(request.topics, [&](const auto& topic) {
    return topic.name == name && (partition < 0 || any_topic(topic.partitions, [&](const auto& p) {
                                    return p.partition_index == partition;
                                  }));
  });
}

bool mentions(Cluster& cluster, const protocol::MetadataRequest& request, const std::string& name, int32_t) {
  if (!request.topics || request.topics->empty()) return cluster.find_topic(name) != nullptr;
  return any_topic(*request.topics, [&](const auto& topic) {
    return name_of(cluster, topic.name ? *topic.name : std::string(), topic.topic_id) == name;
  });
}

bool mentions(Cluster& cluster, const protocol::OffsetCommitRequest& request, const std::string& name,
              int32_t partition) {
  return any_topic(request.topics, [&](const auto& topic) {
    return name_of(cluster, topic.name, topic.topic_id) == name &&
           (partition < 0 ||
            any_topic(topic.partitions, [&](const auto& p) { return p.partition_index == partition; }));
  });
}

template <class AskedTopics>
bool mentions_offsets(Cluster& cluster, const AskedTopics& topics, const std::string& name, int32_t partition) {
  if (!topics) return cluster.find_topic(name) != nullptr;
  return any_topic(*topics, [&](const auto& topic) {
    Uuid id{};
    if constexpr (requires { topic.topic_id; }) id = topic.topic_id;
    return name_of(cluster, topic.name, id) == name &&
           (partition < 0 || any_topic(topic.partition_indexes, [&](int32_t number) { return number == partition; }));
  });
}

bool mentions(Cluster& cluster, const protocol::OffsetFetchRequest& request, const std::string& name,
              int32_t partition) {
  if (request.groups.empty()) return mentions_offsets(cluster, request.topics, name, partition);
  return any_topic(request.groups,
                   [&](const auto& group) { return mentions_offsets(cluster, group.topics, name, partition); });
}

template <class Request>
bool mentions(Cluster&, const Request&, const std::string&, int32_t) {
  return false;
}

}  // namespace

void Connection::serve(const Arrived& arrived) {
  codec::Reader reader(arrived.frame);
  const protocol::RequestHeader header = protocol::read_request_header(reader);
  if (reader.failed()) return close();
  Cluster& cluster = node_.cluster();
  const ApiKey api = header.api;
  cluster.note_request({.broker = node_.id(),
                        .api = api,
                        .version = header.version,
                        .correlation_id = header.correlation_id,
                        .connection = number_,
                        .client_id = header.client_id.value_or(""),
                        .at = std::chrono::duration_cast<std::chrono::nanoseconds>(arrived.at.time_since_epoch())});
  // A release without ApiVersions closes the connection here, as for every API that it does not know.
  const auto range = cluster.profile(node_.id()).find(api);
  if (!range) return close();
  if (header.version < range->served.min || header.version > range->served.max) {
    return api == ApiKey::api_versions ? refuse_api_versions(header) : close();
  }
#define UVKAFKA_CASE(Name)                        \
  case protocol::key_of<protocol::Name##Request>: \
    return run<protocol::Name##Request>(header, reader);
  switch (api) {
    UVKAFKA_EACH_API(UVKAFKA_CASE)
    default:
      return close();
  }
#undef UVKAFKA_CASE
}

template <class Request>
void Connection::run(const protocol::RequestHeader& header, codec::Reader& reader) {
  Request request;
  if (protocol::decode(reader, header.version, request)) return close();

  Cluster& cluster = node_.cluster();
  FaultAction fault;
  if (!cluster.faults().empty()) {
    auto names = [&](const std::string& topic, int32_t partition) {
      if constexpr (std::is_same_v<Request, protocol::FetchRequest>) {
        return mentions(cluster, node_.id(), request, topic, partition);
      } else {
        return mentions(cluster, request, topic, partition);
      }
    };
    cluster.faults().match(header.api, node_.id(), header.client_id.value_or(""), names, fault);
  }
  if (header.version >= protocol::throttles_client_from(header.api)) {
    mute_ = std::chrono::milliseconds(std::max(fault.throttle_ms, 0));
  }
  if (fault.close_before) return close_after(fault.delay);
  if (fault.swallow) return;  // busy for ever

  protocol::ResponseOf<Request> response;
  if constexpr (std::is_same_v<Request, protocol::FetchRequest>) {
    fetch_ = std::make_unique<FetchOperation>(cluster, node_.reactor(), node_.id(), header.version, fault,
                                              std::move(request));
    auto later = [this, header, fault](protocol::FetchResponse late) {
      fetch_.reset();
      respond<Request>(header, fault, late);
    };
    if (!fetch_->start(response, std::move(later))) return;
    fetch_.reset();
  } else {
    Context context{cluster, node_.reactor(), node_.id(), header.version, fault};
    handle(context, request, response);
    if (context.close) return close_after(fault.delay);
    if (!context.answer) return fault.close_after ? close_after(fault.delay) : finished();
  }
  respond<Request>(header, fault, response);
}

template <class Request>
void Connection::respond(const protocol::RequestHeader& header, const FaultAction& fault,
                         protocol::ResponseOf<Request>& response) {
  if constexpr (requires { response.throttle_time_ms; }) response.throttle_time_ms = fault.throttle_ms;
  if (fault.close_after) return close_after(fault.delay);
  if (fault.drop_response) return;  // busy for ever
  codec::Writer writer;
  protocol::begin_response(writer, header.api, header.version, header.correlation_id);
  if (protocol::encode(response, header.version, writer)) return close();
  send(protocol::end_frame(writer), fault);
}

/// A version of ApiVersions that is not served: the error in version 0, which everybody reads.
void Connection::refuse_api_versions(const protocol::RequestHeader& header) {
  protocol::ApiVersionsResponse response;
  response.error_code = wire_code(Errc::unsupported_version);
  const Profile& profile = node_.cluster().profile(node_.id());
  const auto range = profile.find(ApiKey::api_versions);
  if (profile.lists_on_refusal) {
    auto& api = response.api_keys.emplace_back();
    api.api_key = static_cast<int16_t>(range->api);
    api.min_version = range->advertised_min;
    api.max_version = range->served.max;
  }
  protocol::RequestHeader oldest = header;
  oldest.version = 0;
  respond<protocol::ApiVersionsRequest>(oldest, {}, response);
}

}  // namespace kafka::devbroker
