// Looks for a secret in the memory of this process, without having it in memory itself: what is looked for is kept with
// every bit of it changed, and undone byte by byte in the comparison. Linux only.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kafka::test {

/// A text that is nowhere in memory as it is.
class HiddenText {
 public:
  explicit HiddenText(std::string_view text) : bytes_(text) {
    for (char& c : bytes_) c = static_cast<char>(~c);
  }
  /// Writes the text to `to`, which has room for size() bytes.
  void show(char* to) const {
    for (size_t i = 0; i < bytes_.size(); ++i) to[i] = static_cast<char>(~bytes_[i]);
  }
  size_t size() const { return bytes_.size(); }
  bool is_at(const char* memory) const {
    for (size_t i = 0; i < bytes_.size(); ++i) {
      if (memory[i] != static_cast<char>(~bytes_[i])) return false;
    }
    return true;
  }
  char first() const { return static_cast<char>(~bytes_[0]); }

 private:
  std::string bytes_;
};

class MemoryScan {
 public:
  /// The mappings that have the text in them, one line for each place. All that can be written counts, but the stack.
  static std::vector<std::string> find(const HiddenText& text) {
    std::vector<std::string> places;
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (memory < 0) throw std::runtime_error("/proc/self/mem cannot be read");
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(" rw") == std::string::npos || line.find("[stack]") != std::string::npos) continue;
      size_t end_at = 0;
      const uint64_t begin = std::stoull(line, &end_at, 16);
      const uint64_t end = std::stoull(line.substr(end_at + 1), nullptr, 16);
      look(memory, begin, end, text, line, places);
    }
    close(memory);
    return places;
  }

 private:
  static constexpr size_t kPiece = 64 * 1024;

  static void look(int memory, uint64_t begin, uint64_t end, const HiddenText& text, const std::string& mapping,
                   std::vector<std::string>& places) {
    char piece[kPiece];  // on the stack, where nobody looks
    for (uint64_t at = begin; at < end; at += kPiece - text.size()) {
      const size_t wanted = std::min<uint64_t>(kPiece, end - at);
      const ssize_t count = pread(memory, piece, wanted, static_cast<off_t>(at));
      if (count < static_cast<ssize_t>(text.size())) return;  // cannot be read, or too short to hold it
      const char* const last = piece + count - text.size();
      for (const char* p = piece; p <= last; ++p) {
        p = std::find(p, last + 1, text.first());
        if (p <= last && text.is_at(p)) places.push_back(mapping);
      }
    }
  }
};

}  // namespace kafka::test
