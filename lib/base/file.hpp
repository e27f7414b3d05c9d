// Reads a file that an option names. It may hold a secret.
#pragma once

#include <string>

#include "base/wipe.hpp"

namespace kafka {

/// All of the file, or of the pipe. Returns "", or what went wrong: the system's reason, or that there are more than
/// `most` bytes.
std::string read_file(const std::string& path, size_t most, WipedString& to);

}  // namespace kafka
