// Which topic names are legal, and that a refusal names the rule.
#include "base/topic_name.hpp"

#include <string>

#include "catch.hpp"

using namespace kafka;

TEST_CASE("topic names are Kafka's: 1 to 249 of a few characters, neither . nor ..") {
  for (const std::string& good :
       {std::string("a"), std::string("A.b_c-9"), std::string("..."), std::string(249, 'x')}) {
    CAPTURE(good);
    CHECK_FALSE(check_topic_name(good));
  }
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("a b"), std::string("a/b"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string(250, 'x')}) {
    CAPTURE(bad);
    CHECK(check_topic_name(bad) == Errc::invalid_topic);
    CHECK(check_topic_name(bad).message().find("1 to 249") != std::string::npos);
  }
}
