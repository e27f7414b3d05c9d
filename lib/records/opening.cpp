#include "records/opening.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "records/wire.hpp"

namespace kafka::records {

Opening::Opening(const BatchInfo& batch, Bytes entry, const ReadLimits& limits)
    : batch_(batch), entry_(std::move(entry)), broken_(begin(limits)) {}

Error Opening::begin(const ReadLimits& limits) {
  if (batch_.codec == Compression::none || batch_.count == 0) {
    done_ = true;
    return {};
  }
  std::string_view packed = entry_.view();
  if (batch_.magic == kMagicV2) {
    packed.remove_prefix(kBatchHeaderSize);
  } else if (Error error = wrapped(packed)) {
    return error;
  }
  return begin_decompression(batch_.codec, packed, limits.max_decompressed, stream_);
}

// A wrapper message: its value is a message set, compressed.
Error Opening::wrapped(std::string_view& packed) const {
  const char* at = entry_.data() + (batch_.magic == 1 ? kMessageKeyAtV1 : kMessageKeyAtV0);
  const char* const end = entry_.data() + entry_.size();
  const auto key_size = load_be<int32_t>(at);
  at += 4;
  if (key_size > 0) {
    if (end - at < int64_t{key_size} + 4) return Error(Errc::corrupt_message, "the key ends outside of it");
    at += key_size;
  }
  const auto value_size = load_be<int32_t>(at);
  at += 4;
  if (value_size < 0 || end - at < value_size) {
    return Error(Errc::corrupt_message, "the compressed value ends outside of it");
  }
  packed = {at, static_cast<size_t>(value_size)};
  return {};
}

Error Opening::step(size_t most) {
  if (!broken_ && !done_) broken_ = stream_->step(most, plain_, done_);
  return broken_ ? named(broken_) : Error();
}

Error Opening::finish(RecordReader& reader) {
  reader = RecordReader();
  const bool packed = stream_ != nullptr;
  plain_.shrink();  // often the size had only an upper bound
  if (batch_.magic == kMagicV2) {
    const size_t size = entry_.size() - kBatchHeaderSize;
    return reader.begin_batch(batch_, packed ? plain_.take() : entry_.slice(kBatchHeaderSize, size));
  }
  return packed ? reader.begin_wrapper(batch_, plain_.take()) : reader.begin_message(batch_, entry_);
}

Error Opening::named(const Error& error) const {
  return Error(error.code(),
               "batch at offset " + std::to_string(batch_.base_offset) + ": " + std::string(error.detail()));
}

}  // namespace kafka::records
