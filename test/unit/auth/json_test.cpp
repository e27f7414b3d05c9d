// JSON as token endpoints send it.
#include <string>

#include "auth/json.hpp"
#include "catch.hpp"

using namespace kafka::auth;

TEST_CASE("an object's members are read with their kinds, and texts are decoded") {
  JsonObject object;
  REQUIRE(read_object(
      R"( {"a":"x\"\\\/\n\u00e9\ud83d\ude00","n":-12.5e1,"l":["p","q"],"o":{"a":[1,{}]},"t":true,"z":null} )", object));
  CHECK(object["a"].text == "x\"\\/\n\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(object["n"].kind == JsonField::Kind::number);
  CHECK(object["n"].whole() == -125);
  CHECK(object["l"].kind == JsonField::Kind::texts);
  CHECK(object["l"].texts == std::vector<std::string>{"p", "q"});
  for (const char* name : {"o", "t", "z"}) CHECK(object[name].kind == JsonField::Kind::other);
  CHECK_FALSE(object["a"].whole());
}

TEST_CASE("what is no JSON object is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "[]", "\"a\"", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}",
               "{\"a\":01}", "{\"a\":1.}", "{\"a\":\"\x01\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}",
               "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"b", "{\"a\":\"b\\", "{\"a\":[1,]}", "{\"a\":[1",
               "{\"a\":tru}", "<html>", "{\"a\":-}", "{\"a\":1e}");
  CAPTURE(text);
  JsonObject object;
  CHECK_FALSE(read_object(text, object));
}

TEST_CASE("objects and lists within each other are read to a limit, and no text makes the stack grow beyond it") {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']') +
           "}";
  };
  JsonObject object;
  CHECK(read_object(nested(kDeepestJson), object));
  CHECK_FALSE(read_object(nested(kDeepestJson + 1), object));
  CHECK_FALSE(read_object(nested(1000000), object));
}

TEST_CASE("a number that no clock can have has no whole part") {
  JsonObject object;
  REQUIRE(read_object(R"({"a":1e400,"b":1e300,"c":1700000000.75})", object));
  CHECK_FALSE(object["a"].whole());
  CHECK_FALSE(object["b"].whole());
  CHECK(object["c"].whole() == 1700000000);
}

TEST_CASE("texts and numbers of an object are found by their names, and nothing else is taken for one") {
  JsonObject object;
  REQUIRE(read_object(R"({"sub":"carol","exp":2000.5,"far":1e400,"list":["a"]})", object));
  REQUIRE(text_of(object, "sub") != nullptr);
  CHECK(*text_of(object, "sub") == "carol");
  CHECK(number_of(object, "exp") == 2000.5);
  for (const char* name : {"exp", "list", "none"}) CHECK(text_of(object, name) == nullptr);
  for (const char* name : {"sub", "far", "list", "none"}) CHECK_FALSE(number_of(object, name));
}
