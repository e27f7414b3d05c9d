// The library's log. Without a sink, warnings and errors go to stderr, and everything else is dropped.
#pragma once

#include <kafka/export.hpp>
#include <kafka/function.hpp>

#include <cstdint>
#include <string_view>

namespace kafka {

/// From the least to the most severe. A level lets itself and all more severe ones through; `off` lets nothing through.
enum class LogLevel : uint8_t { trace, debug, info, warning, error, off };

/// Gets one line without a line break. The view is valid during the call. The sink is a callback like all others (see
/// session.hpp): it runs a little later, on the loop's thread, and may call, close or destroy anything. Lines that are
/// caused while it runs are dropped, and so are lines that still wait when the session is destroyed without close().
using LogSink = Function<void(LogLevel, std::string_view)>;

UVKAFKA_API std::string_view to_string(LogLevel level) noexcept;

}  // namespace kafka
