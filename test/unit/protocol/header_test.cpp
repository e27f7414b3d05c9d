// Headers of requests and responses, both ends.
#include "protocol/header.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka;
using protocol::ApiKey;

namespace {

std::string flat(const std::vector<Bytes>& segments) {
  std::string all;
  for (const Bytes& segment : segments) all += segment.view();
  return all;
}

std::string request(ApiKey api, int16_t version, std::string_view client_id) {
  codec::Writer writer;
  protocol::begin_request(writer, api, version, 0x01020304, client_id);
  writer.raw("B");
  return flat(protocol::end_frame(writer));
}

codec::Reader behind_length(const std::string& frame) {
  codec::Reader reader(Bytes::copy(std::string_view(frame)));
  CHECK(static_cast<size_t>(reader.i32()) == frame.size() - 4);
  return reader;
}

}  // namespace

TEST_CASE("a request header is v1 before the first flexible version and v2 from it on") {
  CHECK(request(ApiKey::metadata, 8, "me") == std::string("\0\0\0\x0d\0\3\0\x08\1\2\3\4\0\2meB", 17));
  CHECK(request(ApiKey::metadata, 9, "me") == std::string("\0\0\0\x0e\0\3\0\x09\1\2\3\4\0\2me\0B", 18));
  CHECK(request(ApiKey::metadata, 8, {}) == std::string("\0\0\0\x0b\0\3\0\x08\1\2\3\4\xff\xff"
                                                        "B",
                                                        15));
  CHECK(protocol::request_header_version(ApiKey::controlled_shutdown, 0) == 0);
  CHECK(protocol::request_header_version(ApiKey::sasl_handshake, 1) == 1);
}

TEST_CASE("a server reads what a client writes") {
  for (int16_t version : {int16_t{0}, int16_t{3}}) {
    const std::string frame = request(ApiKey::api_versions, version, "client");
    codec::Reader reader = behind_length(frame);
    const protocol::RequestHeader header = protocol::read_request_header(reader);
    CHECK(header.api == ApiKey::api_versions);
    CHECK(header.version == version);
    CHECK(header.correlation_id == 0x01020304);
    CHECK(header.client_id == "client");
    CHECK(reader.raw(1) == "B");
    CHECK(reader.remaining() == 0);
    CHECK_FALSE(reader.failed());
  }
  const std::string frame = request(ApiKey::fetch, 0, {});
  codec::Reader reader = behind_length(frame);
  CHECK(protocol::read_request_header(reader).client_id == std::nullopt);
}

TEST_CASE("A3: a request header that is cut fails") {
  const std::string frame = request(ApiKey::metadata, 12, "client");
  for (size_t size = 4; size + 1 < frame.size(); ++size) {
    codec::Reader reader(Bytes::copy(std::string_view(frame).substr(4, size - 4)));
    protocol::read_request_header(reader);
    CHECK(reader.failed());
  }
}

TEST_CASE("a response header has tagged fields in flexible versions, but never for ApiVersions") {
  auto response = [](ApiKey api, int16_t version) {
    codec::Writer writer;
    protocol::begin_response(writer, api, version, 7);
    return flat(protocol::end_frame(writer));
  };
  CHECK(response(ApiKey::fetch, 11) == std::string("\0\0\0\4\0\0\0\7", 8));
  CHECK(response(ApiKey::fetch, 12) == std::string("\0\0\0\5\0\0\0\7\0", 9));
  CHECK(response(ApiKey::api_versions, 4) == std::string("\0\0\0\4\0\0\0\7", 8));
}

TEST_CASE("A8: tagged fields of a response header are skipped exactly") {
  codec::Reader reader(
      Bytes::unowned("\x01\x63\x03"
                     "abc!"));
  protocol::skip_response_header(reader, ApiKey::fetch, 12);
  CHECK(reader.raw(1) == "!");
  codec::Reader old(Bytes::unowned("!"));
  protocol::skip_response_header(old, ApiKey::api_versions, 3);
  CHECK(old.raw(1) == "!");
}

TEST_CASE("a client id that is too long is cut") {
  const std::string frame = request(ApiKey::fetch, 0, std::string(40000, 'c'));
  codec::Reader reader = behind_length(frame);
  CHECK(protocol::read_request_header(reader).client_id->size() == 32767);
}

TEST_CASE("APIs have Kafka's names") {
  CHECK(protocol::name(ApiKey::produce) == "Produce");
  CHECK(protocol::name(ApiKey::consumer_group_heartbeat) == "ConsumerGroupHeartbeat");
  CHECK(protocol::name(ApiKey::delete_share_group_offsets) == "DeleteShareGroupOffsets");
  CHECK(protocol::name(static_cast<ApiKey>(999)) == "Api 999");
  CHECK(protocol::name(static_cast<ApiKey>(-1)) == "Api -1");
}
