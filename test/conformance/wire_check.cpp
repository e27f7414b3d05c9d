// Our side of the wire oracle: reads the lines that WireOracle.java prints, decodes the bytes of each with our
// codec, encodes the message again and prints the result. Tab-separated, one line out for each line in:
//
//     API_KEY  NAME  VERSION  request|response  FLEXIBLE(0|1)  HEX  JSON
//
// NAME, FLEXIBLE, HEX and JSON come from this library; the JSON of the input is ignored. For an API or a version that
// lib/protocol does not have, the line is the first four columns and `unsupported`. For bytes that our codec refuses it
// is the first four, `failed` and the reason.
// `wire_check --schemas` reads nothing. It prints a line per field of each message (schema.hpp), after the API's key,
// its name and the direction. Exit status: 0; 2 for a malformed line, at which it stops, or for bytes that were
// refused. Both are said on stderr with the line's number. Not here: the comparisons (wire_oracle.py, schemas.py).
#include <array>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/schema.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace {

using namespace kafka;

constexpr size_t kColumns = 7;
using Columns = std::array<std::string_view, kColumns>;

struct Line {
  std::string_view name;
  int key = 0;
  int version = 0;
  bool is_request = false;
  std::string bytes;
};

/// The bytes and the JSON after one round through our codec, or why it refuses the bytes.
struct Outcome {
  std::string bytes;
  std::string json;
  std::string refusal;
};

template <class M>
Outcome through_codec(int version, std::string_view bytes) {
  Outcome outcome;
  const auto refused = [&outcome](std::string text) {
    outcome.refusal = std::move(text);
    return outcome;
  };
  M message;
  codec::Reader reader(Bytes::copy(bytes));
  if (const Error error = protocol::decode(reader, version, message)) return refused("decode: " + error.message());
  if (reader.remaining() > 0) return refused(std::to_string(reader.remaining()) + " bytes left after the last field");
  codec::Writer writer;
  if (const Error error = protocol::encode(message, version, writer)) return refused("encode: " + error.message());
  for (const Bytes& segment : writer.take()) outcome.bytes += segment.view();
  if (const Error error = protocol::to_json(message, version, outcome.json)) {
    return refused("print: " + error.message());
  }
  return outcome;
}

template <class M>
std::string fields_of(std::string_view api_name, int key, const char* direction) {
  const M message{};
  std::string out;
  conformance::SchemaLister lister(std::to_string(key) + '\t' + std::string(api_name) + '\t' + direction + '\t', out);
  M::fields(lister, message);
  return out;
}

struct KnownApi {
  protocol::ApiKey key;
  protocol::VersionRange versions;
  int16_t flexible_from;
  Outcome (*request)(int version, std::string_view bytes);
  Outcome (*response)(int version, std::string_view bytes);
  std::string (*schemas)();
};

template <class Request>
std::string schemas() {
  const std::string name = protocol::name(protocol::key_of<Request>);
  const int key = static_cast<int>(protocol::key_of<Request>);
  return fields_of<Request>(name, key, "request") + fields_of<protocol::ResponseOf<Request>>(name, key, "response");
}

template <class Request>
constexpr KnownApi known() {
  return {protocol::key_of<Request>,
          protocol::Api<Request>::kRow.versions,
          protocol::Api<Request>::kRow.flexible_from,
          &through_codec<Request>,
          &through_codec<protocol::ResponseOf<Request>>,
          &schemas<Request>};
}

#define UVKAFKA_KNOWN(Name) known<protocol::Name##Request>(),
constexpr KnownApi kKnown[] = {UVKAFKA_EACH_API(UVKAFKA_KNOWN)};
#undef UVKAFKA_KNOWN

const KnownApi* find(const Line& line) {
  for (const KnownApi& api : kKnown) {
    if (static_cast<int>(api.key) != line.key) continue;
    return line.version >= api.versions.min && line.version <= api.versions.max ? &api : nullptr;
  }
  return nullptr;
}

/// A number of Kafka's type int16 that is not negative.
std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > INT16_MAX) return {};
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool from_hex(std::string_view hex, std::string& bytes) {
  if (hex.size() % 2 != 0) return false;
  bytes.reserve(hex.size() / 2);
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]), low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return false;
    bytes += static_cast<char>(high << 4 | low);
  }
  return true;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    hex += kDigits[c >> 4 & 15];
    hex += kDigits[c & 15];
  }
  return hex;
}

/// How many columns there are; only the first kColumns are kept.
size_t split(std::string_view text, Columns& columns) {
  size_t count = 0;
  for (;;) {
    const size_t tab = text.find('\t');
    if (count < kColumns) columns[count] = text.substr(0, tab);
    ++count;
    if (tab == std::string_view::npos) return count;
    text.remove_prefix(tab + 1);
  }
}

/// What is wrong with the line, empty if nothing is.
std::string parse(std::string_view text, Line& line) {
  Columns columns;
  if (const size_t count = split(text, columns); count != kColumns) {
    return "it has " + std::to_string(count) + " columns, not 7";
  }
  const auto quoted = [](std::string_view column) { return " `" + std::string(column.substr(0, 40)) + "` is not "; };
  const auto key = number(columns[0]);
  if (!key) return "API_KEY" + quoted(columns[0]) + "a number from 0 to 32767";
  if (columns[1].empty()) return "NAME is empty";
  const auto version = number(columns[2]);
  if (!version) return "VERSION" + quoted(columns[2]) + "a number from 0 to 32767";
  if (columns[3] != "request" && columns[3] != "response") {
    return "direction" + quoted(columns[3]) + "request or response";
  }
  if (columns[4] != "0" && columns[4] != "1") return "FLEXIBLE" + quoted(columns[4]) + "0 or 1";
  if (!from_hex(columns[5], line.bytes)) return "HEX" + quoted(columns[5]) + "an even number of hexadecimal digits";
  if (columns[6].empty()) return "JSON is empty";
  line.name = columns[1];
  line.key = *key;
  line.version = *version;
  line.is_request = columns[3] == "request";
  return {};
}

int print_schemas() {
  for (const KnownApi& api : kKnown) std::cout << api.schemas();
  return 0;
}

int check_lines() {
  int status = 0;
  std::string text;
  const auto complain = [&status](size_t line_number, const std::string& what) {
    std::cout.flush();
    std::cerr << "wire_check: line " << line_number << ": " << what << '\n';
    status = 2;
  };
  for (size_t line_number = 1; std::getline(std::cin, text); ++line_number) {
    Line line;
    if (const std::string wrong = parse(text, line); !wrong.empty()) {
      complain(line_number, "malformed: " + wrong);
      break;
    }
    const KnownApi* api = find(line);
    const std::string name = api == nullptr ? std::string(line.name) : protocol::name(api->key);
    const std::string first_four = std::to_string(line.key) + '\t' + name + '\t' + std::to_string(line.version) + '\t' +
                                   (line.is_request ? "request" : "response") + '\t';
    if (api == nullptr) {
      std::cout << first_four << "unsupported\n";
      continue;
    }
    const Outcome outcome = (line.is_request ? api->request : api->response)(line.version, line.bytes);
    if (!outcome.refusal.empty()) {
      std::cout << first_four << "failed\t" << outcome.refusal << '\n';
      complain(line_number, name + " v" + std::to_string(line.version) + (line.is_request ? " request" : " response") +
                                ": " + outcome.refusal);
      continue;
    }
    const bool is_flexible = line.version >= api->flexible_from;
    std::cout << first_four << (is_flexible ? '1' : '0') << '\t' << to_hex(outcome.bytes) << '\t' << outcome.json
              << '\n';
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const bool wants_schemas = argc == 2 && std::string_view(argv[1]) == "--schemas";
  if (argc > 1 && !wants_schemas) {
    std::cerr << "usage: wire_check < LINES\n       wire_check --schemas\n";
    return 2;
  }
  const int status = wants_schemas ? print_schemas() : check_lines();
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "wire_check: standard output cannot be written\n";
    return 2;
  }
  return status;
}
