// Where `uvkafka produce` takes its messages from: lines of standard input or of a file, or whole files.
// Not here: what is made of a message (produce.cpp).
#pragma once

#include <uv.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// What is done with what an input has.
struct InputHandlers {
  /// Says whether it took the message. Otherwise the same one is offered again after resume().
  std::function<bool(std::string_view)> on_message;
  /// Called once, with what went wrong or "".
  std::function<void(std::string)> on_end;
};

class Input {
 public:
  static constexpr size_t kLongestMessage = 104857600;  ///< more than any broker takes

  virtual ~Input() = default;
  virtual void start() = 0;
  /// After on_message did not take a message: offers it again, and reads on.
  virtual void resume() = 0;
  /// Ends without a call of on_end.
  virtual void stop() = 0;
  virtual bool ended() const = 0;
};

/// Owns the descriptor that is read and the bytes that were read and not taken yet. Pipes and terminals go through
/// libuv, files are read piece by piece.
class Lines final : public Input {
 public:
  /// Standard input.
  Lines(uv_loop_t* loop, std::string delimiter, InputHandlers handlers);
  /// A file; "-" is standard input.
  Lines(uv_loop_t* loop, std::string delimiter, std::string path, InputHandlers handlers);
  ~Lines() override;

  void start() override;
  void resume() override;
  void stop() override;
  bool ended() const override { return ended_; }

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

  uv_loop_t* loop_;
  std::string delimiter_;
  std::string name_;  // for errors
  std::string path_;  // "" for standard input
  InputHandlers handlers_;
  int fd_ = -1;
  uv_pipe_t pipe_{};
  uv_tty_t tty_{};
  uv_idle_t idle_{};
  uv_stream_t* stream_ = nullptr;  // of a pipe or a terminal; null for a file
  std::string text_;
  size_t begin_ = 0;     // of the first line that was not taken
  size_t searched_ = 0;  // no delimiter begins before
  bool paused_ = false;
  bool at_end_ = false;
  bool ended_ = false;
  std::vector<char> chunk_;
};

/// Offers each file as one message.
class WholeFiles final : public Input {
 public:
  WholeFiles(uv_loop_t* loop, std::vector<std::string> paths, InputHandlers handlers);

  void start() override;
  void resume() override;
  void stop() override;
  bool ended() const override { return ended_; }

 private:
  void next();
  void end(std::string error);

  uv_loop_t* loop_;
  std::vector<std::string> paths_;
  InputHandlers handlers_;
  uv_idle_t idle_{};
  size_t at_ = 0;        // in paths_
  std::string content_;  // of that file, if loaded_
  bool loaded_ = false;
  bool ended_ = false;
};

}  // namespace cli
