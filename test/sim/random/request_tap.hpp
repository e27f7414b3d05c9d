// Requests at the moment when the client sends them. Where a broker stands still, they all arrive together when it goes
// on, and their arrival says nothing about the pauses in between.
// Not here: how many are allowed (run.cpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/api_key.hpp"

namespace kafka::sim {

/// Finds requests in what one connection is given to send.
class RequestTap {
 public:
  using Told = std::function<void(ApiKey)>;
  using ToldWhole = std::function<void(std::string_view)>;

  /// `told` runs when a request begins. `told_whole` gets the whole frame of each request of those APIs.
  RequestTap(Told told, std::set<ApiKey> whole, ToldWhole told_whole)
      : told_(std::move(told)), whole_(std::move(whole)), told_whole_(std::move(told_whole)) {}

  /// The next bytes of the connection.
  void bytes(std::string_view text) {
    while (!text.empty()) {
      if (seen_ < kHead) {
        size_t& number = seen_ < kSize ? size_ : api_;
        number = number << 8 | static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        if (++seen_ == kHead) told_(static_cast<ApiKey>(api_));
      } else {
        const size_t part = std::min(text.size(), size_ + kSize - seen_);
        if (whole()) frame_.append(text.substr(0, part));
        seen_ += part;
        text.remove_prefix(part);
      }
      if (seen_ >= kHead && seen_ == size_ + kSize) end();
    }
  }

 private:
  bool whole() const { return whole_.contains(static_cast<ApiKey>(api_)); }
  void end() {
    const char api[] = {static_cast<char>(api_ >> 8), static_cast<char>(api_)};
    if (whole()) told_whole_(std::string(api, sizeof api) + frame_);
    frame_.clear();
    seen_ = size_ = api_ = 0;
  }

  static constexpr size_t kSize = 4, kHead = 6;  // a frame begins with its size in 4 bytes, and the API in 2
  Told told_;
  std::set<ApiKey> whole_;
  ToldWhole told_whole_;
  std::string frame_;  // without its size and its API
  size_t seen_ = 0, size_ = 0, api_ = 0;
};

}  // namespace kafka::sim
