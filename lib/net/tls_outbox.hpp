// Plain bytes that wait to be sealed, in order. Small segments are gathered into full records: each record costs, and
// the header of a request in a record of its own would travel alone.
// Not here: how much may be sealed ahead (tls_stream).
#pragma once

#include <deque>
#include <vector>

#include "base/bytes.hpp"
#include "net/tls_engine.hpp"

namespace kafka::net {

class TlsOutbox {
 public:
  /// The most that a record can hold.
  static constexpr size_t kRecord = 16 * 1024;

  /// Says how many bytes they are.
  size_t push(std::vector<Bytes> segments);
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// Seals at most so many bytes: done or failed.
  TlsEngine::Step seal(TlsEngine& engine, size_t most);

 private:
  TlsEngine::Step seal_record(TlsEngine& engine, size_t size);
  std::string_view front() const { return segments_.front().view().substr(begin_); }
  void drop(size_t count);

  std::deque<Bytes> segments_;  // none is empty
  size_t begin_ = 0;            // of what is left of the first one
  size_t size_ = 0;
};

}  // namespace kafka::net
