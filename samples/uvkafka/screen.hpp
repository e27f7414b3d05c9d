// A terminal as one page: the alternate screen, keys without return, its size.
#pragma once

#include <uv.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cli {

/// Owns the terminal while it lives, and gives it back as it was.
class Screen {
 public:
  /// stdin and stdout are terminals.
  static bool possible();

  /// `key` gets every key that is pressed; `resized` runs when the terminal has another size.
  Screen(uv_loop_t* loop, std::function<void(char)> key, std::function<void()> resized);
  ~Screen();
  Screen(const Screen&) = delete;

  int width() const;
  int height() const;
  /// Shows these lines, cut to the width; those that have no room are left out.
  void show(const std::vector<std::string>& lines);

 private:
  struct Handles;

  std::unique_ptr<Handles> handles_;
};

}  // namespace cli
