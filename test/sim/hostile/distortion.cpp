#include "hostile/distortion.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <type_traits>

#include "codec/traits.hpp"
#include "protocol/api_key.hpp"
#include "random/random.hpp"

namespace kafka::sim {
namespace {

using codec::Field;
using codec::is_optional;
using codec::is_structure;
using codec::is_vector;

/// The names of the fields of a message and of the structures in it, each once.
class Names {
 public:
  explicit Names(std::vector<std::string>& into) : into_(into) {}
  template <class T>
  void operator()(T&, const char* name, const Field&) {
    if (std::find(into_.begin(), into_.end(), name) == into_.end()) into_.emplace_back(name);
    inside<T>();
  }
  template <class T>
  void inside() {
    if constexpr (is_vector<T> || is_optional<T>) {
      inside<typename T::value_type>();
    } else if constexpr (is_structure<T>) {
      T structure{};
      T::fields(*this, structure);
    }
  }

 private:
  std::vector<std::string>& into_;
};

/// Applies one rule to a message.
class Changer {
 public:
  Changer(Rule& rule, int version) : rule_(rule), version_(version), random_(rule.turns, 1) {}
  template <class T>
  void operator()(T& field, const char* name, const Field& how) {
    if (!how.has(version_)) return;
    if (rule_.field == name) change(field, how.nullable(version_));
    inside(field);
  }
  template <class T>
  void inside(T& field) {
    if constexpr (is_vector<T>) {
      if constexpr (is_structure<typename T::value_type>) {
        for (auto& element : field) inside(element);
      }
    } else if constexpr (is_optional<T>) {
      if (field) inside(*field);
    } else if constexpr (is_structure<T>) {
      T::fields(*this, field);
    }
  }

 private:
  template <class T>
  void change(T& field, bool nullable) {
    using How = Rule::How;
    ++rule_.turns;
    if constexpr (is_optional<T>) {
      if (rule_.how == How::empty && nullable) return field.reset();
      if (!field) field.emplace();
      change(*field, false);
    } else if constexpr (is_vector<T>) {
      if (rule_.how == How::empty) field.clear();
      if (field.empty()) return;
      if (rule_.how == How::repeated) field.push_back(field.back());
      if (rule_.how == How::shortened) field.pop_back();
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (rule_.how == How::empty) field.clear();
      if (rule_.how == How::shortened && !field.empty()) field.pop_back();
      if (rule_.how == How::repeated) field += field;
    } else if constexpr (std::is_same_v<T, Bytes>) {
      if (rule_.how == How::empty) field = Bytes::copy("");
      if (rule_.how == How::shortened && field.size() > 0) field = field.slice(0, field.size() - 1);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      if (rule_.how == How::empty) field = {};
      if (rule_.how == How::random || rule_.how == How::growing)
        for (uint8_t& byte : field.bytes) byte = static_cast<uint8_t>(random_.next());
      if (rule_.how == How::constant) field.bytes.back() = static_cast<uint8_t>(rule_.number);
    } else if constexpr (std::is_arithmetic_v<T>) {
      field = static_cast<T>(number(static_cast<int64_t>(field)));
    }
  }
  int64_t number(int64_t now) {
    const auto turn = static_cast<int64_t>(rule_.turns);
    switch (rule_.how) {
      case Rule::How::constant:
        return rule_.number;
      case Rule::How::growing:
        return static_cast<int64_t>(static_cast<uint64_t>(rule_.number) + static_cast<uint64_t>(turn));
      case Rule::How::falling:
        return static_cast<int64_t>(static_cast<uint64_t>(rule_.number) - static_cast<uint64_t>(turn));
      case Rule::How::alternate:
        return turn % 2 == 0 ? rule_.number : now;
      case Rule::How::random:
        return random_.percent(20) ? std::numeric_limits<int64_t>::max() : random_.between(-1, 40);
      default:
        return now;
    }
  }

  Rule& rule_;
  int version_;
  Random random_;
};

const char* name_of(Rule::How how) {
  static constexpr const char* kNames[] = {"constant", "growing", "falling",  "alternate",
                                           "random",   "empty",   "repeated", "shortened"};
  return kNames[static_cast<size_t>(how)];
}

int64_t draw_number(Random& random, const std::string& field) {
  if (field == "errorCode") return random.percent(5) ? 999 : random.between(-1, 133);
  static const std::vector<int64_t> kNumbers{-2, -1,  0,     1,     2,         3,         4,         5,
                                             7,  100, 32766, 32767, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
  return random.pick(kNumbers);
}

}  // namespace

std::string Rule::text() const {
  return protocol::name(api) + "." + field + " " + name_of(how) + " " + std::to_string(number);
}

const std::vector<std::string>& Distortion::fields(protocol::ApiKey api) {
  static const std::map<protocol::ApiKey, std::vector<std::string>> all = [] {
    std::map<protocol::ApiKey, std::vector<std::string>> made;
#define UVKAFKA_NAMES(Name) Names(made[protocol::key_of<protocol::Name##Request>]).inside<protocol::Name##Response>();
    UVKAFKA_EACH_API(UVKAFKA_NAMES)
#undef UVKAFKA_NAMES
    return made;
  }();
  return all.at(api);
}

Distortion::Distortion(uint64_t seed) {
  static const std::vector<protocol::ApiKey> kApis = [] {
    std::vector<protocol::ApiKey> apis;
#define UVKAFKA_KEY(Name) apis.push_back(protocol::key_of<protocol::Name##Request>);
    UVKAFKA_EACH_API(UVKAFKA_KEY)
#undef UVKAFKA_KEY
    return apis;
  }();
  Random random(seed, 11);
  const int count = random.percent(50) ? 1 : random.integer(2, 3);
  for (int i = 0; i < count; ++i) {
    Rule& rule = rules_.emplace_back();
    rule.api = random.pick(kApis);
    rule.field = random.percent(40) ? "errorCode" : random.pick(fields(rule.api));
    rule.how = static_cast<Rule::How>(random.integer(0, Rule::kHows - 1));
    // Lists are changed by other rules than numbers: most draws are for numbers.
    if (rule.field == "errorCode" || random.percent(60)) rule.how = static_cast<Rule::How>(random.integer(0, 4));
    rule.number = draw_number(random, rule.field);
  }
}

void Distortion::apply(protocol::ApiKey api, int16_t version, void* response) {
  for (Rule& rule : rules_) {
    if (rule.api != api) continue;
    Changer changer(rule, version);
#define UVKAFKA_CHANGE(Name)                                           \
  case protocol::key_of<protocol::Name##Request>:                      \
    changer.inside(*static_cast<protocol::Name##Response*>(response)); \
    break;
    switch (api) {
      UVKAFKA_EACH_API(UVKAFKA_CHANGE)
      default:
        break;
    }
#undef UVKAFKA_CHANGE
  }
}

std::string Distortion::text() const {
  std::string text;
  for (const Rule& rule : rules_) text += (text.empty() ? "" : "; ") + rule.text();
  return text;
}

}  // namespace kafka::sim
