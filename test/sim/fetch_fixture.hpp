// Fetchers of a simulated client against one peer whose answers the test decides.
// Not here: the peer itself (fetch_peer.hpp), the recorder of deliveries (consumer_fixture.hpp).
#pragma once

#include <vector>

#include "consumer_fixture.hpp"
#include "fetch_peer.hpp"

namespace kafka::sim {

struct FetchFixture {
  explicit FetchFixture(int32_t partitions, int16_t version = 12, SessionOptions session = {})
      : client(1), peer(client.world, partitions, version) {
    session.bootstrap_servers = peer.broker.address();
    client.open(session);
    client.session->on_event({});
  }
  Fetcher fetcher(int32_t partitions, ConsumerOptions options = {}) {
    std::vector<TopicOffset> places;
    for (int32_t p = 0; p < partitions; ++p) places.push_back({"t", p, 0});
    return Fetcher(*client.session, places, options);
  }
  const Event* stopped(const Recorder& recorder) const {
    for (const Event& event : recorder.events) {
      if (event.type == Event::Type::partition_stopped) return &event;
    }
    return nullptr;
  }
  size_t asked_for(int32_t partition) const {
    size_t count = 0;
    for (const auto& request : peer.asked) count += peer.asked_for(request, partition) ? 1 : 0;
    return count;
  }

  SimClient client;
  FetchPeer peer;
};

}  // namespace kafka::sim
