#include "input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cli {
namespace {

// Reads the whole file. "" if that went well, otherwise why it did not.
std::string read_whole(const std::string& path, std::string& content) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return path + ": " + std::strerror(errno);
  content.clear();
  std::string error;
  std::vector<char> chunk(256 * 1024);
  while (error.empty()) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count == 0) break;
    if (count > 0) {
      content.append(chunk.data(), static_cast<size_t>(count));
    } else if (errno != EINTR) {
      error = path + ": " + std::strerror(errno);
    }
    if (content.size() > Input::kLongestMessage) {
      error = path + ": more than " + std::to_string(Input::kLongestMessage) + " bytes";
    }
  }
  ::close(fd);
  return error;
}

}  // namespace

Lines::Lines(uv_loop_t* loop, std::string delimiter, InputHandlers handlers)
    : loop_(loop),
      delimiter_(std::move(delimiter)),
      name_("stdin"),
      handlers_(std::move(handlers)),
      fd_(STDIN_FILENO),
      chunk_(kChunk) {}

Lines::Lines(uv_loop_t* loop, std::string delimiter, std::string path, InputHandlers handlers)
    : Lines(loop, std::move(delimiter), std::move(handlers)) {
  if (path == "-") return;
  name_ = path;
  path_ = std::move(path);
  fd_ = -1;
}

Lines::~Lines() {
  if (!path_.empty() && fd_ >= 0) ::close(fd_);
}

void Lines::start() {
  uv_idle_init(loop_, &idle_);
  idle_.data = this;
  if (!path_.empty()) {
    fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) return end(std::strerror(errno));
  } else {
    open_stream();
  }
  resume();
}

void Lines::open_stream() {
  const uv_handle_type type = uv_guess_handle(fd_);
  if (type == UV_NAMED_PIPE) {
    uv_pipe_init(loop_, &pipe_, 0);
    pipe_.data = this;
    if (uv_pipe_open(&pipe_, fd_) == 0) {
      stream_ = reinterpret_cast<uv_stream_t*>(&pipe_);
    } else {
      uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), nullptr);
    }
  }
  if (type == UV_TTY && uv_tty_init(loop_, &tty_, fd_, 1) == 0) {
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
  if (idle_.data != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
}

void Lines::pause() {
  paused_ = true;
  if (stream_ != nullptr) uv_read_stop(stream_);
  uv_idle_stop(&idle_);
}

void Lines::end(std::string error) {
  stop();
  handlers_.on_end(error.empty() ? "" : name_ + ": " + error);
}

bool Lines::deliver() {
  while (true) {
    const size_t line_end = text_.find(delimiter_, std::max(begin_, searched_));
    if (line_end == std::string::npos && !(at_end_ && begin_ < text_.size())) break;
    const size_t length = (line_end == std::string::npos ? text_.size() : line_end) - begin_;
    if (!handlers_.on_message(std::string_view(text_).substr(begin_, length))) return pause(), false;
    begin_ = line_end == std::string::npos ? text_.size() : line_end + delimiter_.size();
    if (ended_) return false;
  }
  text_.erase(0, begin_);
  begin_ = 0;
  // The beginning of a delimiter may be there already.
  searched_ = text_.size() - std::min(text_.size(), delimiter_.size() - 1);
  if (text_.size() > kLongestMessage) {
    return end("a line of more than " + std::to_string(kLongestMessage) + " bytes"), false;
  }
  return true;
}

void Lines::took(const char* data, size_t count) {
  text_.append(data, count);
  deliver();
}

void Lines::read_file() {
  const ssize_t count = ::read(fd_, chunk_.data(), chunk_.size());
  if (count < 0 && errno == EINTR) return;
  if (count < 0) return end(std::strerror(errno));
  if (count == 0) return at_eof();
  took(chunk_.data(), static_cast<size_t>(count));
}

void Lines::at_eof() {
  at_end_ = true;
  if (stream_ != nullptr) uv_read_stop(stream_);
  uv_idle_stop(&idle_);
  if (!paused_ && deliver() && !ended_) end("");
}

void Lines::on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  auto* self = static_cast<Lines*>(handle->data);
  *buffer = uv_buf_init(self->chunk_.data(), static_cast<unsigned>(self->chunk_.size()));
}

void Lines::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
  auto* self = static_cast<Lines*>(stream->data);
  if (count == UV_EOF) return self->at_eof();
  if (count < 0) return self->end(uv_strerror(static_cast<int>(count)));
  if (count > 0) self->took(self->chunk_.data(), static_cast<size_t>(count));
}

WholeFiles::WholeFiles(uv_loop_t* loop, std::vector<std::string> paths, InputHandlers handlers)
    : loop_(loop), paths_(std::move(paths)), handlers_(std::move(handlers)) {}

void WholeFiles::start() {
  uv_idle_init(loop_, &idle_);
  idle_.data = this;
  resume();
}

void WholeFiles::resume() {
  if (ended_) return;
  uv_idle_start(&idle_, [](uv_idle_t* idle) { static_cast<WholeFiles*>(idle->data)->next(); });
}

void WholeFiles::stop() {
  if (std::exchange(ended_, true) || idle_.data == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), nullptr);
}

// One file in each turn of the loop.
void WholeFiles::next() {
  if (at_ == paths_.size()) return end("");
  if (!loaded_) {
    if (std::string error = read_whole(paths_[at_], content_); !error.empty()) return end(std::move(error));
    loaded_ = true;
  }
  if (!handlers_.on_message(content_)) {
    uv_idle_stop(&idle_);
    return;
  }
  loaded_ = false;
  ++at_;
}

void WholeFiles::end(std::string error) {
  stop();
  handlers_.on_end(std::move(error));
}

}  // namespace cli
