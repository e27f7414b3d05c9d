// Reads one JSON object (see claims.hpp).
#include "devbroker/claims.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace kafka::devbroker {

/// Goes through the text once. Every step says whether it found what it looked for.
class ClaimsReader {
 public:
  ClaimsReader(std::string_view json, Claims& to) : left_(json), to_(to) {}

  bool read() {
    skip_blanks();
    if (!object(0, true)) return false;
    skip_blanks();
    return left_.empty();
  }

 private:
  void skip_blanks() { left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size())); }

  bool take(char wanted) {
    if (left_.empty() || left_.front() != wanted) return false;
    left_.remove_prefix(1);
    return true;
  }

  bool object(int depth, bool keep) {
    if (depth >= Claims::kMostDepth || !take('{')) return false;
    skip_blanks();
    if (take('}')) return true;
    do {
      skip_blanks();
      std::string name;
      if (!text(name)) return false;
      skip_blanks();
      if (!take(':') || !value(depth, keep ? &name : nullptr)) return false;
      skip_blanks();
    } while (take(','));
    return take('}');
  }

  bool array(int depth) {
    if (depth >= Claims::kMostDepth || !take('[')) return false;
    skip_blanks();
    if (take(']')) return true;
    do {
      if (!value(depth, nullptr)) return false;
      skip_blanks();
    } while (take(','));
    return take(']');
  }

  // `name`: the member to keep it under; null: passed over.
  bool value(int depth, const std::string* name) {
    skip_blanks();
    if (left_.empty()) return false;
    if (left_.front() == '"') {
      std::string found;
      if (!text(found)) return false;
      if (name != nullptr) to_.texts_[*name] = std::move(found);
      return true;
    }
    if (left_.front() == '-' || (left_.front() >= '0' && left_.front() <= '9')) {
      double found = 0;
      if (!number(found)) return false;
      if (name != nullptr) to_.numbers_[*name] = found;
      return true;
    }
    if (name != nullptr) to_.others_[*name] = true;
    if (left_.front() == '{') return object(depth + 1, false);
    if (left_.front() == '[') return array(depth + 1);
    return word("true") || word("false") || word("null");
  }

  bool word(std::string_view wanted) {
    if (!left_.starts_with(wanted)) return false;
    left_.remove_prefix(wanted.size());
    return true;
  }

  bool digits() {
    const size_t count = std::min(left_.find_first_not_of("0123456789"), left_.size());
    left_.remove_prefix(count);
    return count > 0;
  }

  bool number(double& to) {
    const std::string_view begin = left_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    const std::string_view all = begin.substr(0, begin.size() - left_.size());
    const auto [end, failed] = std::from_chars(all.data(), all.data() + all.size(), to);
    return failed == std::errc() && end == all.data() + all.size();
  }

  bool text(std::string& to) {
    if (!take('"')) return false;
    while (!left_.empty()) {
      const char c = left_.front();
      left_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < ' ') return false;
      if (c != '\\') {
        to += c;
      } else if (!escape(to)) {
        return false;
      }
    }
    return false;
  }

  bool escape(std::string& to) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (left_.empty()) return false;
    const char letter = left_.front();
    left_.remove_prefix(1);
    if (const size_t at = kLetters.find(letter); at != std::string_view::npos) return to += kMeanings[at], true;
    if (letter != 'u') return false;
    uint32_t code = 0;
    if (!unit(code) || (code >= 0xDC00 && code < 0xE000)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      uint32_t low = 0;
      if (!take('\\') || !take('u') || !unit(low) || low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(code, to);
    return true;
  }

  bool unit(uint32_t& code) {
    if (left_.size() < 4) return false;
    const auto [end, failed] = std::from_chars(left_.data(), left_.data() + 4, code, 16);
    if (failed != std::errc() || end != left_.data() + 4) return false;
    left_.remove_prefix(4);
    return true;
  }

  static void append_utf8(uint32_t code, std::string& to) {
    const auto tail = [&](int shift) { to += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
      to += static_cast<char>(code);
    } else if (code < 0x800) {
      to += static_cast<char>(0xC0 | code >> 6);
      tail(0);
    } else if (code < 0x10000) {
      to += static_cast<char>(0xE0 | code >> 12);
      tail(6), tail(0);
    } else {
      to += static_cast<char>(0xF0 | code >> 18);
      tail(12), tail(6), tail(0);
    }
  }

  std::string_view left_;
  Claims& to_;
};

std::optional<Claims> Claims::read(std::string_view json) {
  Claims claims;
  if (!ClaimsReader(json, claims).read()) return std::nullopt;
  return claims;
}

const std::string* Claims::text(std::string_view name) const {
  const auto at = texts_.find(name);
  return at == texts_.end() ? nullptr : &at->second;
}

std::optional<double> Claims::number(std::string_view name) const {
  const auto at = numbers_.find(name);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

bool Claims::has(std::string_view name) const {
  return texts_.contains(name) || numbers_.contains(name) || others_.contains(name);
}

}  // namespace kafka::devbroker
