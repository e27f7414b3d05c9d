#include "lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cli {

void Lines::start() {
  uv_idle_init(loop_, &idle_);
  idle_.data = this;
  open_stream();
  resume();
}

void Lines::open_stream() {
  const uv_handle_type type = uv_guess_handle(STDIN_FILENO);
  if (type == UV_NAMED_PIPE) {
    uv_pipe_init(loop_, &pipe_, 0);
    pipe_.data = this;
    if (uv_pipe_open(&pipe_, STDIN_FILENO) == 0) {
      stream_ = reinterpret_cast<uv_stream_t*>(&pipe_);
    } else {
      uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), nullptr);
    }
  }
  if (type == UV_TTY && uv_tty_init(loop_, &tty_, STDIN_FILENO, 1) == 0) {
    tty_.data = this;
    stream_ = reinterpret_cast<uv_stream_t*>(&tty_);
  }
}

void Lines::resume() {
  if (ended_) return;
  paused_ = false;
  if (!deliver()) return;
  if (at_end_) return end("");
  if (stream_ != nullptr) {
    uv_read_start(stream_, on_alloc, on_read);
  } else {
    uv_idle_start(&idle_, [](uv_idle_t* idle) { static_cast<Lines*>(idle->data)->read_file(); });
  }
}

void Lines::stop() {
  if (ended_) return;
  ended_ = true;
  if (stream_ != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(stream_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
}

void Lines::pause() {
  paused_ = true;
  if (stream_ != nullptr) uv_read_stop(stream_);
  uv_idle_stop(&idle_);
}

void Lines::end(std::string error) {
  stop();
  on_end_(std::move(error));
}

bool Lines::deliver() {
  while (true) {
    const size_t line_end = text_.find('\n', std::max(begin_, searched_));
    if (line_end == std::string::npos && !(at_end_ && begin_ < text_.size())) break;
    const size_t length = (line_end == std::string::npos ? text_.size() : line_end) - begin_;
    if (!on_line_(std::string_view(text_).substr(begin_, length))) return pause(), false;
    begin_ = line_end == std::string::npos ? text_.size() : line_end + 1;
    if (ended_) return false;
  }
  text_.erase(0, begin_);
  begin_ = 0;
  searched_ = text_.size();
  if (searched_ > kLongestLine) return end("a line of more than " + std::to_string(kLongestLine) + " bytes"), false;
  return true;
}

void Lines::took(const char* data, size_t count) {
  text_.append(data, count);
  deliver();
}

void Lines::read_file() {
  const ssize_t count = ::read(STDIN_FILENO, chunk_, sizeof chunk_);
  if (count < 0 && errno == EINTR) return;
  if (count < 0) return end(std::strerror(errno));
  if (count == 0) return at_eof();
  took(chunk_, static_cast<size_t>(count));
}

void Lines::at_eof() {
  at_end_ = true;
  if (stream_ != nullptr) uv_read_stop(stream_);
  uv_idle_stop(&idle_);
  if (!paused_ && deliver() && !ended_) end("");
}

void Lines::on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  auto* self = static_cast<Lines*>(handle->data);
  *buffer = uv_buf_init(self->chunk_, sizeof self->chunk_);
}

void Lines::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
  auto* self = static_cast<Lines*>(stream->data);
  if (count == UV_EOF) return self->at_eof();
  if (count < 0) return self->end(uv_strerror(static_cast<int>(count)));
  if (count > 0) self->took(self->chunk_, static_cast<size_t>(count));
}

}  // namespace cli
