#include "screen.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

namespace cli {
namespace {

constexpr int kUsualWidth = 80;
constexpr int kUsualHeight = 24;

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

// libuv frees nothing: the handles outlive the screen by a turn of the loop.
struct Screen::Handles {
  uv_tty_t in{};
  uv_signal_t size{};
  std::function<void(char)> key;
  std::function<void()> resized;
  char piece[64] = {};
  int open = 2;
};

bool Screen::possible() { return uv_guess_handle(STDIN_FILENO) == UV_TTY && uv_guess_handle(STDOUT_FILENO) == UV_TTY; }

Screen::Screen(uv_loop_t* loop, std::function<void(char)> key, std::function<void()> resized)
    : handles_(std::make_unique<Handles>()) {
  handles_->key = std::move(key);
  handles_->resized = std::move(resized);
  uv_tty_init(loop, &handles_->in, STDIN_FILENO, 1);
  uv_tty_set_mode(&handles_->in, UV_TTY_MODE_RAW);
  handles_->in.data = handles_->size.data = handles_.get();
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&handles_->in),
      [](uv_handle_t* handle, size_t, uv_buf_t* into) {
        auto* const handles = static_cast<Handles*>(handle->data);
        *into = uv_buf_init(handles->piece, sizeof(handles->piece));
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
        auto* const handles = static_cast<Handles*>(stream->data);
        for (ssize_t i = 0; i < count && handles->key; ++i) handles->key(handles->piece[i]);
      });
  uv_signal_init(loop, &handles_->size);
  uv_signal_start(
      &handles_->size,
      [](uv_signal_t* signal, int) {
        auto* const handles = static_cast<Handles*>(signal->data);
        if (handles->resized) handles->resized();
      },
      SIGWINCH);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->in));
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->size));
  write_out("\x1b[?1049h\x1b[?25l");  // the alternate screen, no cursor
}

Screen::~Screen() {
  write_out("\x1b[?25h\x1b[?1049l");
  uv_tty_reset_mode();
  Handles* const left = handles_.release();
  left->key = nullptr;
  left->resized = nullptr;
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&left->in), reinterpret_cast<uv_handle_t*>(&left->size)}) {
    uv_close(handle, [](uv_handle_t* closed) {
      auto* const handles = static_cast<Handles*>(closed->data);
      if (--handles->open == 0) delete handles;
    });
  }
}

int Screen::width() const {
  int width = 0;
  int height = 0;
  return uv_tty_get_winsize(&handles_->in, &width, &height) == 0 && width > 0 ? width : kUsualWidth;
}

int Screen::height() const {
  int width = 0;
  int height = 0;
  return uv_tty_get_winsize(&handles_->in, &width, &height) == 0 && height > 0 ? height : kUsualHeight;
}

void Screen::show(const std::vector<std::string>& lines) {
  const auto columns = static_cast<size_t>(width());
  const auto rows = static_cast<size_t>(height());
  std::string page = "\x1b[H";
  for (size_t i = 0; i < lines.size() && i < rows; ++i) {
    if (i > 0) page += "\r\n";
    page += std::string_view(lines[i]).substr(0, columns);
    page += "\x1b[K";  // what stood behind it before
  }
  page += "\x1b[J";
  write_out(page);
}

}  // namespace cli
