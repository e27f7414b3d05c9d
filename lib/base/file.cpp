#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace kafka {
namespace {

constexpr size_t kFirstRead = 64 * 1024;

// A string that grew by itself would leave its old bytes behind.
void enlarge(WipedString& content, size_t size) {
  WipedString larger(size);
  std::memcpy(larger.text.data(), content.text.data(), content.text.size());
  std::swap(content.text, larger.text);
}

std::string fill(int file, size_t most, WipedString& to) {
  size_t size = 0;
  while (true) {
    if (size == to.text.size()) enlarge(to, size * 2);
    const ssize_t count = read(file, to.text.data() + size, to.text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::strerror(errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
    if (size > most) return "it is larger than " + std::to_string(most) + " bytes";
  }
  to.text.resize(size);  // smaller: nothing moves
  return {};
}

}  // namespace

std::string read_file(const std::string& path, size_t most, WipedString& to) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::strerror(errno);
  WipedString content(kFirstRead);
  std::string why = fill(file, most, content);
  close(file);
  if (why.empty()) std::swap(to.text, content.text);
  return why;
}

}  // namespace kafka
