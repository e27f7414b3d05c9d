// Base64 with padding (RFC 4648), as SCRAM has it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kafka::auth {

std::string to_base64(std::string_view bytes);
/// None unless `text` is exactly what to_base64() makes of some bytes: no line break, no missing padding, no bits that
/// are left over.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace kafka::auth
