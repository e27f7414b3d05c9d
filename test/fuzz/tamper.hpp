// Changes the answers of brokers on their way to the client, as a script says: other values in single fields, other
// errors, random messages, damaged or missing bytes.
// Not here: the connections between client and broker (proxy.hpp).
#pragma once

#include <string>
#include <string_view>

#include "input.hpp"
#include "protocol/header.hpp"

namespace kafka::fuzz {

/// What becomes of an answer.
struct Verdict {
  enum class Fate : uint8_t { send, send_twice, send_part_and_close, drop, close };
  Fate fate = Fate::send;
  std::string body;  ///< behind the correlation id
  int32_t delay_ms = 0;
};

/// Takes the next words of the script. Without any left the answer passes as it is.
Verdict tamper(Input& script, const protocol::RequestHeader& header, std::string_view body);

}  // namespace kafka::fuzz
