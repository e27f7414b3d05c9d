#include "option_list.hpp"

#include <kafka/options.hpp>

#include <algorithm>
#include <cstdio>
#include <string>

namespace cli {
namespace {

using kafka::OptionInfo;

constexpr size_t kTextColumn = 44;

// A text that names its first choice names all of them.
std::string allowed(const OptionInfo& option) {
  switch (option.type) {
    case OptionInfo::Type::text:
    case OptionInfo::Type::secret:
      return "";
    case OptionInfo::Type::flag:
      return "true or false";
    case OptionInfo::Type::number:
    case OptionInfo::Type::milliseconds:
      return std::to_string(option.least) + " to " + std::to_string(option.most);
    case OptionInfo::Type::choice:
      break;
  }
  std::string words;
  if (option.choices.empty() || option.text.find(option.choices.front()) != std::string::npos) return words;
  for (const std::string& word : option.choices) words += (words.empty() ? "" : ", ") + word;
  return words;
}

template <class Options>
void print_options(const char* title) {
  std::printf("%s\n", title);
  for (const OptionInfo& option : Options().list()) {
    std::string line = "  " + option.name + " = " + option.value.value_or("");
    line.resize(std::max(line.size() + 2, kTextColumn), ' ');
    const std::string range = allowed(option);
    std::printf("%s%s%s\n", line.c_str(), option.text.c_str(), range.empty() ? "" : (" (" + range + ")").c_str());
  }
}

}  // namespace

void print_option_list() {
  std::printf("Options of the client, for -X NAME=VALUE and for configuration files. Times are in milliseconds.\n\n");
  print_options<kafka::SessionOptions>("Every command:");
  print_options<kafka::ProducerOptions>("\nproduce:");
  print_options<kafka::ConsumerOptions>("\nconsume:");
}

}  // namespace cli
