// The messages of SCRAM as text (RFC 5802, section 7): written, and read strictly.
// Not here: what is computed from them (scram.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kafka::auth {

/// A name inside a message: '=' and ',' have a meaning there.
std::string escape_name(std::string_view name);

/// What the server says first.
struct ServerFirst {
  std::string nonce;
  std::string salt;  ///< decoded
  uint32_t iterations = 0;
};
/// Returns what is wrong with the message; nothing if it is well. The nonce has to begin with `ours` and be longer.
std::string read_server_first(std::string_view message, std::string_view ours, ServerFirst& to);

/// What the server says last: a signature, or the error that it gives in its place.
struct ServerFinal {
  std::string signature;  ///< decoded
  std::string error;
};
std::string read_server_final(std::string_view message, ServerFinal& to);

}  // namespace kafka::auth
