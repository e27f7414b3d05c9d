// Base64, in the one form that each text has.
#include "auth/base64.hpp"

#include "catch.hpp"

using kafka::auth::from_base64;
using kafka::auth::to_base64;

TEST_CASE("base64 goes there and back for texts of every length and every byte") {
  for (const auto& [bytes, text] : {std::pair<std::string, std::string>("", ""),
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    CHECK(to_base64(bytes) == text);
    CHECK(from_base64(text) == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(from_base64(to_base64(all)) == all);
}

TEST_CASE("H6: base64 with another alphabet, without its padding, or with bits left over is none") {
  for (const char* text :
       {"Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm-v", "Zm 9", "Zg=g", "*g=="}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text));
  }
}
