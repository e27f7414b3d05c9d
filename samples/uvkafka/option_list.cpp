#include "option_list.hpp"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "session/option_fields.hpp"

namespace cli {
namespace {

using kafka::session::OptionFields;
using kafka::session::Range;

constexpr size_t kTextColumn = 44;

// Finds the member of an option by the option's name.
template <class Member>
struct Finder {
  std::string_view wanted;
  const Member* found = nullptr;

  void operator()(std::string_view name, const auto& member, const auto&...) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, Member>) {
      if (name == wanted) found = &member;
    }
  }
};

// What the option's own error says of the values that are allowed.
template <class Options>
std::string allowed(std::string_view name) {
  Options options;
  const kafka::Error error = options.set(name, "?");
  constexpr std::string_view kBefore = "it must be ";
  const size_t at = error.detail().find(kBefore);
  return at == std::string_view::npos ? "" : std::string(error.detail().substr(at + kBefore.size()));
}

// Prints each option that it is walked over.
template <class Options>
class Printer {
 public:
  void operator()(std::string_view name, const std::string& member, std::string_view text) {
    print(name, member, "", text);
  }
  void operator()(std::string_view name, const std::optional<std::string>& member, std::string_view text) {
    print(name, member.value_or(""), "", text);
  }
  void operator()(std::string_view name, const bool& member, std::string_view text) {
    print(name, member ? "true" : "false", "true or false", text);
  }
  void operator()(std::string_view name, const std::optional<bool>&, std::string_view text) {
    print(name, "", "true or false", text);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(std::string_view name, const Enum& member, std::string_view text) {
    const std::string words = allowed<Options>(name);
    const std::string first = words.substr(0, words.find(','));
    print(name, name_of(name, member), text.find(first) == std::string_view::npos ? words : "", text);
  }
  template <class Number>
  void operator()(std::string_view name, const Number& member, Range range, std::string_view text) {
    print(name, text_of(member), std::to_string(range.least) + " to " + std::to_string(range.most), text);
  }

 private:
  static std::string text_of(int64_t value) { return std::to_string(value); }
  static std::string text_of(const std::optional<int32_t>& value) { return value ? std::to_string(*value) : ""; }
  static std::string text_of(std::chrono::milliseconds value) { return std::to_string(value.count()); }
  static std::string text_of(const std::optional<std::chrono::milliseconds>& value) {
    return value ? text_of(*value) : "";
  }
  static std::string text_of(std::chrono::microseconds value) { return std::to_string(value.count() / 1000); }

  // The first allowed word that sets the member to this value.
  template <class Enum>
  static std::string name_of(std::string_view name, const Enum& value) {
    std::string words = allowed<Options>(name) + ", ";
    for (size_t comma = words.find(", "); comma != std::string::npos; comma = words.find(", ")) {
      const std::string word = words.substr(0, comma);
      words.erase(0, comma + 2);
      Options options;
      Finder<Enum> finder{name};
      if (!options.set(name, word)) OptionFields::walk(finder, options);
      if (finder.found != nullptr && *finder.found == value) return word;
    }
    return "";
  }

  static void print(std::string_view name, const std::string& value, const std::string& range, std::string_view text) {
    std::string line = "  " + std::string(name) + " = " + value;
    line.resize(std::max(line.size() + 2, kTextColumn), ' ');
    std::printf("%s%.*s%s%s%s\n", line.c_str(), static_cast<int>(text.size()), text.data(), range.empty() ? "" : " (",
                range.c_str(), range.empty() ? "" : ")");
  }
};

template <class Options>
void print_options(const char* title) {
  std::printf("%s\n", title);
  Options defaults;
  Printer<Options> printer;
  OptionFields::walk(printer, defaults);
}

}  // namespace

void print_option_list() {
  std::printf("Options of the client, for -X NAME=VALUE and for configuration files. Times are in milliseconds.\n\n");
  print_options<kafka::SessionOptions>("Every command:");
  print_options<kafka::ProducerOptions>("\nproduce:");
  print_options<kafka::ConsumerOptions>("\nconsume:");
}

}  // namespace cli
