// Every message in every version: round trip at random, cut at every byte, every bit flipped.
// Not here: Kafka's own bytes (test/conformance).
#include <string>
#include <tuple>

#include "catch.hpp"
#include "codec/fill.hpp"
#include "protocol/api_versions.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/init_producer_id.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/message.hpp"
#include "protocol/metadata.hpp"
#include "protocol/negotiation.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/offset_fetch.hpp"
#include "protocol/offset_for_leader_epoch.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::protocol;

namespace {

template <class... Requests>
struct Messages {
  // Calls `check` for each request with a value of Api<>, and of both message types.
  template <class Check>
  static void each(Check check) {
    (check(Api<Requests>{}, Requests{}, ResponseOf<Requests>{}), ...);
  }
};

using All =
    Messages<ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
             FindCoordinatorRequest, ApiVersionsRequest, InitProducerIdRequest, OffsetForLeaderEpochRequest>;

std::string flat(codec::Writer& writer) {
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

template <class M>
std::string random_bytes(int version, uint64_t seed, M& message) {
  codec::fill(message, version, seed);
  codec::Writer writer;
  const Error error = encode(message, version, writer);
  INFO(error.message());
  REQUIRE_FALSE(error);
  return flat(writer);
}

template <class M>
void check_round_trip(int version, uint64_t seed) {
  M message{};
  const std::string bytes = random_bytes(version, seed, message);
  codec::Reader reader(Bytes::copy(std::string_view(bytes)));
  M back{};
  const Error error = decode(reader, version, back);
  INFO(error.message());
  REQUIRE_FALSE(error);
  REQUIRE(reader.remaining() == 0);
  REQUIRE(codec::equal(message, back));
  codec::Writer again;
  REQUIRE_FALSE(encode(back, version, again));
  REQUIRE(flat(again) == bytes);
  std::string json;
  REQUIRE_FALSE(to_json(back, version, json));
}

// What damaged bytes give must at least be something that can be printed and written again.
template <class M>
void check_damaged(const std::string& bytes, int version, bool cut) {
  codec::Reader reader(Bytes::copy(std::string_view(bytes)));
  M back{};
  const Error error = decode(reader, version, back);
  if (error || cut) {
    REQUIRE(error == Errc::protocol_error);
    return;
  }
  codec::Writer writer;
  REQUIRE_FALSE(encode(back, version, writer));
}

template <class M>
void check_damage(int version, uint64_t seed) {
  M message{};
  std::string bytes = random_bytes(version, seed, message);
  if (bytes.size() > 1500) return;
  for (size_t size = 0; size < bytes.size(); ++size) check_damaged<M>(bytes.substr(0, size), version, true);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char right = bytes[bit / 8];
    bytes[bit / 8] = static_cast<char>(right ^ 1 << bit % 8);
    check_damaged<M>(bytes, version, false);
    bytes[bit / 8] = right;
  }
}

}  // namespace

TEST_CASE("random messages of every API and version come back equal") {
  All::each([](auto api, auto request, auto response) {
    for (int version = api.kVersions.min; version <= api.kVersions.max; ++version) {
      INFO(name(api.kKey) << " v" << version);
      for (uint64_t seed = 0; seed < 30; ++seed) {
        check_round_trip<decltype(request)>(version, seed);
        check_round_trip<decltype(response)>(version, seed);
      }
    }
  });
}

TEST_CASE("A4, A5, A6, A7, A8: messages cut anywhere or with any bit flipped never crash") {
  All::each([](auto api, auto request, auto response) {
    for (int version = api.kVersions.min; version <= api.kVersions.max; ++version) {
      INFO(name(api.kKey) << " v" << version);
      for (uint64_t seed = 100; seed < 103; ++seed) {
        check_damage<decltype(request)>(version, seed);
        check_damage<decltype(response)>(version, seed);
      }
    }
  });
}

TEST_CASE("the table of supported versions says what the messages say") {
  All::each([](auto api, auto, auto) {
    INFO(name(api.kKey));
    REQUIRE(supported(api.kKey));
    CHECK(*supported(api.kKey) == api.kVersions);
    CHECK(flexible_from(api.kKey) == api.kFlexible);
  });
}

TEST_CASE("a message with its defaults can be written in every version that it has") {
  All::each([](auto api, auto request, auto response) {
    for (int version = api.kVersions.min; version <= api.kVersions.max; ++version) {
      INFO(name(api.kKey) << " v" << version);
      codec::Writer writer;
      const Error of_request = encode(request, version, writer);
      INFO(of_request.message());
      const Error of_response = encode(response, version, writer);
      INFO(of_response.message());
      CHECK_FALSE(of_response);
      // A null list of topics means all of them, which the oldest versions could not say so.
      if (of_request) CHECK(of_request == Errc::invalid_argument);
    }
  });
}
