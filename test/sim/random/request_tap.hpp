// Requests at the moment when the client sends them. Where a broker stands still, they all arrive together when it goes
// on, and their arrival says nothing about the pauses in between.
// Not here: how many are allowed (run.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "protocol/api_key.hpp"

namespace kafka::sim {

/// Finds the beginnings of frames in what one connection is given to send.
class RequestTap {
 public:
  using Told = std::function<void(ApiKey)>;

  explicit RequestTap(Told told) : told_(std::move(told)) {}

  /// The next bytes of the connection.
  void bytes(std::string_view text) {
    while (!text.empty()) {
      if (seen_ < kHead) {
        size_t& number = seen_ < kSize ? size_ : api_;
        number = number << 8 | static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        if (++seen_ == kHead) told_(static_cast<ApiKey>(api_));
      } else {
        const size_t skipped = std::min(text.size(), size_ + kSize - seen_);
        seen_ += skipped;
        text.remove_prefix(skipped);
      }
      if (seen_ >= kHead && seen_ == size_ + kSize) seen_ = size_ = api_ = 0;
    }
  }

 private:
  static constexpr size_t kSize = 4, kHead = 6;  // a frame begins with its size in 4 bytes, and the API in 2
  Told told_;
  size_t seen_ = 0, size_ = 0, api_ = 0;
};

}  // namespace kafka::sim
