// Opens one entry of a records field: its records are decompressed in steps, so that a large batch does not hold the
// loop. An entry that is not compressed needs no step.
//
//   Opening opening = entries.opening();
//   while (!opening.done()) if (Error error = opening.step()) return stop(error);    // a turn of the loop for each
//   if (Error error = opening.finish(records)) return stop(error);
#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.hpp"
#include "records/decompression.hpp"
#include "records/iterator.hpp"

namespace kafka::records {

/// One entry that is being opened. Owns the packed bytes, and what was decompressed of them.
class Opening {
 public:
  /// About what a step decompresses. Every codec needs less than 30 ms for it.
  static constexpr size_t kStep = size_t{4} << 20;

  Opening(const BatchInfo& batch, Bytes entry, const ReadLimits& limits);

  bool done() const noexcept { return done_; }
  /// Decompresses about `most` bytes more. Errors: unsupported_codec, corrupt_message, too_large.
  Error step(size_t most = kStep);
  /// The bytes that were decompressed so far.
  size_t decompressed() const noexcept { return plain_.size(); }
  /// After the last step: `reader` reads the records. Errors: corrupt_message.
  Error finish(RecordReader& reader);

 private:
  Error begin(const ReadLimits& limits);
  Error wrapped(std::string_view& packed) const;
  Error named(const Error& error) const;

  BatchInfo batch_;
  Bytes entry_;
  std::unique_ptr<Decompression> stream_;  // null: not compressed, or broken from the start
  Buffer plain_;
  bool done_ = false;
  Error broken_;  // begin() says it, so it is the last one
};

}  // namespace kafka::records
