#include "tamper.hpp"

#include <cstring>
#include <limits>

#include "codec/fill.hpp"
#include "codec/traits.hpp"
#include "protocol/api_table.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::fuzz {
namespace {

using protocol::RequestHeader;

// Gives one field of a message another value, or every error code the same.
class Change {
 public:
  Change(Input& script, int version, size_t chosen, bool errors)
      : script_(script), version_(version), chosen_(chosen), errors_(errors) {}

  template <class T>
  void operator()(T& field, const char* name, const codec::Field& how) {
    if (!how.has(version_)) return;
    const bool is_error = std::strcmp(name, "errorCode") == 0;
    if constexpr (std::is_same_v<T, int16_t>) {
      if (errors_ && is_error && script_.byte() % 4 != 0)
        field = static_cast<int16_t>(static_cast<int8_t>(script_.byte()));
    }
    if (!errors_ && next_++ == chosen_) change(field);
    walk(field);
  }
  size_t count() const { return next_; }

 private:
  template <class T>
  void walk(T& field) {
    if constexpr (codec::is_optional<T>) {
      if (field) walk(*field);
    } else if constexpr (codec::is_vector<T>) {
      if constexpr (codec::is_structure<typename T::value_type>) {
        for (auto& element : field) T::value_type::fields(*this, element);
      }
    } else if constexpr (codec::is_structure<T>) {
      T::fields(*this, field);
    }
  }

  template <class T>
  void change(T& field) {
    if constexpr (codec::is_optional<T>) {
      if (!field) field.emplace();
      change(*field);
    } else if constexpr (codec::is_vector<T>) {
      switch (script_.byte() % 4) {
        case 0:
          return field.clear();
        case 1:
          if (!field.empty()) field.pop_back();
          return;
        case 2:
          if (!field.empty()) field.push_back(T(field).front());
          return;
        default:
          return field.resize(field.size() + 1 + script_.byte());
      }
    } else if constexpr (std::is_same_v<T, std::string>) {
      field.assign(script_.byte(), static_cast<char>(script_.byte()));
    } else if constexpr (std::is_same_v<T, Bytes>) {
      std::string bytes(field.view());
      if (!bytes.empty()) bytes[script_.number(2) % bytes.size()] = static_cast<char>(script_.byte());
      if (script_.byte() % 4 == 0) bytes.resize(script_.number(2) % (2 * bytes.size() + 32));
      field = Bytes::copy(std::string_view(bytes));
    } else if constexpr (std::is_same_v<T, Uuid>) {
      field.bytes[script_.byte() % field.bytes.size()] = script_.byte();
    } else if constexpr (std::is_same_v<T, bool>) {
      field = !field;
    } else if constexpr (std::is_arithmetic_v<T>) {
      switch (script_.byte() % 8) {
        case 0:
          field = std::numeric_limits<T>::max();
          break;
        case 1:
          field = std::numeric_limits<T>::min();
          break;
        case 2:
          field = static_cast<T>(-1);
          break;
        case 3:
          field = 0;
          break;
        case 4:
          field = static_cast<T>(field + 1);
          break;
        case 5:
          field = static_cast<T>(field - 1);
          break;
        default:
          field = static_cast<T>(script_.number(sizeof(T)));
      }
    }
  }

  Input& script_;
  int version_;
  size_t chosen_;
  bool errors_;
  size_t next_ = 0;
};

enum class Kind : uint8_t { field, errors, random };

// The body with its header, changed; as it was if it cannot be read or written.
template <class Response>
std::string changed(Input& script, Kind kind, const RequestHeader& header, std::string_view whole) {
  const int version = header.version;
  codec::Reader reader(Bytes::copy(whole));
  protocol::skip_response_header(reader, header.api, header.version);
  const std::string head(whole.substr(0, reader.offset()));
  Response message{};
  if (kind == Kind::random) {
    codec::fill(message, version, script.number(2));
  } else {
    if (protocol::decode(reader, version, message)) return std::string(whole);
    Response counted = message;
    Input none(nullptr, 0);
    Change count(none, version, std::numeric_limits<size_t>::max(), false);
    Response::fields(count, counted);
    Change change(script, version, script.number(2) % (count.count() + 1), kind == Kind::errors);
    Response::fields(change, message);
  }
  codec::Writer writer;
  if (protocol::encode(message, version, writer)) return std::string(whole);
  std::string body = head;
  for (const Bytes& segment : writer.take()) body += segment.view();
  return body;
}

std::string changed(Input& script, Kind kind, const RequestHeader& header, std::string_view whole) {
  switch (header.api) {
#define UVKAFKA_CASE(Name)                        \
  case protocol::key_of<protocol::Name##Request>: \
    return changed<protocol::Name##Response>(script, kind, header, whole);
    UVKAFKA_EACH_API(UVKAFKA_CASE)
#undef UVKAFKA_CASE
    default:
      return std::string(whole);
  }
}

}  // namespace

Verdict tamper(Input& script, const RequestHeader& header, std::string_view body) {
  using Fate = Verdict::Fate;
  if (script.empty()) return {Fate::send, std::string(body), 0};
  switch (script.byte() % 20) {
    default:
      return {Fate::send, std::string(body), 0};
    case 8:
      return {Fate::send, changed(script, Kind::random, header, body), 0};
    case 9:
    case 10:
    case 11:
      return {Fate::send, changed(script, Kind::field, header, body), 0};
    case 12:
    case 13:
      return {Fate::send, changed(script, Kind::errors, header, body), 0};
    case 14: {
      std::string damaged(body);
      for (int changes = 1 + script.byte() % 3; changes > 0 && !damaged.empty(); --changes) {
        damaged[script.number(2) % damaged.size()] = static_cast<char>(script.byte());
      }
      return {Fate::send, damaged, 0};
    }
    case 15:
      return {Fate::send_part_and_close, std::string(body.substr(0, script.number(2) % (body.size() + 1))), 0};
    case 16:
      return {Fate::send_twice, std::string(body), 0};
    case 17:
      return {script.byte() % 2 == 0 ? Fate::drop : Fate::close, {}, 0};
    case 18:
      return {Fate::send, std::string(body), static_cast<int32_t>(script.number(2) % 3000)};
    case 19:
      return {Fate::send, std::string(script.take(script.byte() % 64)), 0};
  }
}

}  // namespace kafka::fuzz
