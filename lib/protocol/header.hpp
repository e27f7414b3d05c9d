// What comes before every body: the frame's length and the header of the request or the response. For clients and for
// servers.
// Not here: cutting a stream into frames (net/frame_reader), matching answers (cluster/in_flight).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "protocol/api_key.hpp"

namespace kafka::protocol {

struct RequestHeader {
  ApiKey api{};
  int16_t version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id = {};
};

/// 0 (no client id; ControlledShutdown v0 alone), 1, or 2 with tagged fields.
int request_header_version(ApiKey api, int16_t version) noexcept;
/// 0, or 1 with tagged fields. Always 0 for ApiVersions, because its sender cannot know yet what we understand.
int response_header_version(ApiKey api, int16_t version) noexcept;

/// Starts a frame: room for its length, then the header. A client id whose data() is null is sent as null. One that is
/// too long for the protocol is cut.
void begin_request(codec::Writer& writer, ApiKey api, int16_t version, int32_t correlation_id,
                   std::string_view client_id);
void begin_response(codec::Writer& writer, ApiKey api, int16_t version, int32_t correlation_id);
/// Fills in the length and hands the frame over. The writer is empty afterwards.
std::vector<Bytes> end_frame(codec::Writer& writer);

/// Reads a request's header from a frame without its length. For an API without a row, header version 1 is assumed.
/// Afterwards the reader is at the body, or has failed.
RequestHeader read_request_header(codec::Reader& reader);
/// Skips what follows the correlation id.
void skip_response_header(codec::Reader& reader, ApiKey api, int16_t version);

}  // namespace kafka::protocol
