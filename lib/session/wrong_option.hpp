// The error of an option whose value, or whose company, is wrong.
#pragma once

#include <kafka/error.hpp>

#include <string>
#include <utility>

namespace kafka::session {

inline Error wrong_option(std::string text) { return Error(Errc::invalid_option, std::move(text)); }

}  // namespace kafka::session
