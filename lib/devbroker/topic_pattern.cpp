// Compiling and matching patterns (see topic_pattern.hpp): a non-deterministic automaton whose states are all followed
// at once.
#include "devbroker/topic_pattern.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace kafka::devbroker {

/// Builds the automaton backwards: each part is compiled with the step that follows it.
class PatternParser {
 public:
  using Class = TopicPattern::Class;
  using Op = TopicPattern::Op;
  /// Compiles a part so that it goes on at a step, and returns its first step. May be called more than once.
  using Part = std::function<size_t(size_t next)>;
  static constexpr int kMaxRepeat = 1000;
  static constexpr size_t kMaxSteps = 20000;
  static constexpr int kMaxDepth = 100;

  PatternParser(TopicPattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  void run() {
    const Part whole = alternatives();
    if (ok() && at_ < text_.size()) fail("unexpected )");
    if (!ok()) return;
    const size_t match = add({.op = Op::match});
    pattern_.start_ = whole(match);
    if (pattern_.steps_.size() > kMaxSteps || repeats_ > kMaxSteps) fail("expression too large");
  }

 private:
  bool ok() const { return pattern_.error_.empty(); }
  void fail(const char* what) {
    if (ok()) pattern_.error_ = what;
  }
  bool more() const { return ok() && at_ < text_.size(); }
  bool take(char c) {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  size_t add(TopicPattern::Step step) {
    if (pattern_.steps_.size() <= kMaxSteps) pattern_.steps_.push_back(step);
    return pattern_.steps_.size() - 1;
  }
  /// Nested counts multiply, also those of nothing.
  bool counts() { return ++repeats_ <= kMaxSteps && pattern_.steps_.size() <= kMaxSteps; }
  Part one_of(const Class& chars) {
    return [this, chars](size_t next) { return add({.op = Op::one_of, .chars = chars, .next = next}); };
  }

  Part alternatives() {
    if (++depth_ > kMaxDepth) fail("expression nests too deeply");
    Part all = sequence();
    while (take('|')) {
      all = [this, first = std::move(all), second = sequence()](size_t next) {
        const size_t one = first(next);
        return add({.op = Op::split, .next = one, .other = second(next)});
      };
    }
    --depth_;
    return all;
  }
  Part sequence() {
    std::vector<Part> parts;
    while (more() && text_[at_] != '|' && text_[at_] != ')') parts.push_back(repeated());
    return [parts = std::move(parts)](size_t next) {
      for (size_t i = parts.size(); i > 0; --i) next = parts[i - 1](next);
      return next;
    };
  }
  Part repeated() {
    Part part = atom();
    bool again = false;
    while (more()) {
      int least = 0;
      int most = -1;  // no bound
      if (take('*')) {
      } else if (take('+')) {
        least = 1;
      } else if (take('?')) {
        most = 1;
      } else if (!counted(least, most)) {
        break;
      }
      if (again) fail("invalid nested repetition operator");
      take('?');  // reluctant: for the whole name it is the same
      again = true;
      part = times(std::move(part), least, most);
    }
    return part;
  }
  Part times(Part part, int least, int most) {
    return [this, part = std::move(part), least, most](size_t next) {
      size_t first = next;
      if (most < 0) {
        const size_t loop = add({.op = Op::split, .other = next});
        const size_t body = part(loop);
        pattern_.steps_[loop].next = body;
        first = loop;
      }
      for (int i = least; i < most && counts(); ++i) first = add({.op = Op::split, .next = part(first), .other = next});
      for (int i = 0; i < least && counts(); ++i) first = part(first);
      return first;
    };
  }
  /// "{2}", "{2,}" or "{2,5}". Anything else in braces is text.
  bool counted(int& least, int& most) {
    const size_t start = at_;
    if (!take('{')) return false;
    const auto number = [this](int& value) {
      const size_t first = at_;
      for (value = 0; more() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - first < 5; ++at_) {
        value = value * 10 + (text_[at_] - '0');
      }
      return at_ > first;
    };
    bool reads = number(least);
    most = least;
    if (reads && take(',') && !number(most)) most = -1;
    reads = reads && take('}');
    if (!reads) {
      at_ = start;
      return false;
    }
    if (least > kMaxRepeat || most > kMaxRepeat || (most >= 0 && most < least)) fail("invalid repeat count");
    return true;
  }

  Part atom() {
    const char c = text_[at_++];
    switch (c) {
      case '(':
        return group();
      case '[':
        return one_of(bracket());
      case '.': {
        Class any;
        any.set();
        any.reset('\n');
        return one_of(any);
      }
      case '^':
        return [this](size_t next) { return add({.op = Op::begin, .next = next}); };
      case '$':
        return [this](size_t next) { return add({.op = Op::end, .next = next}); };
      case '\\':
        return one_of(escape());
      case '*':
      case '+':
      case '?':
        fail("missing argument to repetition operator");
        return one_of({});
      default:
        return one_of(letter(c));
    }
  }
  Part group() {
    const bool ignored_before = ignores_case_;
    if (take('?')) {
      bool on = true;
      while (more() && text_[at_] != ':' && text_[at_] != ')') {
        const char flag = text_[at_++];
        if (flag == '-') {
          on = false;
        } else if (flag == 'i') {
          ignores_case_ = on;
        } else if (flag != 's' && flag != 'm' && flag != 'U') {
          fail("invalid or unsupported Perl syntax");
        }
      }
      if (take(')')) return [](size_t next) { return next; };  // the flags hold for what follows
      if (!take(':')) fail("missing closing )");
    }
    Part inner = alternatives();
    if (!take(')')) fail("missing closing )");
    ignores_case_ = ignored_before;
    return inner;
  }
  Class letter(char c) const {
    Class one;
    one.set(static_cast<unsigned char>(c));
    if (ignores_case_ && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
      one.set(static_cast<unsigned char>(c ^ 32));
    return one;
  }
  Class range(char first, char last) const {
    Class all;
    for (int c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) {
      all |= letter(static_cast<char>(c));
    }
    return all;
  }
  Class escape() {
    if (!more()) {
      fail("trailing backslash at end of expression");
      return {};
    }
    const char c = text_[at_++];
    switch (c) {
      case 'd':
        return range('0', '9');
      case 'D':
        return ~range('0', '9');
      case 'w':
        return range('0', '9') | range('a', 'z') | range('A', 'Z') | letter('_');
      case 'W':
        return ~(range('0', '9') | range('a', 'z') | range('A', 'Z') | letter('_'));
      case 's':
        return letter(' ') | range('\t', '\n') | range('\f', '\r');
      case 'S':
        return ~(letter(' ') | range('\t', '\n') | range('\f', '\r'));
      case 't':
        return letter('\t');
      case 'n':
        return letter('\n');
      default:
        break;
    }
    const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_word) fail("invalid escape sequence");
    return letter(c);
  }
  Class bracket() {
    Class all;
    const bool inverted = take('^');
    for (bool first = true; more() && (first || text_[at_] != ']'); first = false) {
      const char from = text_[at_++];
      if (from == '\\') {
        all |= escape();
        continue;
      }
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        const char to = text_[at_ + 1];
        at_ += 2;
        if (static_cast<unsigned char>(to) < static_cast<unsigned char>(from)) fail("invalid character class range");
        all |= range(from, to);
        continue;
      }
      all |= letter(from);
    }
    if (!take(']')) fail("missing closing ]");
    return inverted ? ~all : all;
  }

  TopicPattern& pattern_;
  const std::string_view text_;
  size_t at_ = 0;
  size_t repeats_ = 0;
  int depth_ = 0;
  bool ignores_case_ = false;
};

TopicPattern::TopicPattern(std::string_view text) { PatternParser(*this, text).run(); }

void TopicPattern::follow(size_t step, bool at_begin, bool at_end, std::vector<bool>& seen, Present& present) const {
  std::vector<size_t> pending{step};
  while (!pending.empty()) {
    const size_t at = pending.back();
    pending.pop_back();
    if (seen[at]) continue;
    seen[at] = true;
    const Step& here = steps_[at];
    switch (here.op) {
      case Op::split:
        pending.push_back(here.other);
        pending.push_back(here.next);
        break;
      case Op::begin:
        if (at_begin) pending.push_back(here.next);
        break;
      case Op::end:
        if (at_end) pending.push_back(here.next);
        break;
      default:
        present.push_back(at);
    }
  }
}

bool TopicPattern::matches(std::string_view name) const {
  if (!error_.empty()) return false;
  Present present;
  std::vector<bool> seen(steps_.size());
  follow(start_, true, name.empty(), seen, present);
  for (size_t i = 0; i < name.size(); ++i) {
    Present next;
    seen.assign(steps_.size(), false);
    for (const size_t at : present) {
      const Step& step = steps_[at];
      if (step.op == Op::one_of && step.chars.test(static_cast<unsigned char>(name[i]))) {
        follow(step.next, false, i + 1 == name.size(), seen, next);
      }
    }
    present = std::move(next);
  }
  return std::ranges::any_of(present, [&](size_t at) { return steps_[at].op == Op::match; });
}

}  // namespace kafka::devbroker
