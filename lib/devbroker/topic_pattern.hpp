// A pattern over topic names as brokers understand it (RE2/J, KIP-848): it has to match the whole name, and takes a
// time that is linear in the name. Known are literals, `.`, classes, `\d \w \s`, groups, `|`, `* + ? {m,n}`, `^`, `$`
// and the flag `(?i)`. There is no look-around and there are no back references, as in RE2.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kafka::devbroker {

/// Owns the compiled pattern.
class TopicPattern {
 public:
  explicit TopicPattern(std::string_view text);

  /// What is wrong with the pattern, in RE2's words; "": nothing.
  const std::string& error() const { return error_; }
  bool matches(std::string_view name) const;

 private:
  friend class PatternParser;
  using Class = std::bitset<256>;
  enum class Op : int8_t { one_of, split, begin, end, match };
  struct Step {
    Op op = Op::match;
    Class chars = {};  // one_of
    size_t next = 0;   // the step behind this one
    size_t other = 0;  // split
  };
  using Present = std::vector<size_t>;
  void follow(size_t step, bool at_begin, bool at_end, std::vector<bool>& seen, Present& present) const;

  std::vector<Step> steps_;
  size_t start_ = 0;
  std::string error_;
};

}  // namespace kafka::devbroker
