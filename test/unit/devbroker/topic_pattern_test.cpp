// Patterns over topic names: what they match, and what is wrong with others.
#include "devbroker/topic_pattern.hpp"

#include <string>

#include "catch.hpp"

using kafka::devbroker::TopicPattern;

namespace {

bool matches(const char* pattern, const char* name) {
  const TopicPattern compiled(pattern);
  INFO(pattern << ": " << compiled.error());
  REQUIRE(compiled.error().empty());
  return compiled.matches(name);
}

std::string wrong(const std::string& pattern) { return TopicPattern(pattern).error(); }

}  // namespace

TEST_CASE("a pattern has to match the whole name") {
  CHECK(matches("orders", "orders"));
  CHECK_FALSE(matches("orders", "orders-eu"));
  CHECK_FALSE(matches("orders", "my-orders"));
  CHECK(matches("orders.*", "orders-eu"));
  CHECK(matches("^orders$", "orders"));
  CHECK_FALSE(matches("or$ders", "orders"));
  CHECK_FALSE(matches("or^ders", "orders"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("", "a"));
}

TEST_CASE("alternatives, groups and repetitions") {
  CHECK(matches("a|bc|d", "bc"));
  CHECK_FALSE(matches("a|bc|d", "b"));
  CHECK(matches("(ab)+c?", "ababc"));
  CHECK(matches("(?:ab)*", ""));
  CHECK_FALSE(matches("(ab)+", "aba"));
  CHECK(matches("a{2,3}", "aaa"));
  CHECK_FALSE(matches("a{2,3}", "a"));
  CHECK_FALSE(matches("a{2,3}", "aaaa"));
  CHECK(matches("a{2}", "aa"));
  CHECK(matches("a{2,}", "aaaaa"));
  CHECK(matches("a{x", "a{x"));
  CHECK(matches(".*?-eu", "orders-eu"));
  CHECK(matches("(a*)*b", "aab"));
}

TEST_CASE("classes, escapes and the flag for case") {
  CHECK(matches("[a-c]+[^0-9]", "abc-"));
  CHECK_FALSE(matches("[a-c]+[^0-9]", "abc1"));
  CHECK(matches("[]-]+", "]-"));
  CHECK(matches("t\\.\\d+", "t.42"));
  CHECK_FALSE(matches("t\\.\\d+", "tx42"));
  CHECK(matches("\\w+", "a_1"));
  CHECK(matches("(?i)Orders", "oRDERS"));
  CHECK(matches("(?i:o)rders", "Orders"));
  CHECK_FALSE(matches("(?i:o)rders", "ORDERS"));
}

TEST_CASE("a wrong pattern is refused in RE2's words") {
  CHECK(wrong("pro(be") == "missing closing )");
  CHECK(wrong("(?=p)robe") == "invalid or unsupported Perl syntax");
  CHECK(wrong("probe)") == "unexpected )");
  CHECK(wrong("[a-c") == "missing closing ]");
  CHECK(wrong("[c-a]") == "invalid character class range");
  CHECK(wrong("*a") == "missing argument to repetition operator");
  CHECK(wrong("a**") == "invalid nested repetition operator");
  CHECK(wrong("a\\") == "trailing backslash at end of expression");
  CHECK(wrong("(a)\\1") == "invalid escape sequence");
  CHECK(wrong("a{1001}") == "invalid repeat count");
  CHECK(wrong("(((a{900}){900}){900}){900}") == "expression too large");
  CHECK(wrong("(((){900}){900}){900}") == "expression too large");
  CHECK(wrong(std::string(200, '(') + std::string(200, ')')) == "expression nests too deeply");
}

TEST_CASE("matching takes a time that is linear in the name") {
  // A matcher that tries one way after the other would take 2^40 steps.
  CHECK_FALSE(matches("(a?){40}a{40}", std::string(39, 'a').c_str()));
  CHECK(matches("(a|a)*", std::string(249, 'a').c_str()));
}
