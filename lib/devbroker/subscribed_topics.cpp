// Reading subscriptions (see subscribed_topics.hpp).
#include "devbroker/subscribed_topics.hpp"

#include "codec/reader.hpp"

namespace kafka::devbroker {

std::vector<std::string> subscribed_topics(const Bytes& subscription) {
  codec::Reader reader(subscription);
  if (reader.i16() < 0) return {};  // the version
  std::vector<std::string> topics;
  const int32_t count = reader.array_count(false);
  for (int32_t i = 0; i < count && !reader.failed(); ++i) topics.emplace_back(reader.string(false));
  return reader.failed() ? std::vector<std::string>() : topics;
}

}  // namespace kafka::devbroker
