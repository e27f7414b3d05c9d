#include "session/option_values.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/file.hpp"

namespace kafka::session {
namespace {

constexpr std::string_view kVariable = "${env:", kFile = "${file:";
constexpr size_t kLargestFile = 1024 * 1024;

// The inside of "${env:inside}"; null if the value has another form.
std::string_view inside(std::string_view value, std::string_view begin) {
  if (!value.starts_with(begin) || !value.ends_with('}')) return {};
  return value.substr(begin.size(), value.size() - begin.size() - 1);
}

}  // namespace

Error expand(std::string_view name, std::string_view& value, WipedString& memory) {
  const std::string option = std::string(name) + " = " + std::string(value.substr(0, value.find(':')));
  if (const std::string_view variable = inside(value, kVariable); variable.data() != nullptr) {
    const char* set = std::getenv(std::string(variable).c_str());
    if (set == nullptr) {
      return Error(Errc::invalid_option, option + ":" + std::string(variable) + "}: there is no such variable");
    }
    value = set;
    return {};
  }
  const std::string_view path = inside(value, kFile);
  if (path.data() == nullptr) return {};
  const std::string why = read_file(std::string(path), kLargestFile, memory);
  if (!why.empty()) return Error(Errc::invalid_option, option + ":" + std::string(path) + "}: " + why);
  value = memory.text;
  if (value.ends_with('\n')) value.remove_suffix(1);
  if (value.ends_with('\r')) value.remove_suffix(1);
  return {};
}

std::string decimal(double value) {
  constexpr int64_t kUnit = 1000;
  const int64_t thousandths = std::llround(value * static_cast<double>(kUnit));
  std::string digits = std::to_string(std::abs(thousandths) % kUnit + kUnit).substr(1);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return (thousandths < 0 ? "-" : "") + std::to_string(std::abs(thousandths) / kUnit) +
         (digits.empty() ? "" : "." + digits);
}

}  // namespace kafka::session
