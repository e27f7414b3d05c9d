// What the library has to say for people reading logs. Without a sink, warnings and errors go to
// stderr and everything else is dropped.
#pragma once

#include <kafka/export.hpp>
#include <kafka/function.hpp>

#include <cstdint>
#include <string_view>

namespace kafka {

/// Ascending in weight; a level lets itself and all heavier ones through, `off` lets nothing through.
enum class LogLevel : uint8_t { trace, debug, info, warning, error, off };

/// Gets one line without a line break; the view is valid during the call. It runs on the loop's
/// thread, in the middle of the library's work: it must not call back into the library.
using LogSink = Function<void(LogLevel, std::string_view)>;

KAFKA_API std::string_view to_string(LogLevel level) noexcept;

}  // namespace kafka
