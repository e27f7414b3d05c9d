#include "catch.hpp"
#include "net/reactor.hpp"

using kafka::net::Address;
using kafka::net::is_numeric;
using kafka::net::to_string;

TEST_CASE("numeric hosts are told from names") {
  for (const char* host :
       {"127.0.0.1", "255.255.255.255", "::1", "::", "2001:db8::1", "::ffff:1.2.3.4", "fe80::1%eth0"}) {
    CAPTURE(host);
    CHECK(is_numeric(host));
  }
  for (const char* host : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", "[::1]", ":::1",
                           "1.2.3.4:9092", "fe80::1%", "%eth0", "kafka-1.example"}) {
    CAPTURE(host);
    CHECK_FALSE(is_numeric(host));
  }
  CHECK_FALSE(is_numeric(std::string_view("1.2.3.4\0x", 9)));
}

TEST_CASE("an IPv6 address is written in brackets before its port") {
  CHECK(to_string(Address{"127.0.0.1", 9092}) == "127.0.0.1:9092");
  CHECK(to_string(Address{"::1", 9092}) == "[::1]:9092");
}
