// Patterns over topic names: what they match, and what is wrong with others.
#include "base/regex.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka;

namespace {

bool has_re2() {
  if (!Regex::built_in()) WARN("skipped: this library was built without RE2");
  return Regex::built_in();
}

bool matches(const char* pattern, const char* name) {
  Regex compiled;
  const Error error = Regex::compile(pattern, compiled);
  INFO(error.message());
  REQUIRE_FALSE(error);
  return compiled.matches(name);
}

}  // namespace

TEST_CASE("a pattern has to match the whole name") {
  if (!has_re2()) return;
  CHECK(matches("orders", "orders"));
  CHECK_FALSE(matches("orders", "orders-eu"));
  CHECK_FALSE(matches("orders", "my-orders"));
  CHECK(matches("orders.*", "orders-eu"));
  CHECK(matches("^orders$", "orders"));
  CHECK(matches("a|bc|d", "bc"));
  CHECK_FALSE(matches("a|bc|d", "b"));
  CHECK(matches("(?i)Orders", "oRDERS"));
  CHECK(matches("t\\.\\d{2,3}", "t.42"));
  CHECK_FALSE(matches("t\\.\\d{2,3}", "tx42"));
}

TEST_CASE("a wrong pattern is refused with what is wrong in it") {
  if (!has_re2()) return;
  Regex compiled;
  for (const char* wrong : {"pro(be", "(?=p)robe", "probe)", "[a-c", "[c-a]", "*a", "a{1001}", "\\1"}) {
    const Error error = Regex::compile(wrong, compiled);
    CHECK(error == Errc::invalid_regular_expression);
    CHECK_FALSE(error.detail().empty());
  }
  CHECK(Regex::compile(std::string(Regex::kLongest + 1, 'a'), compiled) == Errc::invalid_regular_expression);
  CHECK_FALSE(compiled.matches(""));
}

TEST_CASE("a pattern that is costly for others is not for RE2") {
  if (!has_re2()) return;
  CHECK_FALSE(matches("(a*)*(a*)*(a*)*b", std::string(249, 'a').c_str()));
}

TEST_CASE("without RE2 a pattern is refused, and the error says why") {
  if (Regex::built_in()) return;  // the other tests cover that
  Regex compiled;
  CHECK(Regex::compile("orders.*", compiled) == Errc::unsupported_feature);
}
