#include "auth/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace kafka::auth {
namespace {

void append_utf8(uint32_t code, std::string& to) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Walks over a text once.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : rest_(text) {}

  bool whole(JsonObject& to) {
    skip_blanks();
    if (!take('{')) return false;
    if (!members([&](const std::string& name) { return field(to[name]); })) return false;
    skip_blanks();
    return rest_.empty();
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() {
    const size_t at = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }

  // Behind '{'.
  bool members(auto value) {
    skip_blanks();
    if (take('}')) return true;
    do {
      std::string name;
      skip_blanks();
      if (!string(name)) return false;
      skip_blanks();
      if (!take(':') || !value(name)) return false;
      skip_blanks();
    } while (take(','));
    return take('}');
  }

  bool field(JsonField& to) {
    to.kind = JsonField::Kind::other;
    to.texts.clear();
    skip_blanks();
    if (rest_.empty()) return false;
    if (rest_.front() == '"') {
      to.kind = JsonField::Kind::text;
      return string(to.text);
    }
    if (rest_.front() == '[') {
      to.kind = JsonField::Kind::texts;
      return list(&to);
    }
    const std::string_view before = rest_;
    if (!value()) return false;
    const std::string_view read = before.substr(0, before.size() - rest_.size());
    if (read.front() == '-' || (read.front() >= '0' && read.front() <= '9')) {
      to.kind = JsonField::Kind::number;
      to.text = read;
    }
    return true;
  }

  // Texts in it go to `to`, if there is one; anything else makes it another kind.
  bool list(JsonField* to) {
    if (!take('[') || ++depth_ > kDeepestJson) return false;
    skip_blanks();
    if (!rest_.empty() && rest_.front() == ']') return --depth_, take(']');
    do {
      skip_blanks();
      if (to != nullptr && !rest_.empty() && rest_.front() == '"') {
        if (!string(to->texts.emplace_back())) return false;
      } else {
        if (to != nullptr) to->kind = JsonField::Kind::other;
        if (!value()) return false;
      }
      skip_blanks();
    } while (take(','));
    --depth_;
    return take(']');
  }

  bool value() {
    skip_blanks();
    if (rest_.empty()) return false;
    std::string ignored;
    switch (rest_.front()) {
      case '"':
        return string(ignored);
      case '[':
        return list(nullptr);
      case '{': {
        take('{');
        if (++depth_ > kDeepestJson) return false;
        const bool good = members([&](const std::string&) { return value(); });
        --depth_;
        return good;
      }
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool digits() {
    const size_t end = rest_.find_first_not_of("0123456789");
    const size_t count = end == std::string_view::npos ? rest_.size() : end;
    rest_.remove_prefix(count);
    return count > 0;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  // It reserves what it needs at once, so that no copy of a token stays behind.
  bool string(std::string& to) {
    if (!take('"')) return false;
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return false;
    to.clear();
    to.reserve(end);
    while (!take('"')) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (static_cast<unsigned char>(c) < ' ') return false;
      if (c != '\\') {
        to += c;
      } else if (!escape(to)) {
        return false;
      }
    }
    return true;
  }

  bool escape(std::string& to) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == 'u') {
      uint32_t code = 0, low = 0;
      if (!hex(code)) return false;
      const bool high = code >= 0xd800 && code < 0xdc00;
      if (high && (!word("\\u") || !hex(low) || low < 0xdc00 || low > 0xdfff)) return false;
      if (code >= 0xdc00 && code < 0xe000) return false;
      append_utf8(high ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : code, to);
      return true;
    }
    const size_t at = kNames.find(c);
    if (at == std::string_view::npos) return false;
    to += kMeant[at];
    return true;
  }

  bool hex(uint32_t& code) {
    constexpr size_t kDigits = 4;
    if (rest_.size() < kDigits) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + kDigits, code, 16);
    const bool good = error == std::errc() && end == rest_.data() + kDigits;
    rest_.remove_prefix(kDigits);
    return good;
  }

  std::string_view rest_;
  int depth_ = 0;
};

}  // namespace

std::optional<double> JsonField::number() const {
  if (kind != Kind::number) return {};
  const double read = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(read)) return {};
  return read;
}

std::optional<int64_t> JsonField::whole() const {
  constexpr double kMost = 9e15;  // what a double counts exactly
  const auto read = number();
  if (!read || std::abs(*read) > kMost) return {};
  return static_cast<int64_t>(*read);
}

const std::string* text_of(const JsonObject& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->second.kind == JsonField::Kind::text ? &found->second.text : nullptr;
}

std::optional<double> number_of(const JsonObject& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() ? found->second.number() : std::nullopt;
}

bool read_object(std::string_view text, JsonObject& to) { return JsonReader(text).whole(to); }

}  // namespace kafka::auth
