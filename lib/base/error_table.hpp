// What the client does about each error code: one row per code in errors.def. All decisions about retries come from
// here; no other code compares error codes for that purpose.
#pragma once

#include <kafka/error.hpp>

#include <string_view>

namespace kafka {

enum class Retry : uint8_t { no, yes };
/// What the client must ask for again before the same request can succeed.
enum class Refresh : uint8_t { none, metadata, coordinator, bootstrap };

struct ErrorTraits {
  Errc code;
  std::string_view name;
  Retry retry;
  Refresh refresh;
  Persistence persistence;  ///< of a record in a Produce request answered with this code
  bool fatal;
  std::string_view text;
};

/// The row of `code`. A code without a row gets the row of unknown_server_error with retry: it is never a success, and
/// the client pauses before it retries.
const ErrorTraits& traits(Errc code) noexcept;

/// The error for a code from the wire. Code 0 is no error.
Error broker_error(int16_t code, std::string detail = {});

/// A printable form of bytes that a peer chose: control characters and invalid UTF-8 are escaped, and what is longer
/// than `limit` is cut, with an ellipsis.
std::string escaped(std::string_view text, size_t limit = 256);

}  // namespace kafka
