// Text as a JSON string. Names that a broker sent may be any bytes, but JSON is UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace kafka::capi {

/// Appends `text` in quotes. Control characters are escaped, and bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& json, std::string_view text);

}  // namespace kafka::capi
