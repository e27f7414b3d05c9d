// The error table: what it says for each class of codes. And how text from brokers is printed.
#include <kafka/error.hpp>

#include <set>
#include <string>
#include <vector>

#include "base/error_table.hpp"
#include "catch.hpp"

using namespace kafka;

namespace {

struct Row {
  Errc code;
  const char* name;
};
const Row kAll[] = {
#define E(code, retry, refresh, persistence, fatal, text) {Errc::code, #code},
#include "base/errors.def"
#undef E
};

}  // namespace

TEST_CASE("every error code has one row that carries its name and a text") {
  std::set<int32_t> seen;
  std::set<std::string> texts;
  for (const Row& row : kAll) {
    INFO(row.name);
    CHECK(seen.insert(static_cast<int32_t>(row.code)).second);
    CHECK(traits(row.code).code == row.code);
    CHECK(traits(row.code).name == row.name);
    CHECK(Error(row.code).name() == row.name);
    CHECK(texts.insert(std::string(traits(row.code).text)).second);
    const std::string detail = row.code == Errc::none ? "" : ": x";
    CHECK(Error(row.code, "x").message() == std::string(traits(row.code).text) + detail);
  }
  for (int32_t code = -1; code <= 133; ++code) CHECK(seen.count(code) == 1);
  for (int32_t code = -1020; code <= -1000; ++code) CHECK(seen.count(code) == 1);
  CHECK(seen.size() == 135 + 22);
}

TEST_CASE("no error is no error, whatever detail comes with it") {
  CHECK_FALSE(Error());
  CHECK_FALSE(broker_error(0));
  CHECK_FALSE(broker_error(0, "text of a reply that went well"));
  CHECK(broker_error(0, "x").detail().empty());
  CHECK_FALSE(Error().retriable());
  CHECK(traits(Errc::none).persistence == Persistence::yes);
}

TEST_CASE("a stale view of the cluster is refreshed and the request tried again") {
  for (const Errc code :
       {Errc::unknown_topic_or_partition, Errc::leader_not_available, Errc::not_leader_or_follower,
        Errc::replica_not_available, Errc::broker_not_available, Errc::kafka_storage_error, Errc::listener_not_found,
        Errc::fenced_leader_epoch, Errc::unknown_topic_id, Errc::inconsistent_topic_id, Errc::not_controller,
        Errc::network_exception, Errc::disconnected, Errc::connect_failed, Errc::timed_out}) {
    INFO(Error(code).name());
    CHECK(traits(code).retry == Retry::yes);
    CHECK(traits(code).refresh == Refresh::metadata);
    CHECK(Error(code).retriable());
  }
}

TEST_CASE("a coordinator that moved is looked up, one that is loading is waited for") {
  for (const Errc code : {Errc::not_coordinator, Errc::coordinator_not_available}) {
    CHECK(traits(code).retry == Retry::yes);
    CHECK(traits(code).refresh == Refresh::coordinator);
  }
  CHECK(traits(Errc::coordinator_load_in_progress).retry == Retry::yes);
  CHECK(traits(Errc::coordinator_load_in_progress).refresh == Refresh::none);
}

TEST_CASE("code 129 sends the client back to its contact points") {
  CHECK(traits(Errc::rebootstrap_required).retry == Retry::yes);
  CHECK(traits(Errc::rebootstrap_required).refresh == Refresh::bootstrap);
}

TEST_CASE("errors that pass by themselves are retried without a refresh") {
  for (const Errc code : {Errc::request_timed_out, Errc::not_enough_replicas, Errc::not_enough_replicas_after_append,
                          Errc::offset_not_available, Errc::unknown_leader_epoch, Errc::throttling_quota_exceeded,
                          Errc::unstable_offset_commit, Errc::fetch_session_id_not_found}) {
    INFO(Error(code).name());
    CHECK(traits(code).retry == Retry::yes);
    CHECK(traits(code).refresh == Refresh::none);
  }
}

TEST_CASE("errors that the application has to fix are not retried") {
  for (const Errc code : {Errc::invalid_topic, Errc::message_too_large, Errc::record_list_too_large,
                          Errc::topic_authorization_failed, Errc::group_authorization_failed, Errc::invalid_record,
                          Errc::invalid_required_acks, Errc::offset_out_of_range, Errc::unsupported_version,
                          Errc::invalid_option, Errc::unsupported_codec, Errc::closed, Errc::unknown_server_error}) {
    INFO(Error(code).name());
    CHECK_FALSE(Error(code).retriable());
  }
}

TEST_CASE("a record whose leader may have written it before it failed is maybe in the log") {
  for (const Errc code : {Errc::unknown_server_error, Errc::request_timed_out, Errc::not_enough_replicas_after_append,
                          Errc::not_leader_or_follower, Errc::kafka_storage_error, Errc::network_exception,
                          Errc::disconnected, Errc::timed_out, Errc::protocol_error, Errc::closed}) {
    INFO(Error(code).name());
    CHECK(traits(code).persistence == Persistence::maybe);
  }
  for (const Errc code :
       {Errc::message_too_large, Errc::not_enough_replicas, Errc::invalid_topic, Errc::corrupt_message,
        Errc::topic_authorization_failed, Errc::connect_failed, Errc::queue_full, Errc::out_of_order_sequence_number}) {
    INFO(Error(code).name());
    CHECK(traits(code).persistence == Persistence::no);
  }
  CHECK(traits(Errc::duplicate_sequence_number).persistence == Persistence::yes);
  for (const Row& row : kAll) {
    if (row.code == Errc::none || row.code == Errc::duplicate_sequence_number) continue;
    INFO(row.name);
    CHECK(traits(row.code).persistence != Persistence::yes);
  }
}

TEST_CASE("fencing and closing are the end of the object that reports them") {
  for (const Errc code : {Errc::closed, Errc::producer_fenced, Errc::fenced_instance_id}) CHECK(Error(code).fatal());
  for (const Errc code : {Errc::disconnected, Errc::message_too_large, Errc::timed_out}) {
    CHECK_FALSE(Error(code).fatal());
  }
}

TEST_CASE("A13: a code that is not known is no success, backs off and shows its number") {
  for (const int code : {134, 135, 999, 32767, -2, -5, -999, -1099, -32768}) {
    INFO(code);
    const Error error = broker_error(static_cast<int16_t>(code), "from the broker");
    CHECK(error);
    CHECK(error.code() != Errc::none);
    CHECK(static_cast<int32_t>(error.code()) == code);
    CHECK(error.retriable());
    CHECK_FALSE(error.fatal());
    CHECK(traits(error.code()).persistence == Persistence::maybe);
    CHECK(traits(error.code()).retry == Retry::yes);
    CHECK(error.name() == "unknown_code_" + std::to_string(code));
    CHECK(error.message().find(std::to_string(code)) != std::string::npos);
    CHECK(error.message().find("from the broker") != std::string::npos);
  }
}

TEST_CASE("H12: text from a broker is printed as one harmless line") {
  using namespace std::string_literals;
  CHECK(escaped("plain text, Zürich, 東京, 😀") == "plain text, Zürich, 東京, 😀");
  CHECK(escaped("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(escaped("\x1b[2J%n%s") == "\\x1b[2J%n%s");
  CHECK(escaped("\x7f") == "\\x7f");
  CHECK(escaped("\xc2\x9b"
                "31m") == "\\xc2\\x9b31m");             // C1 control: an escape sequence in one character
  CHECK(escaped("\xe2\x80\xae") == "\\xe2\\x80\\xae");  // turns the direction of the text
  const Error error(Errc::unknown_server_error, "evil\x1b]0;title\x07\n second line");
  CHECK(error.message().find('\x1b') == std::string::npos);
  CHECK(error.message().find('\n') == std::string::npos);
  CHECK(error.detail() == "evil\x1b]0;title\x07\n second line");
}

TEST_CASE("H12: text from a broker is cut between characters") {
  CHECK(escaped(std::string(1000, 'a'), 10) == "aaaaaaaaaa...");
  CHECK(escaped("aaaaaaaaaa", 10) == "aaaaaaaaaa");
  CHECK(escaped("aaaaaaaaa\xc3\xbc", 10) == "aaaaaaaaa...");
  CHECK(escaped(std::string(5, '\0'), 10) == "\\x00\\x00...");
  CHECK(Error(Errc::closed, std::string(100000, 'y')).message().size() < 2000);
}

TEST_CASE("A16: NUL and invalid UTF-8 are shown, not cut at") {
  using namespace std::string_literals;
  CHECK(escaped("a\0b"s) == "a\\x00b");
  CHECK(escaped("\xff\xfe") == "\\xff\\xfe");
  CHECK(escaped("\xc3") == "\\xc3");                    // cut in the middle of a character
  CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(escaped("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");  // overlong
  CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // a surrogate
  CHECK(escaped("\xf5\x80\x80\x80") == "\\xf5\\x80\\x80\\x80");
  CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond the last character
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second)};
      const std::string out = escaped({text, 2});
      CHECK(out == escaped(out));  // what comes out is clean
    }
  }
}
