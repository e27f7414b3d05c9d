// Reads JSON as the oracles print it: one value per line. What is no JSON throws std::runtime_error with the place.
// Not here: the JSON that the library writes (lib/codec/json.hpp).
#pragma once

#include <cctype>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kafka::conformance {

struct NamedJson;

struct Json {
  enum class Kind : uint8_t { null, boolean, number, text, array, object };

  Kind kind = Kind::null;
  int64_t number = 0;  // and of booleans: 0 or 1
  std::string text;
  std::vector<Json> items;
  std::vector<NamedJson> members;

  bool is_null() const { return kind == Kind::null; }
  /// Null if there is no such member.
  const Json* find(std::string_view name) const;
  const Json& at(std::string_view name) const;
};

struct NamedJson {
  std::string name;
  Json value;
};

inline const Json* Json::find(std::string_view name) const {
  for (const NamedJson& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

inline const Json& Json::at(std::string_view name) const {
  if (const Json* found = find(name)) return *found;
  throw std::runtime_error("no \"" + std::string(name) + "\"");
}

class JsonReader {
 public:
  static Json read(std::string_view text) {
    JsonReader reader(text);
    Json value = reader.value(0);
    reader.blank();
    if (reader.at_ != text.size()) reader.fail("more than one value");
    return value;
  }

 private:
  static constexpr int kDeepest = 100;

  explicit JsonReader(std::string_view text) : text_(text) {}

  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string(what) + " at byte " + std::to_string(at_));
  }
  void blank() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  char peek() {
    blank();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail("something else was expected");
  }
  void word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) fail("an unknown word");
    at_ += expected.size();
  }

  Json value(int depth) {
    if (depth > kDeepest) fail("too deep");
    Json json;
    switch (peek()) {
      case '{':
        object(json, depth);
        break;
      case '[':
        array(json, depth);
        break;
      case '"':
        json.kind = Json::Kind::text;
        json.text = string();
        break;
      case 'n':
        word("null");
        break;
      case 't':
      case 'f':
        json.kind = Json::Kind::boolean;
        json.number = text_[at_] == 't' ? 1 : 0;
        word(json.number == 1 ? "true" : "false");
        break;
      default:
        integer(json);
    }
    return json;
  }

  void object(Json& json, int depth) {
    json.kind = Json::Kind::object;
    expect('{');
    if (accept('}')) return;
    do {
      if (peek() != '"') fail("a name was expected");
      std::string name = string();
      expect(':');
      json.members.push_back({std::move(name), value(depth + 1)});
    } while (accept(','));
    expect('}');
  }

  void array(Json& json, int depth) {
    json.kind = Json::Kind::array;
    expect('[');
    if (accept(']')) return;
    do {
      json.items.push_back(value(depth + 1));
    } while (accept(','));
    expect(']');
  }

  void integer(Json& json) {
    json.kind = Json::Kind::number;
    const bool negative = accept('-');
    if (std::isdigit(static_cast<unsigned char>(peek())) == 0) fail("no value");
    for (; at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0; ++at_) {
      if (json.number > (INT64_MAX - 9) / 10) fail("a number that is too large");
      json.number = json.number * 10 + (text_[at_] - '0');
    }
    if (negative) json.number = -json.number;
  }

  std::string string() {
    std::string out;
    ++at_;
    while (true) {
      if (at_ >= text_.size()) fail("a string without an end");
      const char c = text_[at_++];
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ >= text_.size()) fail("a string without an end");
      const char escaped = text_[at_++];
      switch (escaped) {
        case 'n':
          out += '\n';
          break;
        case 't':
          out += '\t';
          break;
        case 'r':
          out += '\r';
          break;
        case '"':
        case '\\':
        case '/':
          out += escaped;
          break;
        default:
          fail("an escape that the oracles do not use");
      }
    }
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace kafka::conformance
