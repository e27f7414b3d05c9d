// What a run prints: messages on stdout, sentences and the progress line on stderr.
// Not here: when it is printed (app.hpp, watch.hpp), how a message looks (format.hpp).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace cli {

/// A name that another client chose: the terminal shows it and does not obey it.
std::string shown(const std::string& name);

/// Owns what was printed on stdout and not written yet.
class Output {
 public:
  void write(std::string_view text) { pending_ += text; }
  void write(char c) { pending_ += c; }
  void line(std::string_view text) { write(text), write('\n'); }
  /// It is worth a flush although the turn of the loop is not over.
  bool much() const { return pending_.size() >= kMuch; }
  bool empty() const { return pending_.empty(); }
  /// What is written next begins a line.
  bool at_line_start() const { return pending_.empty() ? last_written_ == '\n' : pending_.back() == '\n'; }
  /// Writes everything out. 0, or the errno of a failure: then nothing is written any more.
  int flush();

 private:
  static constexpr size_t kMuch = 256 * 1024;

  std::string pending_;
  char last_written_ = '\n';
  int failed_ = 0;
};

/// Owns stderr, with the progress line if that is a terminal. The line is cleared before anything else is printed
/// there.
class Console {
 public:
  explicit Console(bool quiet);

  /// While `to` is set it gets the sentences: stderr is the same terminal as a page.
  void divert(std::function<void(const std::string&)> to) { to_ = std::move(to); }
  /// An error or a warning.
  void say(const std::string& sentence);
  /// Something worth knowing; nothing with -q.
  void note(const std::string& sentence);

  bool shows_progress() const { return progress_; }
  void show(const std::string& state);
  /// Before something is written on stdout, which may be the same terminal.
  void clear();
  /// The line is left standing, with the last state.
  void end(const std::string& state);

 private:
  std::function<void(const std::string&)> to_;
  bool quiet_;
  bool progress_;
  bool shown_ = false;  // a progress line stands there now
  bool ever_shown_ = false;
};

}  // namespace cli
