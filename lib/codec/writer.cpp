// The memory of the writer's segments (see writer.hpp).
#include "codec/writer.hpp"

#include <algorithm>

namespace kafka::codec {

void Writer::grow(size_t more) {
  // A long buffer is not moved, it becomes a segment of its own. The first segment holds the whole length field.
  if (buffer_.size() - cut_ >= kLongest) {
    cut();
    buffer_ = fresh(std::max(more, kChunk));
    cut_ = 0;
    return;
  }
  if (buffer_.capacity() == 0) {
    buffer_ = fresh(std::max(more, kFirstChunk));
    return;
  }
  if (cut_ == 0) {
    buffer_.reserve(std::max(more, kFirstChunk));
    return;
  }
  // Segments that were cut off stay where they are. Only the open end moves.
  const size_t open = buffer_.size() - cut_;
  Buffer next = fresh(std::max(open + more, std::max(kFirstChunk, 2 * open)));
  next.append(buffer_.view().substr(cut_));
  buffer_ = std::move(next);
  cut_ = 0;
}

void Writer::cut() {
  const size_t open = buffer_.size() - cut_;
  if (open == 0) return;
  segments_.push_back(buffer_.share(cut_, open));
  cut_ = buffer_.size();
  cut_size_ += open;
}

void Writer::append(const Bytes& bytes) {
  if (bytes.size() < kBorrowFrom) {
    raw(bytes.view());
    return;
  }
  cut();
  segments_.push_back(bytes);
  cut_size_ += bytes.size();
}

void Writer::patch_i32(int32_t value) noexcept {
  if (size() < sizeof(int32_t)) return;
  // The first segment belongs to the writer, since the length is written before anything is borrowed.
  char* at = segments_.empty() ? buffer_.data() : const_cast<char*>(segments_.front().data());
  const auto bits = static_cast<uint32_t>(value);
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>(bits >> (24 - 8 * i));
}

std::vector<Bytes> Writer::take() {
  cut();
  std::vector<Bytes> all = std::move(segments_);
  segments_.clear();
  buffer_ = Buffer();
  cut_ = 0;
  cut_size_ = 0;
  return all;
}

}  // namespace kafka::codec
