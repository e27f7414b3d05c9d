// Checks of partitions, groups and start positions: what is allowed, and errors that name the range.
#include "consumer/names.hpp"

#include <kafka/types.hpp>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::consumer;

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
