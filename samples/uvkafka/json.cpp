// Messages as JSON. The fields and their order are kcat's.
#include <cstdio>

#include "format.hpp"

namespace cli {
namespace {

constexpr std::string_view kNoText = "\xEF\xBF\xBD";  // U+FFFD

// How many bytes a well-formed UTF-8 sequence has at this place; 0: there is none.
size_t sequence_at(std::string_view bytes, size_t at) {
  const auto byte = [&](size_t i) { return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first < 0xE0   ? 2
                        : first >= 0xE0 && first < 0xF0 ? 3
                        : first >= 0xF0 && first < 0xF5 ? 4
                                                        : 0;
  if (length == 0) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than needed, halves of UTF-16 pairs, and what lies beyond the last code point.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void write_character(char c, Output& out) {
  constexpr std::string_view kFrom = "\"\\\n\r\t\b\f", kTo = "\"\\nrtbf";
  const size_t short_form = kFrom.find(c);
  if (short_form != std::string_view::npos) {
    out.write('\\');
    out.write(kTo[short_form]);
  } else if (static_cast<unsigned char>(c) < 0x20) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out.write(text);
  } else {
    out.write(c);
  }
}

void write_base64(std::string_view bytes, Output& out) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.write('"');
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view some = bytes.substr(i, 3);
    unsigned group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < some.size() ? static_cast<unsigned char>(some[j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) out.write(j <= some.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=');
  }
  out.write('"');
}

std::string_view name_of(kafka::TimestampType type) {
  switch (type) {
    case kafka::TimestampType::create_time:
      return "create";
    case kafka::TimestampType::log_append_time:
      return "logappend";
    default:
      return "unknown";
  }
}

}  // namespace

void write_json(std::string_view bytes, Output& out) {
  out.write('"');
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = sequence_at(bytes, i);
    if (length == 1) {
      write_character(bytes[i], out);
    } else {
      out.write(length == 0 ? kNoText : bytes.substr(i, length));
    }
    i += length == 0 ? 1 : length;
  }
  out.write('"');
}

void JsonFormat::print(const kafka::MessageEnvelope& message, int32_t broker, Output& out) const {
  const auto text = [&](std::string_view name, std::string_view bytes) {
    out.write(base64 ? std::string(name) + "_base64\":" : std::string(name) + "\":");
    if (bytes.data() == nullptr) {
      out.write("null");
    } else if (base64) {
      write_base64(bytes, out);
    } else {
      write_json(bytes, out);
    }
  };
  out.write("{\"topic\":");
  write_json(message.topic(), out);
  out.write(",\"partition\":" + std::to_string(message.partition()));
  out.write(",\"offset\":" + std::to_string(message.offset()));
  out.write(",\"tstype\":\"");
  out.write(name_of(message.timestamp_type()));
  out.write("\",\"ts\":" + std::to_string(message.timestamp()));
  out.write(",\"broker\":" + std::to_string(broker));
  const auto headers = message.headers();
  if (!headers.empty()) {
    out.write(",\"headers\":[");
    bool first = true;
    for (const kafka::Header& header : headers) {
      if (!std::exchange(first, false)) out.write(',');
      write_json(header.key, out);
      out.write(',');
      if (header.value.data() == nullptr) {
        out.write("null");
      } else {
        write_json(header.value, out);
      }
    }
    out.write(']');
  }
  text(",\"key", message.key());
  text(",\"payload", message.value());
  out.write("}\n");
}

}  // namespace cli
