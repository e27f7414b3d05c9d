// The vocabulary in which a message says, per field, which versions carry it and how:
//
//   static void fields(auto& f, auto& m) {
//     f(m.topic_id, "topicId", since(10));
//     f(m.replica_id, "replicaId", since(0).until(14));
//     f(m.name, "name", since(0).null_since(10));
//     f(m.current_leader, "currentLeader", since(12).tag(0));
//     f(m.records, "records", since(0).null_since(0).records());
//   }
//
// The member initialisers of the struct are the defaults. A field that the version does not have keeps its default when
// a message is decoded. When a message is encoded, such a field must have its default, or be ignorable. A tagged field
// is written only if it differs from its default. Field types: bool, int8_t to int64_t, uint16_t, uint32_t, double,
// std::string, Bytes (null is is_null()), Uuid, a struct with fields(), std::vector of these. A string, vector or
// struct that may be null is a std::optional. Not here: the visitors (encode, decode, json, fill).
#pragma once

#include <cstdint>

namespace kafka::codec {

struct Field {
  static constexpr int16_t kNever = 32767;

  int16_t from = 0;
  int16_t to = kNever;
  int16_t null_from = kNever;
  int16_t null_to = kNever;
  int16_t tag_number = -1;
  int16_t tag_from = kNever;
  bool is_ignorable = false;
  bool is_secret = false;
  bool is_records = false;

  /// The last version that has the field.
  constexpr Field until(int version) const {
    Field field = *this;
    field.to = static_cast<int16_t>(version);
    return field;
  }
  /// The first version in which the field may be null.
  constexpr Field null_since(int version) const {
    Field field = *this;
    field.null_from = static_cast<int16_t>(version);
    return field;
  }
  /// The last version in which the field may be null.
  constexpr Field null_until(int version) const {
    Field field = *this;
    field.null_to = static_cast<int16_t>(version);
    return field;
  }
  /// Tagged, in every version that has the field.
  constexpr Field tag(int number) const { return tag(number, from); }
  /// Tagged from `version` on, an ordinary field before.
  constexpr Field tag(int number, int version) const {
    Field field = *this;
    field.tag_number = static_cast<int16_t>(number);
    field.tag_from = static_cast<int16_t>(version);
    return field;
  }
  /// The value may be dropped in versions that do not have the field.
  constexpr Field ignorable() const {
    Field field = *this;
    field.is_ignorable = true;
    return field;
  }
  /// Never printed.
  constexpr Field secret() const {
    Field field = *this;
    field.is_secret = true;
    return field;
  }
  /// Bytes whose type in the schema is `records`.
  constexpr Field records() const {
    Field field = *this;
    field.is_records = true;
    return field;
  }

  constexpr bool has(int version) const { return version >= from && version <= to; }
  constexpr bool nullable(int version) const { return version >= null_from && version <= null_to; }
  constexpr bool tagged(int version) const { return tag_number >= 0 && version >= tag_from; }
};

/// The first version that has the field.
constexpr Field since(int version) {
  Field field;
  field.from = static_cast<int16_t>(version);
  return field;
}

struct Versions {
  int16_t min = 0;
  int16_t max = -1;
  friend constexpr bool operator==(const Versions&, const Versions&) = default;
};

}  // namespace kafka::codec
