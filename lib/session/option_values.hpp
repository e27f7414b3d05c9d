// Values of options that stand for something else: ${env:NAME} and ${file:PATH}. They keep secrets off the command line
// and out of configuration files.
#pragma once

#include <kafka/error.hpp>

#include <string>
#include <string_view>

#include "base/wipe.hpp"

namespace kafka::session {

/// Replaces `value` by what it stands for, which `memory` holds then. A file loses its last line end. invalid_option
/// names the option if there is no such variable or file.
Error expand(std::string_view name, std::string_view& value, WipedString& memory);

/// A number with at most three digits behind the point, and no more of them than it needs: "0.8".
std::string decimal(double value);

}  // namespace kafka::session
