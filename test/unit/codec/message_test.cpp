// The visitors on a message of our own that has every kind of field.
#include <string>

#include "catch.hpp"
#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/fill.hpp"
#include "codec/json.hpp"

using kafka::Bytes;
using kafka::Errc;
using kafka::Error;
using kafka::Uuid;
using kafka::codec::Reader;
using kafka::codec::Writer;

namespace {

using kafka::codec::since;

constexpr int kFlexible = 3;
constexpr int kNewest = 5;

struct Everything {
  struct Leader {
    int32_t id = -1;
    int32_t epoch = -1;
    static void fields(auto& f, auto& m) {
      f(m.id, "id", since(0));
      f(m.epoch, "epoch", since(0));
    }
  };
  struct Part {
    int32_t index = 0;
    Leader leader;
    Bytes records;
    static void fields(auto& f, auto& m) {
      f(m.leader, "leader", since(4).tag(1).ignorable());
      f(m.index, "index", since(0));
      f(m.records, "records", since(0).null_since(0).records());
    }
  };
  int8_t tiny = 0;
  bool flag = true;
  uint16_t port = 0;
  uint32_t large = 0;
  double ratio = 0;
  Uuid id;
  std::string name;
  std::optional<std::string> rack = "";
  std::vector<Part> parts;
  std::optional<std::vector<int64_t>> numbers = std::vector<int64_t>{};
  std::optional<Leader> cursor;
  Bytes token;
  int32_t late = -1;
  int16_t early = 5;
  std::string label;
  std::optional<std::string> note;
  static void fields(auto& f, auto& m) {
    f(m.late, "late", since(4).tag(9));
    f(m.tiny, "tiny", since(0));
    f(m.flag, "flag", since(0));
    f(m.port, "port", since(0));
    f(m.large, "large", since(0));
    f(m.ratio, "ratio", since(0));
    f(m.id, "id", since(1).ignorable());
    f(m.name, "name", since(0));
    f(m.rack, "rack", since(0).null_since(2));
    f(m.parts, "parts", since(0));
    f(m.numbers, "numbers", since(0).null_since(2));
    f(m.cursor, "cursor", since(2).null_since(2));
    f(m.token, "token", since(0).secret());
    f(m.early, "early", since(0).until(1));
    f(m.label, "label", since(1).tag(0, 3));
    f(m.note, "note", since(4).null_since(4).tag(4));
  }
};

template <class M>
std::string encoded(const M& message, int version) {
  Writer writer;
  REQUIRE_FALSE(kafka::codec::encode(message, version, version >= kFlexible, writer));
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

template <class M>
Error decoded(const std::string& bytes, int version, M& message) {
  Reader reader(Bytes::copy(std::string_view(bytes)));
  return kafka::codec::decode(reader, version, version >= kFlexible, message);
}

Error encode_error(const Everything& message, int version) {
  Writer writer;
  return kafka::codec::encode(message, version, version >= kFlexible, writer);
}

}  // namespace

TEST_CASE("random messages come back equal in every version") {
  for (int version = 0; version <= kNewest; ++version) {
    for (uint64_t seed = 0; seed < 300; ++seed) {
      Everything message;
      kafka::codec::fill(message, version, seed);
      const std::string bytes = encoded(message, version);
      Everything back;
      REQUIRE_FALSE(decoded(bytes, version, back));
      REQUIRE(kafka::codec::equal(message, back));
      REQUIRE(encoded(back, version) == bytes);
    }
  }
}

TEST_CASE("A4: a message cut anywhere is an error, never a crash") {
  for (int version = 0; version <= kNewest; ++version) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Everything message;
      kafka::codec::fill(message, version, seed);
      const std::string bytes = encoded(message, version);
      for (size_t size = 0; size < bytes.size(); ++size) {
        Everything back;
        REQUIRE(decoded(bytes.substr(0, size), version, back) == Errc::protocol_error);
      }
    }
  }
}

TEST_CASE("a damaged message is an error or another message, never a crash") {
  for (int version = 0; version <= kNewest; ++version) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      Everything message;
      kafka::codec::fill(message, version, seed);
      const std::string bytes = encoded(message, version);
      for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string damaged = bytes;
        damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
        Everything back;
        const Error error = decoded(damaged, version, back);
        REQUIRE((!error || error == Errc::protocol_error));
      }
    }
  }
}

TEST_CASE("a value that the version cannot carry is an error that names the field") {
  Everything message;
  message.late = 7;
  Error error = encode_error(message, 3);
  CHECK(error == Errc::unsupported_version);
  CHECK(error.detail().find("late") != std::string::npos);
  CHECK_FALSE(encode_error(message, 4));
  message.late = -1;
  message.early = 6;
  CHECK(encode_error(message, 2) == Errc::unsupported_version);
  CHECK_FALSE(encode_error(message, 1));
}

TEST_CASE("an ignorable value is dropped, and the default comes back") {
  Everything message;
  message.id.bytes[3] = 1;
  message.parts.resize(1);
  message.parts[0].leader.id = 4;
  CHECK_FALSE(encode_error(message, 0));
  Everything back;
  back.parts.resize(1);
  REQUIRE_FALSE(decoded(encoded(message, 0), 0, back));
  CHECK(back.id.is_zero());
  REQUIRE(back.parts.size() == 1);
  CHECK(back.parts[0].leader.id == -1);
}

TEST_CASE("A6: null where the version has no null is an error both ways") {
  Everything message;
  message.cursor.emplace(Everything::Leader{});
  message.rack.reset();
  CHECK_FALSE(encode_error(message, 2));
  CHECK(encode_error(message, 1) != Error());
  message.cursor.reset();
  CHECK(encode_error(message, 1) == Errc::invalid_argument);
  message.rack = "";
  message.numbers.reset();
  CHECK(encode_error(message, 0) == Errc::invalid_argument);
}

TEST_CASE("a string that is too long is an error, whatever the version") {
  Everything message;
  message.name.assign(32768, 'a');
  CHECK(encode_error(message, 0) == Errc::invalid_argument);
  CHECK(encode_error(message, kNewest) == Errc::invalid_argument);
  message.name.pop_back();
  CHECK_FALSE(encode_error(message, 0));
}

TEST_CASE("tagged fields are written in ascending order, and only if they differ from their default") {
  struct Tagged {
    int8_t nine = 0;
    int8_t two = 3;
    static void fields(kafka::codec::Encoder& f, const Tagged& m) {
      f(m.nine, "nine", since(0).tag(9));
      f(m.two, "two", since(0).tag(2));
    }
  };
  Tagged message;
  CHECK(encoded(message, 3) == std::string(1, '\0'));
  message.nine = 1;
  CHECK(encoded(message, 3) == "\x01\x09\x01\x01");
  message.two = 4;
  CHECK(encoded(message, 3) == "\x02\x02\x01\x04\x09\x01\x01");
}

namespace {

struct Small {
  int8_t first = 0;
  std::string tagged;
  int8_t last = 0;
  static void fields(auto& f, auto& m) {
    f(m.first, "first", since(0));
    f(m.tagged, "tagged", since(3).tag(1));
    f(m.last, "last", since(0));
  }
};

}  // namespace

TEST_CASE("A8: unknown, repeated and disordered tagged fields never misalign what follows") {
  Small message;
  // first, last, then tags 7 (two bytes), 1 ("a"), 0 (empty), 1 ("b")
  REQUIRE_FALSE(decoded(std::string("\x05\x06\x04\x07\x02zz\x01\x02\x02"
                                    "a\x00\x00\x01\x02\x02"
                                    "b",
                                    17),
                        3, message));
  CHECK(message.first == 5);
  CHECK(message.last == 6);
  CHECK(message.tagged == "b");
}

TEST_CASE("A8: a known tagged field may be longer than we know, and not shorter") {
  Small message;
  REQUIRE_FALSE(
      decoded("\x05\x06\x02\x01\x04\x02"
              "a??\x09\x01!",
              3, message));
  CHECK(message.tagged == "a");
  CHECK(decoded("\x05\x06\x01\x01\x02\x05"
                "abcdef",
                3, message) == Errc::protocol_error);
  CHECK(decoded("\x05\x06\x01\x01\x09\x02"
                "a",
                3, message) == Errc::protocol_error);
}

TEST_CASE("A9: bytes behind the last known field are left in the reader") {
  Reader reader(Bytes::unowned("\x05\x06 more"));
  Small message;
  REQUIRE_FALSE(kafka::codec::decode(reader, 0, false, message));
  CHECK(message.last == 6);
  CHECK(reader.remaining() == 5);
}

TEST_CASE("A5: a count that lies reserves nothing") {
  // 2^20 elements announced, as many bytes there, but each element takes at least 40.
  std::string bytes(1 << 20, '\0');
  struct Many {
    std::vector<Everything> all;
    static void fields(kafka::codec::Decoder& f, Many& m) { f(m.all, "all", since(0)); }
  };
  bytes.replace(0, 4, std::string("\x00\x0f\xff\xf0", 4));
  Many message;
  CHECK(decoded(bytes, 0, message) == Errc::protocol_error);
  CHECK(message.all.capacity() == 0);
}

TEST_CASE("large bytes are borrowed by the writer and shared by the reader") {
  Everything message;
  message.parts.resize(1);
  message.parts[0].records = Bytes::copy(std::string(100000, 'r'));
  Writer writer;
  REQUIRE_FALSE(kafka::codec::encode(message, 5, true, writer));
  bool borrowed = false;
  for (const Bytes& segment : writer.take()) borrowed |= segment.data() == message.parts[0].records.data();
  CHECK(borrowed);
  const Bytes frame = Bytes::copy(encoded(message, 5));
  Reader reader(frame);
  Everything back;
  REQUIRE_FALSE(kafka::codec::decode(reader, 5, true, back));
  CHECK(back.parts.at(0).records.block() == frame.block());
}

TEST_CASE("JSON has the form of Kafka's tools") {
  Everything message;
  message.tiny = -3;
  message.large = UINT32_MAX;
  message.ratio = 0.5;
  message.name = "a\"\\\n\x01/\xc3\xa9";
  message.rack.reset();
  message.parts.resize(2);
  message.parts[0].records = Bytes::unowned("abc");
  message.parts[1].leader = {3, 4};
  message.numbers = {{1, INT64_MIN}};
  message.token = Bytes::unowned("hidden");
  message.note = "n";
  std::string out;
  REQUIRE_FALSE(kafka::codec::to_json(message, 5, out));
  CHECK(out ==
        R"({"tiny":-3,"flag":true,"port":0,"large":4294967295,"ratio":0.5,"id":"AAAAAAAAAAAAAAAAAAAAAA",)"
        R"("name":"a\"\\\n\u0001/)"
        "\xc3\xa9"
        R"(","rack":null,"parts":[{"index":0,"records":""},{"leader":{"id":3,"epoch":4},"index":0,"records":null}],)"
        R"("numbers":[1,-9223372036854775808],"cursor":null,"token":"***","note":"n"})");
  out.clear();
  CHECK(kafka::codec::to_json(message, 2, out) == Errc::unsupported_version);
}

TEST_CASE("JSON primitives are printed as Java prints them") {
  auto base64 = [](std::string_view bytes) {
    std::string out;
    kafka::codec::json_base64(bytes, out);
    return out;
  };
  CHECK(base64("") == "\"\"");
  CHECK(base64("a") == "\"YQ==\"");
  CHECK(base64("ab") == "\"YWI=\"");
  CHECK(base64("\xff\xff\xfe") == "\"///+\"");
  auto number = [](double value) {
    std::string out;
    kafka::codec::json_number(value, out);
    return out;
  };
  CHECK(number(0) == "0.0");
  CHECK(number(-1) == "-1.0");
  CHECK(number(100.25) == "100.25");
  CHECK(number(1e7) == "1.0E7");
  CHECK(number(1.5e-4) == "1.5E-4");
  CHECK(number(9999999) == "9999999.0");
}

TEST_CASE("a UUID is printed in Kafka's base64") {
  Uuid id;
  for (size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<uint8_t>(255 - i);
  CHECK(id.to_string() == "__79_Pv6-fj39vX08_Lx8A");
}
