#include "console.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "base/error_table.hpp"

namespace cli {

std::string shown(const std::string& name) {
  constexpr size_t kAll = SIZE_MAX;
  return kafka::escaped(name, kAll);
}

int Output::flush() {
  std::string_view left = pending_;
  while (!left.empty() && failed_ == 0) {
    const ssize_t count = ::write(STDOUT_FILENO, left.data(), left.size());
    if (count >= 0) {
      last_written_ = count > 0 ? left[static_cast<size_t>(count) - 1] : last_written_;
      left.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};  // whoever started this program has made the stream non-blocking
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      failed_ = errno;
    }
  }
  pending_.clear();
  return failed_;
}

Console::Console(bool quiet) : quiet_(quiet), progress_(!quiet && isatty(STDERR_FILENO) != 0) {}

void Console::say(const std::string& sentence) {
  if (to_) return to_(sentence);
  clear();
  std::fprintf(stderr, "uvkafka: %s\n", sentence.c_str());
}

void Console::note(const std::string& sentence) {
  if (!quiet_) say(sentence);
}

void Console::show(const std::string& state) {
  if (!progress_) return;
  std::fprintf(stderr, "\r%s\033[K", state.c_str());
  std::fflush(stderr);
  shown_ = ever_shown_ = true;
}

void Console::clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

void Console::end(const std::string& state) {
  if (!ever_shown_) return;
  std::fprintf(stderr, "\r%s\033[K\n", state.c_str());
  shown_ = ever_shown_ = false;
}

}  // namespace cli
