// Base64 (RFC 4648): with padding, as SCRAM has it, and that of URLs without, as tokens have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kafka::auth {

std::string to_base64(std::string_view bytes);
/// None unless `text` is exactly what to_base64() makes of some bytes: no line break, no missing padding, no bits that
/// are left over.
std::optional<std::string> from_base64(std::string_view text);

std::string to_base64url(std::string_view bytes);
/// None if `text` has another character, or is cut.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace kafka::auth
