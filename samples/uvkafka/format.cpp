#include "format.hpp"

#include "arguments.hpp"

namespace cli {
namespace {

constexpr std::string_view kLetters = "tpokKsSRTh";

int64_t length_of(std::string_view view) { return view.data() == nullptr ? -1 : static_cast<int64_t>(view.size()); }

void headers(const kafka::MessageEnvelope& message, Output& out) {
  bool first = true;
  for (const kafka::Header& header : message.headers()) {
    if (!std::exchange(first, false)) out.write(',');
    out.write(header.key);
    out.write('=');
    out.write(header.value.data() == nullptr ? "NULL" : header.value);
  }
}

// The length in 4 bytes, the most significant first.
void binary_length(std::string_view view, Output& out) {
  const auto length = static_cast<uint32_t>(length_of(view));
  for (int shift = 24; shift >= 0; shift -= 8) out.write(static_cast<char>(length >> shift));
}

}  // namespace

void Format::text(std::string_view bytes) {
  if (bytes.empty()) return;
  if (parts_.empty() || parts_.back().what != 0) parts_.push_back({0, ""});
  parts_.back().text += bytes;
}

std::optional<Format> Format::parse(std::string_view text) {
  Format format;
  while (!text.empty()) {
    const size_t percent = text.find('%');
    const auto before = unescape(text.substr(0, percent));
    if (!before) return {};
    format.text(*before);
    if (percent == std::string_view::npos) break;
    if (percent + 1 == text.size()) return {};
    const char letter = text[percent + 1];
    text.remove_prefix(percent + 2);
    if (letter == '%') {
      format.text("%");
    } else if (kLetters.find(letter) != std::string_view::npos) {
      format.parts_.push_back({letter, ""});
    } else {
      return {};
    }
  }
  return format;
}

Format Format::delimited(const std::string& delimiter, const std::optional<std::string>& key_delimiter) {
  Format format;
  if (key_delimiter) {
    format.parts_.push_back({'k', ""});
    format.text(*key_delimiter);
  }
  format.parts_.push_back({'s', ""});
  format.text(delimiter);
  return format;
}

void Format::bytes(std::string_view view, Output& out) const { out.write(view.data() == nullptr ? null_ : view); }

void Format::print(const kafka::MessageEnvelope& message, Output& out) const {
  for (const Part& part : parts_) {
    switch (part.what) {
      case 0:
        out.write(part.text);
        break;
      case 't':
        out.write(message.topic());
        break;
      case 'p':
        out.write(std::to_string(message.partition()));
        break;
      case 'o':
        out.write(std::to_string(message.offset()));
        break;
      case 'k':
        bytes(message.key(), out);
        break;
      case 's':
        bytes(message.value(), out);
        break;
      case 'K':
        out.write(std::to_string(length_of(message.key())));
        break;
      case 'S':
        out.write(std::to_string(length_of(message.value())));
        break;
      case 'R':
        binary_length(message.value(), out);
        break;
      case 'T':
        out.write(std::to_string(message.timestamp()));
        break;
      default:
        headers(message, out);
        break;
    }
  }
}

}  // namespace cli
