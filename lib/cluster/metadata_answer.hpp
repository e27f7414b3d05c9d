// What is the same for every Metadata request: how it is adapted to old brokers, and which brokers and topics of an
// answer are usable.
// Not here: what is kept of the answer (topic_cache), when a request is sent (metadata, metadata_query).
#pragma once

#include <kafka/types.hpp>

#include <set>
#include <string>
#include <vector>

#include "protocol/metadata.hpp"

namespace kafka::cluster {

/// More brokers of one cluster are not believed.
inline constexpr size_t kMostBrokers = 10000;

/// True if a connection to it can be attempted.
bool usable(const std::string& host, int32_t port);
/// The brokers of an answer that can be connected to, by id; anything else that a server may have written is left out.
std::vector<BrokerInfo> usable_brokers(const protocol::MetadataResponse& response);
/// Leaves those of `asked` in the answer. One that the answer lacks is put there as unknown.
void keep_asked(const std::set<std::string>& asked, protocol::MetadataResponse& response);
/// Adapts a request to the version of the broker; never fails.
Error adapt_metadata_request(protocol::MetadataRequest& request, int16_t version);
/// The error of the whole answer, `from` being the broker that gave it; none if it can be used.
Error metadata_error(const protocol::MetadataResponse& response, const std::string& from);

}  // namespace kafka::cluster
