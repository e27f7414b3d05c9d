#include "cluster/metadata_answer.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/error_table.hpp"

namespace kafka::cluster {
namespace {

constexpr int32_t kHighestPort = 65535;

}  // namespace

bool usable(const std::string& host, int32_t port) { return !host.empty() && port > 0 && port <= kHighestPort; }

std::vector<BrokerInfo> usable_brokers(const protocol::MetadataResponse& response) {
  std::vector<BrokerInfo> brokers;
  for (const auto& broker : response.brokers) {
    if (broker.node_id < 0 || !usable(broker.host, broker.port) || brokers.size() >= kMostBrokers) continue;
    brokers.push_back({broker.node_id, broker.host, broker.port, broker.rack.value_or("")});
  }
  std::stable_sort(brokers.begin(), brokers.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return brokers;
}

void keep_asked(const std::set<std::string>& asked, protocol::MetadataResponse& response) {
  std::unordered_map<std::string_view, bool> answered;  // asked about; true: the answer has it
  answered.reserve(asked.size());
  for (const std::string& name : asked) answered.emplace(name, false);
  std::erase_if(response.topics, [&](const auto& topic) {
    if (!topic.name) return false;
    const auto found = answered.find(*topic.name);
    if (found == answered.end()) return true;
    found->second = true;
    return false;
  });
  for (const std::string& name : asked) {
    if (answered.find(name)->second) continue;
    response.topics.emplace_back().name = name;
    response.topics.back().error_code = static_cast<int16_t>(Errc::unknown_topic_or_partition);
  }
}

Error adapt_metadata_request(protocol::MetadataRequest& request, int16_t version) {
  // In older versions a question about a topic may create it. A client that does not want that has to ask for all
  // topics.
  if (version < protocol::MetadataRequest::kNoCreationFrom && !request.allow_auto_topic_creation) {
    request.allow_auto_topic_creation = true;
    if (request.topics && !request.topics->empty()) request.topics.reset();
  }
  if (version < protocol::MetadataRequest::kNullMeansAllFrom && !request.topics) request.topics.emplace();
  return {};
}

Error metadata_error(const protocol::MetadataResponse& response, const std::string& from) {
  if (response.error_code != 0) return broker_error(response.error_code, "Metadata");
  if (usable_brokers(response).empty()) return Error(Errc::broker_not_available, from + " names no broker");
  return {};
}

}  // namespace kafka::cluster
