// Error values, the table behind them (errors.def) and the printable form of foreign text.
#include <kafka/error.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/error_table.hpp"

namespace kafka {
namespace {

constexpr ErrorTraits kRows[] = {
#define E(code, retry, refresh, persistence, fatal, text) \
  {Errc::code, #code, Retry::retry, Refresh::refresh, Persistence::persistence, fatal, text},
#include "base/errors.def"
#undef E
};
constexpr int32_t kRowCount = static_cast<int32_t>(std::size(kRows));
constexpr int32_t kFirstBroker = -1;
constexpr int32_t kLastBroker = static_cast<int32_t>(Errc::share_session_limit_reached);
constexpr int32_t kBrokerRows = kLastBroker - kFirstBroker + 1;
constexpr int32_t kFirstOurs = static_cast<int32_t>(Errc::closed);

// The position of a row is its code, so that no search is needed.
constexpr bool rows_are_in_order() {
  for (int32_t i = 0; i < kRowCount; ++i) {
    const int32_t expected = i < kBrokerRows ? kFirstBroker + i : kFirstOurs - (i - kBrokerRows);
    if (static_cast<int32_t>(kRows[i].code) != expected) return false;
  }
  return kRowCount > kBrokerRows;
}
static_assert(rows_are_in_order(), "errors.def has one row per code, in the order of the enum");

// The broker is newer than this table, so the client cannot know what happened. It is not a success, the record may or
// may not be in the log, and a retry after a pause is the only useful reaction.
constexpr ErrorTraits kUnknown{Errc::unknown_server_error,
                               "unknown_code",
                               Retry::yes,
                               Refresh::none,
                               Persistence::maybe,
                               false,
                               "the broker sent an error code that this version does not know"};

const ErrorTraits* find_row(Errc code) noexcept {
  const int64_t number = static_cast<int32_t>(code);
  if (number >= kFirstBroker && number <= kLastBroker) return &kRows[number - kFirstBroker];
  const int64_t ours = kFirstOurs - number;
  if (ours >= 0 && ours < kRowCount - kBrokerRows) return &kRows[kBrokerRows + ours];
  return nullptr;
}

constexpr size_t kMaxDetail = 1024;  // bytes of detail that message() shows

struct CodePoint {
  uint32_t value;
  size_t length;  // 0: not valid UTF-8
};

CodePoint code_point_at(std::string_view text, size_t at) noexcept {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - at < length) return {first, 0};
  uint32_t value = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 0};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return {first, 0};
  return {value, length};
}

bool harmless(uint32_t value) noexcept {
  if (value < 0x20 || (value >= 0x7F && value < 0xA0)) return false;  // C0, DEL, C1
  if (value >= 0x2028 && value <= 0x202E) return false;               // line breaks, text direction
  return !(value >= 0x2066 && value <= 0x2069) && value != 0xFEFF;    // text direction, byte order mark
}

}  // namespace

const ErrorTraits& traits(Errc code) noexcept {
  const ErrorTraits* row = find_row(code);
  return row == nullptr ? kUnknown : *row;
}

Error broker_error(int16_t code, std::string detail) {
  if (code == 0) return {};
  return Error(static_cast<Errc>(code), std::move(detail));
}

std::string escaped(std::string_view text, size_t limit) {
  constexpr char kHex[] = "0123456789abcdef";
  constexpr std::string_view kEllipsis = "...";
  std::string out;
  out.reserve(std::min(text.size(), limit) + kEllipsis.size());
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = code_point_at(text, at);
    const size_t length = point.length == 0 ? 1 : point.length;
    const bool as_is = point.length != 0 && harmless(point.value);
    char hex[16];
    std::string_view piece = text.substr(at, length);
    if (!as_is) {
      size_t used = 0;
      for (const char c : piece) {
        hex[used++] = '\\';
        hex[used++] = 'x';
        hex[used++] = kHex[static_cast<unsigned char>(c) >> 4];
        hex[used++] = kHex[static_cast<unsigned char>(c) & 15];
      }
      piece = {hex, used};
      if (point.length == 1 && point.value == '\n') piece = "\\n";
      if (point.length == 1 && point.value == '\r') piece = "\\r";
      if (point.length == 1 && point.value == '\t') piece = "\\t";
    }
    if (out.size() + piece.size() > limit) return out.append(kEllipsis);
    out.append(piece);
    at += length;
  }
  return out;
}

Error::Error(Errc code, std::string detail) : code_(code) {
  if (code != Errc::none && !detail.empty()) detail_ = std::make_shared<const std::string>(std::move(detail));
}

std::string Error::name() const {
  const ErrorTraits* row = find_row(code_);
  if (row != nullptr) return std::string(row->name);
  return "unknown_code_" + std::to_string(static_cast<int32_t>(code_));
}

std::string Error::message() const {
  std::string text(traits(code_).text);
  if (find_row(code_) == nullptr) text += " (" + std::to_string(static_cast<int32_t>(code_)) + ")";
  if (detail_ != nullptr) text += ": " + escaped(*detail_, kMaxDetail);
  return text;
}

std::string_view Error::detail() const noexcept { return detail_ == nullptr ? std::string_view() : *detail_; }

bool Error::retriable() const noexcept { return traits(code_).retry == Retry::yes; }
bool Error::fatal() const noexcept { return traits(code_).fatal; }

}  // namespace kafka
