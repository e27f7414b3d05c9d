#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace cli {
namespace {

constexpr size_t kHelpColumn = 35;

constexpr Option kClientOptions[] = {
    {"-b", "--bootstrap", "HOST:PORT", "brokers to connect to first, separated by commas; they tell the others"},
    {"-X", "", "NAME=VALUE", "an option by its Java name (linger.ms=5); -X list prints all of them"},
    {"-F", "--config", "FILE", "read options from FILE: lines NAME=VALUE, # comments; default: $UVKAFKA_CONFIG"},
    {"-m", "--max-wait", "SECONDS", "give up if no broker has answered after this time (default 10)"},
    {"-q", "--quiet", "", "print errors only: no notices, no progress"},
    {"", "--resolve", "HOST:ADDRESS", "the address of a host name, in place of a look-up; repeatable"},
};

std::string lead(const Option& option) {
  std::string text = *option.name == '\0' ? "    " : std::string(option.name);
  if (*option.other != '\0') text.append(*option.name == '\0' ? "" : ", ").append(option.other);
  if (*option.value != '\0') text.append(" ").append(option.value);
  return text;
}

void print_option(const Option& option) {
  std::string line = std::string("  ").append(lead(option));
  line.resize(std::max(line.size() + 2, kHelpColumn), ' ');
  std::printf("%s%s\n", line.c_str(), option.text);
}

std::string_view key_of(const Option& option) { return *option.name != '\0' ? option.name : option.other; }

}  // namespace

std::span<const Option> client_command_options() { return kClientOptions; }

void print_help(const Command& command) {
  std::printf("uvkafka %s: %s\n\nusage: uvkafka %s%s%s [OPTION...]%s%s\n\n", command.name, command.summary,
              command.name, *command.usage == '\0' ? "" : " ", command.usage, *command.files == '\0' ? "" : " ",
              command.files);
  for (const Option& option : command.options) print_option(option);
  if (command.client) {
    for (const Option& option : kClientOptions) print_option(option);
  }
  print_option({"-h", "--help", "", "print this"});
  if (*command.notes != '\0') std::printf("\n%s", command.notes);
}

int usage_error(const std::string& what) {
  std::fprintf(stderr, "uvkafka: %s (see uvkafka --help)\n", what.c_str());
  return kUsage;
}

const Option* Arguments::find(std::string_view name) const {
  for (const Option& option : known_) {
    if (!name.empty() && (name == option.name || name == option.other)) return &option;
  }
  return nullptr;
}

std::optional<int> Arguments::parse(int argc, char** argv, const Command& command) {
  known_ = command.options;
  if (command.client) known_.insert(known_.end(), std::begin(kClientOptions), std::end(kClientOptions));
  known_.push_back({"-h", "--help", "", ""});
  takes_files_ = *command.files != '\0';
  left_ = {argv, static_cast<size_t>(argc)};
  bool only_files = false;
  while (!left_.empty()) {
    const std::string argument = left_.front();
    left_ = left_.subspan(1);
    const bool option = !only_files && argument.size() > 1 && argument.front() == '-';
    if (argument == "--" && !only_files) {
      only_files = true;
    } else if (!option && !takes_files_) {
      return usage_error("unknown argument \"" + argument + "\"");
    } else if (!option) {
      files_.push_back(argument);
    } else if (!(argument.starts_with("--") ? take_long(argument) : take_short(argument))) {
      return kUsage;
    }
    if (has("-h")) return print_help(command), kDone;
  }
  return {};
}

bool Arguments::take_long(const std::string& argument) {
  const size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  const Option* option = find(name);
  if (option == nullptr) return usage_error("unknown argument \"" + argument + "\""), false;
  if (equals == std::string::npos) return take_value(*option, name, {});
  return take_value(*option, name, argument.substr(equals + 1));
}

// "-e", "-eq" (two options without a value), "-c5", "-eqc5", "-c 5".
bool Arguments::take_short(const std::string& argument) {
  for (size_t i = 1; i < argument.size(); ++i) {
    const std::string name = std::string("-") + argument[i];
    const Option* option = find(name);
    if (option == nullptr) {
      return usage_error("unknown argument \"" + argument + "\"" + (i > 1 ? ": there is no " + name : "")), false;
    }
    if (*option->value == '\0') {
      take_value(*option, name, {});
      continue;
    }
    if (i + 1 == argument.size()) return take_value(*option, name, {});
    return take_value(*option, name, argument.substr(i + 1));
  }
  return true;
}

bool Arguments::take_value(const Option& option, const std::string& shown, std::optional<std::string> value) {
  const bool wanted = *option.value != '\0';
  if (!wanted && value) return usage_error(shown + " takes no value"), false;
  if (wanted && !value) {
    if (left_.empty()) return usage_error(shown + " needs a value: " + option.value), false;
    value = left_.front();
    left_ = left_.subspan(1);
  }
  values_[std::string(key_of(option))].push_back(value.value_or(""));
  return true;
}

std::string Arguments::get(std::string_view name, std::string otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t parsed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return parsed;
}

std::optional<std::vector<int32_t>> numbers(std::string_view text) {
  std::vector<int32_t> all;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    const size_t dash = entry.find('-');
    const auto first = number(entry.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(entry.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last > INT32_MAX) return {};
    if (static_cast<uint64_t>(*last - *first) >= kMostNumbers - all.size()) return {};
    for (int64_t one = *first; one <= *last; ++one) all.push_back(static_cast<int32_t>(one));
    if (comma == std::string_view::npos) break;
    text = text.substr(comma + 1);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return {};
    constexpr std::string_view kFrom = "nrt0\\", kTo{"\n\r\t\0\\", 5};
    const size_t known = kFrom.find(text[i]);
    if (known != std::string_view::npos) {
      bytes += kTo[known];
    } else if (text[i] == 'x') {
      unsigned value = 0;
      const char* const begin = text.data() + i + 1;
      const char* const end = std::min(begin + 2, text.data() + text.size());
      const auto [stopped, error] = std::from_chars(begin, end, value, 16);
      if (error != std::errc() || stopped == begin) return {};
      bytes += static_cast<char>(value);
      i += static_cast<size_t>(stopped - begin);
    } else {
      return {};
    }
  }
  return bytes;
}

}  // namespace cli
