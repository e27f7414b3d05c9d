// The library's log. Without a sink, warnings and errors go to stderr, and everything else is dropped.
#pragma once

#include <kafka/export.hpp>
#include <kafka/function.hpp>

#include <cstdint>
#include <string_view>

namespace kafka {

/// From the least to the most severe. A level lets itself and all more severe ones through; `off` lets nothing through.
enum class LogLevel : uint8_t { trace, debug, info, warning, error, off };

/// Gets one line without a line break. The view is valid during the call. The sink runs on the loop's thread, in the
/// middle of the library's work, so it must not call the library.
using LogSink = Function<void(LogLevel, std::string_view)>;

UVKAFKA_API std::string_view to_string(LogLevel level) noexcept;

}  // namespace kafka
