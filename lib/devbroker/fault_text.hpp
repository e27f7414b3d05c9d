// A fault as one line of text, as the command line takes it: API[:times=N][:error=NAME|:delay=MS|:cut].
// Not here: which request meets the fault (faults.hpp), what it does to bytes and connections (connection.cpp).
#pragma once

#include <kafka/devbroker.hpp>

#include <chrono>
#include <string_view>

namespace kafka::devbroker {

/// What such a text says.
struct FaultText {
  /// `cut` sends this much of the answer: enough for a client to see that an answer began.
  static constexpr size_t kCutAt = 6;
  static constexpr std::chrono::milliseconds kMostDelay = std::chrono::hours(1);

  ApiKey api = ApiKey::produce;
  int times = 1;  ///< -1: always
  Errc error = Errc::none;
  std::chrono::milliseconds delay{0};
  bool cut = false;

  /// Errors: invalid_argument, with the part that is wrong and what may stand there.
  static Error parse(std::string_view text, FaultText& into);
  void apply(Fault& fault) const;
};

}  // namespace kafka::devbroker
