// The topics in the bytes that consumers say they subscribe to (ConsumerProtocolSubscription). A broker reads no more
// of them than that.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace kafka::devbroker {

/// Empty if the bytes are no subscription.
std::vector<std::string> subscribed_topics(const Bytes& subscription);

}  // namespace kafka::devbroker
