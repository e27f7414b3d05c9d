// Every message in every version: round trip at random, cut at every byte, every bit flipped.
// Not here: Kafka's own bytes (test/conformance).
#include <string>
#include <tuple>

#include "catch.hpp"
#include "codec/fill.hpp"
#include "protocol/api_table.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

using namespace kafka;
using namespace kafka::protocol;

namespace {

/// Calls `check` once per API, with its row and an empty message of both kinds.
template <class Check>
void each_api(Check check) {
#define UVKAFKA_CHECK(Name) check(Api<Name##Request>::kRow, Name##Request{}, Name##Response{});
  UVKAFKA_EACH_API(UVKAFKA_CHECK)
#undef UVKAFKA_CHECK
}

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

// If damaged bytes can be read, the result can be written again.
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
  each_api([](const ApiRow& api, auto request, auto response) {
    for (int version = api.versions.min; version <= api.versions.max; ++version) {
      INFO(name(api.key) << " v" << version);
      for (uint64_t seed = 0; seed < 30; ++seed) {
        check_round_trip<decltype(request)>(version, seed);
        check_round_trip<decltype(response)>(version, seed);
      }
    }
  });
}

TEST_CASE("A4, A5, A6, A7, A8: messages cut anywhere or with any bit flipped never crash") {
  each_api([](const ApiRow& api, auto request, auto response) {
    for (int version = api.versions.min; version <= api.versions.max; ++version) {
      INFO(name(api.key) << " v" << version);
      for (uint64_t seed = 100; seed < 103; ++seed) {
        check_damage<decltype(request)>(version, seed);
        check_damage<decltype(response)>(version, seed);
      }
    }
  });
}

TEST_CASE("the table of APIs has every row, found by its key") {
  size_t count = 0;
  each_api([&](const ApiRow& row, auto request, auto response) {
    INFO(name(row.key));
    const ApiRow* found = find_api(row.key);
    REQUIRE(found != nullptr);
    CHECK(found->key == row.key);
    CHECK(found->versions == row.versions);
    CHECK(&row_of<decltype(request)> == &row_of<decltype(response)>);
    CHECK(flexible_from(row.key) == row.flexible_from);
    CHECK(throttles_client_from(row.key) == row.throttles_client_from);
    ++count;
  });
  CHECK(api_rows().size() == count);
}

TEST_CASE("an API that this library does not speak has no row") {
  for (ApiKey key : {ApiKey::leader_and_isr, ApiKey::delete_share_group_offsets, static_cast<ApiKey>(-1),
                     static_cast<ApiKey>(kApiKeys), static_cast<ApiKey>(32767)}) {
    CHECK(find_api(key) == nullptr);
    CHECK(flexible_from(key) == kNever);
    CHECK(throttles_client_from(key) == kNever);
  }
}

TEST_CASE("a row contradicts neither itself nor the releases' order") {
  for (const ApiRow& row : api_rows()) {
    INFO(name(row.key));
    CHECK(row.versions.min <= row.client_from);
    CHECK(row.client_from <= row.versions.max);
    CHECK(row.kafka4_from <= row.newest_in.v4_3);
    CHECK((row.throttles_client_from == kNever || row.throttles_client_from <= row.versions.max));
    int16_t last = kNoVersion;
    const NewestIn& in = row.newest_in;
    for (int16_t newest :
         {in.v0_8_2, in.v0_9, in.v0_10, in.v0_11, in.v1_1, in.v2_4, in.v2_8, in.v3_9, in.v4_3, row.versions.max}) {
      CHECK(newest >= last);
      last = newest;
    }
  }
}

TEST_CASE("a message with its defaults can be written in every version that it has") {
  each_api([](const ApiRow& api, auto request, auto response) {
    for (int version = api.versions.min; version <= api.versions.max; ++version) {
      INFO(name(api.key) << " v" << version);
      codec::Writer writer;
      const Error of_request = encode(request, version, writer);
      INFO(of_request.message());
      const Error of_response = encode(response, version, writer);
      INFO(of_response.message());
      CHECK_FALSE(of_response);
      // The oldest versions have no null for a list of topics.
      if (of_request) CHECK(of_request == Errc::invalid_argument);
    }
  });
}
