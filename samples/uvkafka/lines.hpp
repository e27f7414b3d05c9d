// Standard input line by line: pipes and terminals through libuv, files by reading.
// Not here: what a line is (produce.cpp).
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <string_view>

namespace cli {

/// Owns the handle on standard input and the bytes that were read and not taken yet.
class Lines {
 public:
  /// `on_line` says whether it took the line. `on_end` is called once, with what went wrong or "".
  Lines(uv_loop_t* loop, std::function<bool(std::string_view)> on_line, std::function<void(std::string)> on_end)
      : loop_(loop), on_line_(std::move(on_line)), on_end_(std::move(on_end)) {}

  void start();
  /// After on_line did not take a line: offers the same line again, and reads on.
  void resume();
  /// Ends without a call of on_end.
  void stop();
  bool ended() const { return ended_; }

 private:
  void open_stream();
  void pause();
  void end(std::string error);
  /// Offers all whole lines. False if it was paused or ended on the way.
  bool deliver();
  void took(const char* data, size_t count);
  void read_file();
  void at_eof();
  static void on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*);

  static constexpr size_t kChunk = 256 * 1024;
  static constexpr size_t kLongestLine = 104857600;  // more than any broker takes

  uv_loop_t* loop_;
  std::function<bool(std::string_view)> on_line_;
  std::function<void(std::string)> on_end_;
  uv_pipe_t pipe_{};
  uv_tty_t tty_{};
  uv_idle_t idle_{};
  uv_stream_t* stream_ = nullptr;  // of a pipe or a terminal; null for a file
  std::string text_;
  size_t begin_ = 0;     // of the first line that was not taken
  size_t searched_ = 0;  // no line ends before
  bool paused_ = false;
  bool at_end_ = false;
  bool ended_ = false;
  char chunk_[kChunk];
};

}  // namespace cli
