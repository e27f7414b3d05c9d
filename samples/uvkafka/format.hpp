// How `uvkafka consume` prints a message: by a format as kcat's, or as a JSON object.
#pragma once

#include <kafka/envelope.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "console.hpp"

namespace cli {

/// Owns a parsed format.
class Format {
 public:
  /// Nothing if the text has an unknown sequence.
  static std::optional<Format> parse(std::string_view text);
  /// "[KEY key_delimiter] VALUE delimiter"; the key if there is a delimiter for it.
  static Format delimited(const std::string& delimiter, const std::optional<std::string>& key_delimiter);
  /// What is printed for a null key or value; nothing by default.
  void print_null_as(std::string text) { null_ = std::move(text); }
  void print(const kafka::MessageEnvelope& message, Output& out) const;

 private:
  struct Part {
    char what;  // the letter behind %, or 0 for a text
    std::string text;
  };
  void text(std::string_view bytes);
  void bytes(std::string_view view, Output& out) const;

  std::vector<Part> parts_;
  std::string null_;
};

/// kcat's JSON envelope, one object per line.
struct JsonFormat {
  /// The bytes of key and value as key_base64 and payload_base64, in place of key and payload.
  bool base64 = false;

  /// `broker` is the id of the leader that was read from; -1 if it is not known.
  void print(const kafka::MessageEnvelope& message, int32_t broker, Output& out) const;
};

/// A JSON string, with quotes. Bytes that are no UTF-8 become U+FFFD.
void write_json(std::string_view bytes, Output& out);

}  // namespace cli
