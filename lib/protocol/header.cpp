// Headers (see header.hpp). The client id is not compact in any version, so that a server can read it before it looks
// at the version.
#include "protocol/header.hpp"

#include <algorithm>

#include "protocol/api_table.hpp"

namespace kafka::protocol {

int request_header_version(ApiKey api, int16_t version) noexcept {
  if (api == ApiKey::controlled_shutdown && version == 0) return 0;
  return version >= flexible_from(api) ? 2 : 1;
}

int response_header_version(ApiKey api, int16_t version) noexcept {
  return api != ApiKey::api_versions && version >= flexible_from(api) ? 1 : 0;
}

void begin_request(codec::Writer& writer, ApiKey api, int16_t version, int32_t correlation_id,
                   std::string_view client_id) {
  writer.reserve_length();
  writer.i16(static_cast<int16_t>(api));
  writer.i16(version);
  writer.i32(correlation_id);
  const int header = request_header_version(api, version);
  if (header >= 1) writer.string(client_id.substr(0, INT16_MAX), false);
  if (header >= 2) writer.uvarint(0);
}

void begin_response(codec::Writer& writer, ApiKey api, int16_t version, int32_t correlation_id) {
  writer.reserve_length();
  writer.i32(correlation_id);
  if (response_header_version(api, version) >= 1) writer.uvarint(0);
}

std::vector<Bytes> end_frame(codec::Writer& writer) {
  writer.patch_length();
  return writer.take();
}

RequestHeader read_request_header(codec::Reader& reader) {
  RequestHeader header;
  header.api = static_cast<ApiKey>(reader.i16());
  header.version = reader.i16();
  header.correlation_id = reader.i32();
  const int version = request_header_version(header.api, header.version);
  if (version >= 1) {
    const std::string_view client_id = reader.nullable_string(false);
    if (client_id.data() != nullptr) header.client_id.emplace(client_id);
  }
  if (version >= 2) reader.skip_tagged();
  return header;
}

void skip_response_header(codec::Reader& reader, ApiKey api, int16_t version) {
  if (response_header_version(api, version) >= 1) reader.skip_tagged();
}

}  // namespace kafka::protocol
