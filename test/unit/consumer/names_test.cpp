// Legal topics, partitions, groups and places, and that a refusal names what is wrong and the range.
#include "consumer/names.hpp"

#include <kafka/types.hpp>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::consumer;

TEST_CASE("topic names are Kafka's: 1 to 249 of a few characters, neither . nor ..") {
  for (const std::string& good :
       {std::string("a"), std::string("A.b_c-9"), std::string("..."), std::string(249, 'x')}) {
    CAPTURE(good);
    CHECK_FALSE(check_topic(good));
  }
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("a b"), std::string("a/b"),
        std::string("a\0b", 3), std::string("\xc3\xa4"), std::string(250, 'x')}) {
    CAPTURE(bad);
    CHECK(check_topic(bad) == Errc::invalid_topic);
    CHECK(check_topic(bad).message().find("1 to 249") != std::string::npos);
  }
}

TEST_CASE("partitions, groups and places are checked, and the message says what is allowed") {
  CHECK_FALSE(check_partition("t", 0));
  CHECK_FALSE(check_partition("t", INT32_MAX));
  CHECK(check_partition("t", -1) == Errc::invalid_argument);
  CHECK(check_partition("t", -1).message().find("0 to 2147483647") != std::string::npos);
  CHECK(check_partition("", 0) == Errc::invalid_topic);
  CHECK_FALSE(check_group("any thing"));
  CHECK(check_group("") == Errc::invalid_argument);
  CHECK(check_group(std::string(32768, 'g')) == Errc::invalid_argument);
  CHECK_FALSE(check_partitions({{"t", {0, 5}}}));
  CHECK(check_partitions({}) == Errc::invalid_argument);
  CHECK(check_partitions({{"t", {}}}) == Errc::invalid_argument);
  CHECK(check_partitions({{"t", {0}}, {"u", {-1}}}) == Errc::invalid_argument);
  CHECK_FALSE(check_place({"t", 0, 0}));
  CHECK_FALSE(check_place(TopicOffset::earliest("t", 0)));
  CHECK_FALSE(check_place(TopicOffset::latest("t", 0)));
  CHECK_FALSE(check_place(TopicOffset::at_time("t", 0, 5)));
  CHECK(check_place({"t", 0, -3}) == Errc::invalid_argument);
}
