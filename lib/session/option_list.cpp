// The list of all options with their values, from the table of options.
#include <kafka/options.hpp>

#include <utility>

#include "session/option_choices.hpp"
#include "session/option_fields.hpp"
#include "session/option_values.hpp"

namespace kafka {
namespace {

using session::choices;
using session::OptionFields;
using session::Range;

/// Visits the fields of an options struct, and keeps what it sees.
class Lister {
 public:
  void operator()(std::string_view name, const std::string& member, std::string_view text) {
    add(name, OptionInfo::Type::text, member, text);
  }
  void operator()(std::string_view name, const std::optional<std::string>& member, std::string_view text) {
    add(name, OptionInfo::Type::text, member, text);
  }
  void operator()(std::string_view name, const Secret& member, std::string_view text) {
    add(name, OptionInfo::Type::secret, member.empty() ? std::nullopt : std::optional(std::string(kHidden)), text);
  }
  void operator()(std::string_view name, const bool& member, std::string_view text) {
    add(name, OptionInfo::Type::flag, flag(member), text);
  }
  void operator()(std::string_view name, const std::optional<bool>& member, std::string_view text) {
    add(name, OptionInfo::Type::flag, member ? std::optional(flag(*member)) : std::nullopt, text);
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void operator()(std::string_view name, const Enum& member, std::string_view text) {
    OptionInfo& added = add(name, OptionInfo::Type::choice, {}, text);
    for (const auto& choice : choices(member)) {
      if (choice.name.empty()) continue;  // as good as unset
      added.choices.emplace_back(choice.name);
      if (choice.value == member && !added.value) added.value = choice.name;
    }
  }
  template <class Number>
  void operator()(std::string_view name, const Number& member, Range range, std::string_view text) {
    OptionInfo& added = add(name, type(member), value(member), text);
    added.least = range.least;
    added.most = range.most;
  }

  void operator()(std::string_view name, const double& member, session::Part part, std::string_view text) {
    // OptionInfo has whole numbers as bounds; the text says these.
    const std::string bounds = session::decimal(part.least) + " to " + session::decimal(part.most);
    add(name, OptionInfo::Type::text, session::decimal(member), std::string(text) + "; " + bounds);
  }

  std::vector<OptionInfo> take() { return std::move(found_); }

 private:
  OptionInfo& add(std::string_view name, OptionInfo::Type type, std::optional<std::string> value,
                  std::string_view text) {
    found_.push_back({.name = std::string(name), .type = type, .value = std::move(value), .text = std::string(text)});
    return found_.back();
  }
  static std::string flag(bool on) { return on ? "true" : "false"; }

  template <class Number>
  static OptionInfo::Type type(const Number&) {
    return OptionInfo::Type::number;
  }
  template <class Rep, class Period>
  static OptionInfo::Type type(const std::chrono::duration<Rep, Period>&) {
    return OptionInfo::Type::milliseconds;
  }
  template <class Rep, class Period>
  static OptionInfo::Type type(const std::optional<std::chrono::duration<Rep, Period>>&) {
    return OptionInfo::Type::milliseconds;
  }

  static std::string value(int64_t number) { return std::to_string(number); }
  static std::string value(std::chrono::milliseconds time) { return std::to_string(time.count()); }
  /// Milliseconds with as many digits behind the point as are needed.
  static std::string value(std::chrono::microseconds time) {
    std::string digits = std::to_string(time.count() % 1000 + 1000).substr(1);
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    return std::to_string(time.count() / 1000) + (digits.empty() ? "" : "." + digits);
  }
  template <class Number>
  static std::optional<std::string> value(const std::optional<Number>& number) {
    return number ? std::optional(value(*number)) : std::nullopt;
  }

  std::vector<OptionInfo> found_;
};

template <class Options>
std::vector<OptionInfo> listed(const Options& options) {
  Lister lister;
  OptionFields::walk(lister, options);
  return lister.take();
}

}  // namespace

std::vector<OptionInfo> SessionOptions::list() const { return listed(*this); }
std::vector<OptionInfo> ProducerOptions::list() const { return listed(*this); }
std::vector<OptionInfo> ConsumerOptions::list() const { return listed(*this); }

}  // namespace kafka
