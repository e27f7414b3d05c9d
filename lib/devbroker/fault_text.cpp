#include "devbroker/fault_text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "protocol/api_key.hpp"
#include "protocol/apis.hpp"

namespace kafka::devbroker {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// In lower case, without '_' and '-': "Init_Producer-Id" and "InitProducerId" are the same.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_' && c != '-') text += lower(c);
  }
  return text;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<ApiKey> find_api(std::string_view name) {
  const std::string wanted = plain(name);
#define UVKAFKA_NAME(Name) \
  if (wanted == plain(#Name)) return protocol::key_of<protocol::Name##Request>;
  UVKAFKA_EACH_API(UVKAFKA_NAME)
#undef UVKAFKA_NAME
  return {};
}

std::string api_names() {
  std::string all;
#define UVKAFKA_NAME(Name) all += (all.empty() ? "" : ", ") + std::string(#Name);
  UVKAFKA_EACH_API(UVKAFKA_NAME)
#undef UVKAFKA_NAME
  return all;
}

/// Kafka's name in any case, or the number of a code, which may be one that nobody knows.
std::optional<Errc> find_error(std::string_view name) {
  if (const auto code = number<int16_t>(name)) return static_cast<Errc>(*code);
  constexpr auto kFirst = static_cast<int32_t>(Errc::unknown_server_error);
  constexpr auto kLast = static_cast<int32_t>(Errc::share_session_limit_reached);
  const std::string wanted = plain(name);
  for (int32_t code = kFirst; code <= kLast; ++code) {
    if (plain(Error(static_cast<Errc>(code)).name()) == wanted) return static_cast<Errc>(code);
  }
  return {};
}

Error wrong(std::string_view text, const std::string& what) {
  return Error(Errc::invalid_argument, "fault \"" + std::string(text) + "\": " + what);
}

}  // namespace

Error FaultText::parse(std::string_view text, FaultText& into) {
  into = {};
  const size_t end_of_api = std::min(text.find(':'), text.size());
  const auto api = find_api(text.substr(0, end_of_api));
  if (!api) return wrong(text, "begins with the name of an API: " + api_names());
  into.api = *api;
  bool acts = false;
  for (size_t at = end_of_api; at < text.size();) {
    const size_t next = std::min(text.find(':', at + 1), text.size());
    const std::string_view part = text.substr(at + 1, next - at - 1);
    at = next;
    const size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    if (name == "times") {
      const auto times = value == "always" ? std::optional<int>(-1) : number<int>(value);
      if (!times || (*times < 1 && value != "always")) return wrong(text, "times= wants 1 or more, or always");
      into.times = *times;
      continue;
    }
    if (std::exchange(acts, true)) return wrong(text, "has more than one of error=, delay= and cut");
    if (name == "error") {
      const auto error = find_error(value);
      if (!error || *error == Errc::none) {
        return wrong(text, "error= wants the name of a Kafka error, for example NOT_LEADER_OR_FOLLOWER, or its number");
      }
      into.error = *error;
    } else if (name == "delay") {
      const auto delay = number<int64_t>(value);
      if (!delay || *delay < 0 || *delay > kMostDelay.count()) {
        return wrong(text, "delay= wants milliseconds, 0 to " + std::to_string(kMostDelay.count()));
      }
      into.delay = std::chrono::milliseconds(*delay);
    } else if (part == "cut") {
      into.cut = true;
    } else {
      return wrong(text, "\"" + std::string(part) + "\" is none of times=N, error=NAME, delay=MS and cut");
    }
  }
  if (!acts) return wrong(text, "says nothing that happens: add error=NAME, delay=MS or cut");
  return {};
}

void FaultText::apply(Fault& fault) const {
  if (times < 0) {
    fault.always();
  } else {
    fault.times(times);
  }
  if (error != Errc::none) fault.reply(error);
  if (delay.count() > 0) fault.delay(delay);
  if (cut) fault.cut_at(kCutAt);
}

}  // namespace kafka::devbroker
