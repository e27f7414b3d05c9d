// The visitor that writes a message in one version. Only the files that instantiate messages include it.
// Not here: primitive types and memory (writer), headers (protocol/header).
#pragma once

#include <kafka/error.hpp>

#include <algorithm>
#include <array>

#include "codec/traits.hpp"
#include "codec/writer.hpp"

namespace kafka::codec {

Error not_in_version(const char* field, int version);
Error null_not_allowed(const char* field, int version);
Error too_long(const char* field);

class Encoder {
 public:
  Encoder(Writer& writer, int version, bool flexible) noexcept
      : writer_(&writer), version_(version), flexible_(flexible) {}

  template <class T>
  void operator()(const T& field, const char* name, const Field& how) {
    if (!how.has(version_)) {
      if (wanted_tag_ == kNoTag && !how.is_ignorable && !equal(field, place_.default_for(field))) {
        fail(not_in_version(name, version_));
      }
      return;
    }
    if (how.tagged(version_)) {
      if (wanted_tag_ == kNoTag) {
        if (!equal(field, place_.default_for(field))) tags_[std::min(tag_count_++, kMaxTags)] = how.tag_number;
      } else if (wanted_tag_ == how.tag_number) {
        tagged(field, name, how.nullable(version_));
      }
      return;
    }
    if (wanted_tag_ == kNoTag) value(field, name, how.nullable(version_));
  }

  template <class M>
  void structure(const M& structure) {
    const Place outer = std::exchange(place_, Place::of(structure));
    const int16_t outer_wanted = std::exchange(wanted_tag_, kNoTag);
    const size_t outer_count = std::exchange(tag_count_, 0);
    const auto outer_tags = tags_;
    M::fields(*this, structure);
    if (flexible_) {
      const size_t count = std::min(tag_count_, kMaxTags);
      auto tags = tags_;
      std::sort(tags.begin(), tags.begin() + count);
      writer_->uvarint(static_cast<uint32_t>(count));
      for (size_t i = 0; i < count; ++i) {
        wanted_tag_ = tags[i];
        M::fields(*this, structure);
      }
    }
    place_ = outer;
    wanted_tag_ = outer_wanted;
    tag_count_ = outer_count;
    tags_ = outer_tags;
  }

  Error take_error() { return std::move(error_); }

 private:
  static constexpr int16_t kNoTag = -1;
  static constexpr size_t kMaxTags = 15;  // in one structure; Kafka's largest has five

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  template <class T>
  void tagged(const T& field, const char* name, bool nullable) {
    // The size comes before the content, so the content is first written to a buffer of its own. It is small, and
    // tagged fields are seldom set.
    Writer content;
    Writer* const outer = std::exchange(writer_, &content);
    const int16_t wanted = std::exchange(wanted_tag_, kNoTag);
    value(field, name, nullable);
    wanted_tag_ = wanted;
    writer_ = outer;
    writer_->uvarint(static_cast<uint32_t>(wanted));
    writer_->uvarint(static_cast<uint32_t>(content.size()));
    for (const Bytes& segment : content.take()) writer_->append(segment);
  }

  void text(std::string_view view, const char* name) {
    if (view.size() > size_t{INT16_MAX}) return fail(too_long(name));
    writer_->string_length(static_cast<int64_t>(view.size()), flexible_);
    writer_->raw(view);
  }

  template <class T>
  void value(const T& field, const char* name, bool nullable) {
    if constexpr (is_optional<T>) {
      using Inner = typename T::value_type;
      if (!field && !nullable) return fail(null_not_allowed(name, version_));
      if constexpr (is_structure<Inner>) {
        if (nullable) writer_->i8(field ? 1 : -1);
        if (field) structure(*field);
      } else if (field) {
        value(*field, name, nullable);
      } else if constexpr (std::is_same_v<Inner, std::string>) {
        writer_->string_length(-1, flexible_);
      } else {
        writer_->length(-1, flexible_);
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      text(field, name);
    } else if constexpr (std::is_same_v<T, Bytes>) {
      if (field.size() > size_t{INT32_MAX} - 1) return fail(too_long(name));
      if (field.is_null() && !nullable) {
        writer_->length(0, flexible_);
      } else {
        writer_->bytes(field, flexible_);
      }
    } else if constexpr (std::is_same_v<T, Uuid>) {
      writer_->uuid(field);
    } else if constexpr (is_vector<T>) {
      if (field.size() > size_t{INT32_MAX} - 1) return fail(too_long(name));
      writer_->length(static_cast<int64_t>(field.size()), flexible_);
      for (const auto& element : field) value<typename T::value_type>(element, name, false);
    } else if constexpr (is_structure<T>) {
      structure(field);
    } else if constexpr (std::is_same_v<T, bool>) {
      writer_->boolean(field);
    } else if constexpr (std::is_same_v<T, double>) {
      writer_->f64(field);
    } else if constexpr (sizeof(T) == 1) {
      writer_->i8(static_cast<int8_t>(field));
    } else if constexpr (sizeof(T) == 2) {
      writer_->i16(static_cast<int16_t>(field));
    } else if constexpr (sizeof(T) == 4) {
      writer_->i32(static_cast<int32_t>(field));
    } else {
      static_assert(sizeof(T) == 8 && std::is_integral_v<T>);
      writer_->i64(static_cast<int64_t>(field));
    }
  }

  Writer* writer_;
  int version_;
  bool flexible_;
  int16_t wanted_tag_ = kNoTag;  // the tagged field that this walk writes; none: all ordinary fields
  Place place_;
  size_t tag_count_ = 0;
  std::array<int16_t, kMaxTags + 1> tags_{};
  Error error_;
};

/// Writes `message`. `flexible`: with compact lengths and tagged fields.
template <class M>
Error encode(const M& message, int version, bool flexible, Writer& writer) {
  Encoder encoder(writer, version, flexible);
  encoder.structure(message);
  return encoder.take_error();
}

}  // namespace kafka::codec
