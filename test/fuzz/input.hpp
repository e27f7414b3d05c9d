// Reads what a target needs from the fuzzer's bytes: numbers while there are any, zeros afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kafka::fuzz {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  /// Of `bytes` bytes.
  uint64_t number(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  /// 0 to `most`.
  size_t up_to(size_t most) { return most == 0 ? 0 : number(most > 255 ? 4 : 1) % (most + 1); }
  std::string_view take(size_t size) {
    if (size > left_) size = left_;
    const std::string_view taken(reinterpret_cast<const char*>(data_), size);
    data_ += size;
    left_ -= size;
    return taken;
  }
  std::string_view rest() { return take(left_); }

 private:
  const uint8_t* data_;
  size_t left_;
};

}  // namespace kafka::fuzz
