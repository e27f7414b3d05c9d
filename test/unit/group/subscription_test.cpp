// The bytes of subscriptions, assignments and user data.
#include "group/subscription.hpp"

#include <random>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::group;
using namespace std::string_literals;

namespace {

Subscription full() { return {{"u", "t"}, Bytes::copy("data"), {{"t", {2, 0}}, {"u", {1}}}, 7, "rack"}; }

Bytes of(const std::string& text) { return Bytes::copy(text); }

}  // namespace

TEST_CASE("a subscription comes back in each version with what that version carries") {
  for (int16_t version = 0; version <= Subscription::kNewest; ++version) {
    INFO(version);
    Bytes bytes;
    REQUIRE_FALSE(encode(full(), version, bytes));
    Subscription read;
    REQUIRE_FALSE(decode(bytes, read));
    CHECK(read.topics == std::vector<std::string>{"t", "u"});
    CHECK(read.user_data.view() == "data");
    CHECK(read.owned == (version >= 1 ? Partitions{{"t", {0, 2}}, {"u", {1}}} : Partitions()));
    CHECK(read.generation == (version >= 2 ? 7 : kNoGeneration));
    CHECK(read.rack == (version >= 3 ? "rack" : ""));
  }
  Bytes bytes;
  CHECK(encode(full(), -1, bytes) == Errc::invalid_argument);
  CHECK(encode(full(), 4, bytes).detail() == "version 4 of a member's subscription: 0 to 3");
  Subscription long_name;
  long_name.topics = {std::string(40'000, 't')};
  CHECK(encode(long_name, 0, bytes));
}

TEST_CASE("newer versions than we know are read as the newest one, with more behind") {
  Bytes bytes;
  REQUIRE_FALSE(encode(full(), 3, bytes));
  std::string newer(bytes.view());
  newer[1] = 9;
  Subscription read;
  REQUIRE_FALSE(decode(of(newer + "what comes later"), read));
  CHECK(read.rack == "rack");
  REQUIRE_FALSE(encode(Assignment{{{"t", {1}}}, {}}, 3, bytes));
  newer = std::string(bytes.view());
  newer[1] = 4;
  Assignment assignment;
  REQUIRE_FALSE(decode(of(newer + "x"), assignment));
  CHECK(assignment.partitions == Partitions{{"t", {1}}});
}

TEST_CASE("an assignment comes back, and no bytes are an empty one") {
  for (int16_t version = 0; version <= Assignment::kNewest; ++version) {
    Bytes bytes;
    REQUIRE_FALSE(encode(Assignment{{{"t", {3, 1}}, {"u", {0}}}, Bytes::copy("x")}, version, bytes));
    Assignment read;
    REQUIRE_FALSE(decode(bytes, read));
    CHECK(read.partitions == Partitions{{"t", {1, 3}}, {"u", {0}}});
    CHECK(read.user_data.view() == "x");
  }
  Assignment read{{{"t", {1}}}, {}};
  CHECK_FALSE(decode(Bytes(), read));
  CHECK(read.partitions.empty());
  Bytes bytes;
  CHECK(encode(Assignment(), 4, bytes) == Errc::invalid_argument);
}

TEST_CASE("user data of sticky, also without a generation as before Kafka 2.3") {
  const Bytes bytes = sticky_user_data({{{"t", {1, 0}}}, 5});
  Claim claim;
  REQUIRE_FALSE(decode_sticky_user_data(bytes, claim));
  CHECK(claim.partitions == Partitions{{"t", {0, 1}}});
  CHECK(claim.generation == 5);
  REQUIRE_FALSE(decode_sticky_user_data(bytes.slice(0, bytes.size() - 4), claim));
  CHECK(claim.partitions == Partitions{{"t", {0, 1}}});
  CHECK(claim.generation == kNoGeneration);
  CHECK(decode_sticky_user_data(bytes.slice(0, bytes.size() - 1), claim) == Errc::protocol_error);
  REQUIRE_FALSE(decode_sticky_user_data(Bytes(), claim));
  CHECK(claim.partitions.empty());
  int32_t generation = 0;
  REQUIRE_FALSE(decode_cooperative_user_data(cooperative_user_data(8), generation));
  CHECK(generation == 8);
  REQUIRE_FALSE(decode_cooperative_user_data(Bytes(), generation));
  CHECK(generation == kNoGeneration);
  CHECK(decode_cooperative_user_data(of("abc"), generation).detail() ==
        "user data of cooperative-sticky: end of data at byte 0");
}

TEST_CASE("F15: bytes that are no subscription are refused, and the error says what and where") {
  Subscription subscription;
  const auto refused = [&](const std::string& bytes) { return std::string(decode(of(bytes), subscription).detail()); };
  CHECK(refused("") == "a member's subscription: end of data at byte 0");
  CHECK(refused("\xff\xff"s) == "a member's subscription: version -1");
  CHECK(refused("\0\0\x7f\xff\xff\xff"s).find("a member's subscription: array count at byte ") == 0);
  CHECK(refused("\0\0\xff\xff\xff\xff"s).find("a member's subscription: null array at byte ") == 0);
  CHECK(refused("\0\1\0\0\0\0\xff\xff\xff\xff\0\0\0\1\0\1t\0\0\0\1\xff\xff\xff\xfe"s) ==
        "a member's subscription: partition -2 of t");
  Assignment assignment;
  CHECK(decode(of("\0"s), assignment).detail() == "the assignment: end of data at byte 0");
  Bytes whole;
  REQUIRE_FALSE(encode(full(), 3, whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    CHECK(decode(whole.slice(0, size), subscription) == Errc::protocol_error);
  }
}

TEST_CASE("F15: no bytes make it crash, or take more memory than they are long") {
  std::mt19937 random(7);
  Bytes whole;
  REQUIRE_FALSE(encode(full(), 3, whole));
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes(whole.view());
    if (run % 2 == 0) bytes.resize(random() % (bytes.size() + 1));
    for (uint32_t i = random() % 4; i > 0 && !bytes.empty(); --i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    Subscription subscription;
    Assignment assignment;
    Claim claim;
    int32_t generation = 0;
    const Bytes given = of(bytes);
    if (const Error error = decode(given, subscription)) CHECK(error == Errc::protocol_error);
    if (const Error error = decode(given, assignment)) CHECK(error == Errc::protocol_error);
    if (const Error error = decode_sticky_user_data(given, claim)) CHECK(error == Errc::protocol_error);
    if (const Error error = decode_cooperative_user_data(given, generation)) CHECK(error == Errc::protocol_error);
    CHECK(subscription.topics.size() <= bytes.size());
  }
}
