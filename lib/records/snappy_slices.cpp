#include "records/snappy_slices.hpp"

#include <algorithm>
#include <cstring>

namespace kafka::records {
namespace {

constexpr size_t kTagBits = 2;
constexpr size_t kLongestShortLiteral = 60;  // a longer one has its length in 1 to 4 bytes behind the tag
constexpr size_t kShortestNearCopy = 4;
constexpr size_t kNearLengths = 7;
constexpr size_t kNearHighBits = 5;

// The places may overlap: what was copied is copied again.
void copy_back(char* to, size_t back, size_t count) {
  const char* from = to - back;
  if (back >= count) {
    std::memcpy(to, from, count);
    return;
  }
  for (size_t i = 0; i < count; ++i) to[i] = from[i];
}

Error corrupt() { return Error(Errc::corrupt_message, "snappy: a block is damaged"); }

}  // namespace

Error SnappySlices::step(size_t most, Buffer& out) {
  const size_t end = produced_ + std::min(most, size_ - produced_);
  char* const begin = out.reserve(size_ - produced_) - produced_;
  const size_t before = produced_;
  while (produced_ < end) {
    if (literal_ == 0 && copy_ == 0 && !next()) return corrupt();
    const size_t count = std::min(literal_ + copy_, end - produced_);
    if (literal_ > 0) {
      std::memcpy(begin + produced_, rest_.data(), count);
      rest_.remove_prefix(count);
      literal_ -= count;
    } else {
      copy_back(begin + produced_, back_, count);
      copy_ -= count;
    }
    produced_ += count;
  }
  out.advance(produced_ - before);
  // Neither bytes nor a part of an element may be left.
  const bool whole = produced_ == size_;
  return whole && (literal_ + copy_ > 0 || !rest_.empty()) ? corrupt() : Error();
}

bool SnappySlices::take_number(size_t bytes, size_t& number) {
  if (rest_.size() < bytes) return false;
  number = 0;
  for (size_t i = bytes; i-- > 0;) number = number << 8 | static_cast<uint8_t>(rest_[i]);
  rest_.remove_prefix(bytes);
  return true;
}

// Reads the head of an element.
bool SnappySlices::next() {
  size_t tag = 0;
  if (!take_number(1, tag)) return false;
  const size_t upper = tag >> kTagBits;
  const auto kind = static_cast<Kind>(tag & ((1U << kTagBits) - 1));
  if (kind == Kind::literal) {
    literal_ = upper + 1;
    if (literal_ > kLongestShortLiteral) {
      if (!take_number(literal_ - kLongestShortLiteral, literal_)) return false;
      ++literal_;
    }
    return literal_ <= rest_.size();
  }
  if (kind == Kind::near) {
    copy_ = kShortestNearCopy + (upper & kNearLengths);
    if (!take_number(1, back_)) return false;
    back_ |= tag >> kNearHighBits << 8;
  } else {
    copy_ = upper + 1;
    if (!take_number(kind == Kind::far ? 2 : 4, back_)) return false;
  }
  return back_ > 0 && back_ <= produced_;
}

}  // namespace kafka::records
