// What a group's coordinator answers, as errors.
#pragma once

#include <string>

#include "base/error_table.hpp"

namespace kafka::group {

/// The error of an answer; none for code 0.
inline Error group_error(const std::string& group, int16_t code) {
  return code == 0 ? Error() : broker_error(code, "group " + group);
}

/// The same for errors that concern the coordinator alone: it moved, or it still loads the group. The request is made
/// again then, at the coordinator that is found, and nothing has happened to the member. None for all others.
inline Error coordinator_error(const std::string& group, int16_t code) {
  Error error = group_error(group, code);
  const bool moved = error && traits(error.code()).refresh == Refresh::coordinator;
  return moved || error == Errc::coordinator_load_in_progress ? error : Error();
}

}  // namespace kafka::group
