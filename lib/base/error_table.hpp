// What the client does about each error code: one row per code in errors.def, asked everywhere.
// Nothing else in the library compares a code in order to decide about retries.
#pragma once

#include <kafka/error.hpp>

#include <string_view>

namespace kafka {

enum class Retry : uint8_t { no, yes };
/// What has to be asked anew before the same request can succeed.
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

/// The row of `code`. A code that no row knows gets the row of unknown_server_error with retry:
/// it is never a success, and it backs off.
const ErrorTraits& traits(Errc code) noexcept;

/// An error as it came off the wire; 0 gives no error.
Error broker_error(int16_t code, std::string detail = {});

/// Printable form of bytes somebody else chose: control characters and invalid UTF-8 escaped,
/// longer than `limit` cut with an ellipsis.
std::string escaped(std::string_view text, size_t limit = 256);

}  // namespace kafka
