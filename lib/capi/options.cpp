// Options by name, and the list of all options.
#include "capi/options.hpp"

#include <array>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "capi/call.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::OptionInfo;
using kafka::capi::failed;
using kafka::capi::wrong_argument;

namespace {

constexpr size_t kKinds = 3;

bool known(int kind) {
  return kind == KAFKA_SESSION_OPTIONS || kind == KAFKA_PRODUCER_OPTIONS || kind == KAFKA_CONSUMER_OPTIONS;
}

kafka_options defaults(int kind) {
  switch (kind) {
    case KAFKA_SESSION_OPTIONS:
      return {kafka::SessionOptions()};
    case KAFKA_PRODUCER_OPTIONS:
      return {kafka::ProducerOptions()};
    case KAFKA_CONSUMER_OPTIONS:
      break;
  }
  return {kafka::ConsumerOptions()};
}

std::vector<OptionInfo> list(const kafka_options& options) {
  return std::visit([](const auto& values) { return values.list(); }, options.values);
}

/// The options of a kind, with the strings that kafka_options_describe() hands out.
struct OptionTable {
  explicit OptionTable(int kind) : infos(list(defaults(kind))) {
    for (const OptionInfo& info : infos) {
      std::string all;
      for (const std::string& choice : info.choices) all += (all.empty() ? "" : ",") + choice;
      choices.push_back(all);
    }
  }
  std::vector<OptionInfo> infos;
  std::vector<std::string> choices;
};

const OptionTable& table(int kind) {
  static const std::array<OptionTable, kKinds> all = {
      OptionTable(KAFKA_SESSION_OPTIONS), OptionTable(KAFKA_PRODUCER_OPTIONS), OptionTable(KAFKA_CONSUMER_OPTIONS)};
  return all[static_cast<size_t>(kind)];
}

const char* name_of(OptionInfo::Type type) {
  switch (type) {
    case OptionInfo::Type::text:
      return "text";
    case OptionInfo::Type::flag:
      return "flag";
    case OptionInfo::Type::number:
      return "number";
    case OptionInfo::Type::milliseconds:
      return "milliseconds";
    case OptionInfo::Type::secret:
      return "secret";
    case OptionInfo::Type::choice:
      break;
  }
  return "choice";
}

}  // namespace

extern "C" {

kafka_options* kafka_options_new(int kind) {
  if (!known(kind)) return failed(wrong_argument(__func__, "there is no such kind of options")), nullptr;
  return new (std::nothrow) kafka_options(defaults(kind));
}

int kafka_options_set(kafka_options* options, const char* name, const char* value) {
  if (options == nullptr || name == nullptr || value == nullptr) {
    return failed(wrong_argument(__func__, "options, name and value may not be NULL"));
  }
  return failed(std::visit([&](auto& values) { return values.set(name, value); }, options->values));
}

int kafka_options_get(const kafka_options* options, const char* name, char* to, size_t* length) {
  if (options == nullptr || name == nullptr || length == nullptr) {
    return failed(wrong_argument(__func__, "options, name and length may not be NULL"));
  }
  for (const OptionInfo& info : list(*options)) {
    if (info.name != name) continue;
    const std::string value = info.value.value_or("");
    const size_t room = *length;
    *length = value.size() + 1;
    if (to == nullptr) return KAFKA_OK;
    if (room < *length) {
      return failed(Error(Errc::too_large, "the value of " + info.name + " needs " + std::to_string(*length) +
                                               " bytes, and there are " + std::to_string(room)));
    }
    std::memcpy(to, value.c_str(), *length);
    return KAFKA_OK;
  }
  return failed(Error(Errc::invalid_option, "no option is named \"" + std::string(name) + "\""));
}

void kafka_options_free(kafka_options* options) { delete options; }

size_t kafka_options_count(int kind) { return known(kind) ? table(kind).infos.size() : 0; }

int kafka_options_describe(int kind, size_t index, kafka_option_info* to) {
  if (!known(kind) || index >= table(kind).infos.size()) {
    return failed(wrong_argument(__func__, "there is no such option"));
  }
  if (!kafka::capi::sized(to)) return failed(wrong_argument(__func__, "to is NULL, or its size is not set"));
  const OptionInfo& info = table(kind).infos[index];
  to->name = info.name.c_str();
  to->type = name_of(info.type);
  to->values = table(kind).choices[index].c_str();
  to->default_value = info.value ? info.value->c_str() : nullptr;
  to->documentation = info.text.c_str();
  to->least = info.least;
  to->most = info.most;
  return KAFKA_OK;
}

}  // extern "C"
