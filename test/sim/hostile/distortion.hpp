// Answers that no broker should give: rules that change single fields of the dev brokers' answers.
// Not here: broken frames and bytes (test/sim/connection_test.cpp, test/unit).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/apis.hpp"

namespace kafka::sim {

/// What becomes of a field whenever its turn comes.
struct Rule {
  enum class How : uint8_t {
    constant,   ///< always `number`
    growing,    ///< `number`, and one more each time
    falling,    ///< `number`, and one less each time
    alternate,  ///< `number`, and as it was, in turn
    random,     ///< another number each time, sometimes an extreme one
    empty,      ///< lists, strings, bytes and options: nothing in them
    repeated,   ///< lists: the last element twice
    shortened,  ///< lists, strings and bytes: the last element is missing
  };
  static constexpr int kHows = 8;

  protocol::ApiKey api = protocol::ApiKey::metadata;
  std::string field;
  How how = How::constant;
  int64_t number = 0;
  uint64_t turns = 0;  ///< counts how often it was applied
  std::string text() const;
};

/// Owns the rules of one run.
class Distortion {
 public:
  /// Draws one to three rules.
  explicit Distortion(uint64_t seed);
  explicit Distortion(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  /// Changes the response of this API.
  void apply(protocol::ApiKey api, int16_t version, void* response);
  std::string text() const;

  /// The names of all fields in responses of the API that can be changed.
  static const std::vector<std::string>& fields(protocol::ApiKey api);

 private:
  std::vector<Rule> rules_;
};

}  // namespace kafka::sim
