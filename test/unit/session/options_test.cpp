// Options by name and by member: what is refused says which option it is and what is allowed.
#include <kafka/options.hpp>

#include "catch.hpp"
#include "session/core.hpp"
#include "session/option_fields.hpp"

using namespace kafka;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

// Name and range of every option that has a range.
struct Ranged {
  std::string name;
  session::Range range;
};
struct Lister {
  std::vector<Ranged> ranged;
  std::vector<std::string> names;
  std::vector<std::string> choices;
  template <class Member>
  void operator()(std::string_view name, Member&, std::string_view text) {
    names.emplace_back(name);
    if constexpr (std::is_enum_v<std::remove_cvref_t<Member>>) choices.emplace_back(name);
    CHECK_FALSE(text.empty());
  }
  void operator()(std::string_view name, auto&, session::Range range, std::string_view text) {
    names.emplace_back(name);
    ranged.push_back({std::string(name), range});
    CHECK_FALSE(text.empty());
  }
  void operator()(std::string_view name, double&, session::Part, std::string_view text) {
    names.emplace_back(name);
    CHECK_FALSE(text.empty());
  }
};

template <class Options>
Lister list() {
  Options options;
  Lister lister;
  session::OptionFields::walk(lister, options);
  return lister;
}

template <class Options>
void check_all() {
  const Lister lister = list<Options>();
  CHECK(std::is_sorted(lister.names.begin(), lister.names.end(), [](const std::string& a, const std::string& b) {
    return a.substr(0, a.rfind(".ms")) < b.substr(0, b.rfind(".ms"));
  }));
  for (const Ranged& option : lister.ranged) {
    CAPTURE(option.name);
    Options options;
    // Not so long that another option would have to grow with it.
    for (const auto& [name, value] :
         {std::pair("heartbeat.interval.ms", "50"), std::pair("session.timeout.ms", "3600000"),
          std::pair("rebalance.timeout.ms", "3600000")}) {
      if constexpr (std::is_same_v<Options, ConsumerOptions>) CHECK_FALSE(options.set(name, value));
    }
    if (option.name == "linger.ms") CHECK_FALSE(options.set("delivery.timeout.ms", "86400000"));
    if (option.name.starts_with("sasl.")) {  // they need a protocol, and the whole of a login
      const bool kerberos = option.name.starts_with("sasl.kerberos.");
      if (kerberos && !auth::kerberos_available()) continue;
      for (const auto& [name, value] :
           {std::pair("security.protocol", "sasl_plaintext"),
            std::pair("sasl.mechanism", kerberos ? "GSSAPI" : "PLAIN"), std::pair("sasl.username", kerberos ? "" : "u"),
            std::pair("sasl.password", kerberos ? "" : "p"),
            std::pair("sasl.allow.plaintext", kerberos ? "false" : "true")}) {
        if constexpr (std::is_same_v<Options, SessionOptions>) CHECK_FALSE(options.set(name, value));
      }
    }
    for (const int64_t good : {option.range.least, option.range.most}) {
      CHECK_FALSE(options.set(option.name, std::to_string(good)));
      CHECK_FALSE(options.validate());
    }
    const std::string least = std::to_string(option.range.least);
    const std::string most = std::to_string(option.range.most);
    for (const std::string& bad :
         {std::to_string(option.range.least - 1), std::to_string(option.range.most + 1), std::string(""),
          std::string("x"), least + "x", " " + least, std::string("99999999999999999999")}) {
      CAPTURE(bad);
      Options unchanged;
      const Error error = unchanged.set(option.name, bad);
      CHECK(error.code() == Errc::invalid_option);
      CHECK_THAT(error.message(), Contains(option.name));
      CHECK_THAT(error.message(), Contains(least + " to " + most));
    }
  }
  for (const std::string& name : lister.choices) {
    Options options;
    const Error error = options.set(name, "nonsense");
    CHECK(error.code() == Errc::invalid_option);
    CHECK_THAT(error.message(), Contains(name));
    CHECK_THAT(error.message(), Contains(", "));  // the choices
  }
  Options options;
  CHECK_FALSE(options.validate());
  const Error unknown = options.set("no.such.option", "1");
  CHECK(unknown.code() == Errc::invalid_option);
  CHECK_THAT(unknown.message(), Contains("no.such.option"));
  CHECK(options.set("", "1").code() == Errc::invalid_option);
}

Error parse(std::string_view text, std::vector<ContactPoint>& points) {
  points.clear();
  return session::parse_contact_points(text, points);
}

}  // namespace

TEST_CASE("every option with a range takes its bounds and refuses what lies beyond, naming itself and the range") {
  SECTION("session") { check_all<SessionOptions>(); }
  SECTION("producer") { check_all<ProducerOptions>(); }
  SECTION("consumer") { check_all<ConsumerOptions>(); }
}

TEST_CASE("a member out of its range is found by validate(), with the option's name and range") {
  SessionOptions session;
  session.request_timeout = 5ms;
  CHECK_THAT(session.validate().message(),
             Contains("request.timeout.ms") && Contains("10 to 3600000") && Contains("\"5\""));
  session = {};
  session.max_dispatch = 0;
  CHECK_THAT(session.validate().message(), Contains("max.dispatch") && Contains("1 to 1000000"));
  session = {};
  session.metadata_recovery_strategy = static_cast<MetadataRecovery>(9);
  CHECK_THAT(session.validate().message(), Contains("metadata.recovery.strategy"));
  ProducerOptions producer;
  producer.max_in_flight = 0;
  CHECK_THAT(producer.validate().message(), Contains("max.in.flight.requests.per.connection") && Contains("1 to 1000"));
  producer = {};
  producer.linger = -1us;
  CHECK_THAT(producer.validate().message(), Contains("linger.ms"));
  ConsumerOptions consumer;
  consumer.fetch_memory = 1;
  CHECK_THAT(consumer.validate().message(), Contains("fetch.memory") && Contains("65536"));
}

TEST_CASE("options are set by their Java names") {
  SessionOptions session;
  CHECK_FALSE(session.set("bootstrap.servers", "a:1,b:2"));
  CHECK_FALSE(session.set("client.id", "me"));
  CHECK_FALSE(session.set("request.timeout.ms", "1234"));
  CHECK_FALSE(session.set("metadata.recovery.strategy", "none"));
  CHECK_FALSE(session.set("ignore.sigpipe", "false"));
  CHECK(session.bootstrap_servers == "a:1,b:2");
  CHECK(session.client_id == "me");
  CHECK(session.request_timeout == 1234ms);
  CHECK(session.metadata_recovery_strategy == MetadataRecovery::none);
  CHECK_FALSE(session.ignore_sigpipe);
  CHECK(session.set("ignore.sigpipe", "yes").code() == Errc::invalid_option);

  ProducerOptions producer;
  CHECK_FALSE(producer.set("acks", "all"));
  CHECK(producer.acks == Acks::all);
  CHECK_FALSE(producer.set("acks", "0"));
  CHECK(producer.acks == Acks::none);
  CHECK_FALSE(producer.set("acks", "1"));
  CHECK(producer.acks == Acks::leader);
  CHECK_FALSE(producer.set("acks", "-1"));
  CHECK(producer.acks == Acks::all);
  CHECK(producer.set("acks", "2").code() == Errc::invalid_option);
  CHECK_FALSE(producer.set("linger.ms", "0.5"));
  CHECK(producer.linger == 500us);
  CHECK_FALSE(producer.set("linger.ms", "12.3456"));
  CHECK(producer.linger == 12345us);
  for (const char* bad : {"0x10", "1.", ".5", "-0", "1e2", "0,5", "1.5.1"}) {
    CAPTURE(bad);
    CHECK(producer.set("linger.ms", bad).code() == Errc::invalid_option);
  }
  CHECK(producer.set("linger.ms", "nan").code() == Errc::invalid_option);
  CHECK(producer.set("linger.ms", "inf").code() == Errc::invalid_option);
  CHECK_FALSE(producer.set("compression.type", "gzip"));
  CHECK(producer.compression_type == Compression::gzip);
  CHECK_FALSE(producer.set("max.in.flight.requests.per.connection", "5"));
  CHECK(producer.max_in_flight == 5);
  CHECK_FALSE(producer.set("max.in.flight", "7"));  // as other clients call it
  CHECK(producer.max_in_flight == 7);

  ConsumerOptions consumer;
  CHECK_FALSE(consumer.set("ordering", "unordered"));
  CHECK(consumer.ordering == Ordering::unordered);
  CHECK_FALSE(consumer.set("max.open", "1000000"));
  CHECK(consumer.max_open == 1000000);
  CHECK(consumer.set("max.open", "0").code() == Errc::invalid_option);
  CHECK_FALSE(consumer.set("commit.mode", "pipelined"));
  CHECK(consumer.commit_mode == CommitMode::pipelined);
  CHECK_THAT(consumer.set("commit.mode", "async").message(), Contains("confirmed, pipelined"));
  CHECK_FALSE(consumer.validate());
}

TEST_CASE("with group.protocol=consumer the broker decides: what has no effect is refused, and the other way round") {
  ConsumerOptions consumer;
  CHECK(consumer.group_protocol == GroupProtocol::classic);
  CHECK_FALSE(consumer.set("group.remote.assignor", "range"));
  CHECK_THAT(consumer.validate().message(), Contains("group.remote.assignor") && Contains("group.protocol=classic"));
  CHECK_FALSE(consumer.set("group.protocol", "consumer"));
  CHECK(consumer.group_protocol == GroupProtocol::consumer);
  CHECK_FALSE(consumer.validate());
  // A value counts as set although it is the one that holds without it.
  for (const auto& [name, value] :
       {std::pair("session.timeout.ms", "45000"), std::pair("heartbeat.interval.ms", "3000"),
        std::pair("partition.assignment.strategy", "range")}) {
    ConsumerOptions other = consumer;
    CHECK_FALSE(other.set(name, value));
    const Error error = other.validate();
    CHECK(error == Errc::invalid_option);
    CHECK_THAT(error.message(), Contains(name) && Contains(value) && Contains("group.protocol=consumer"));
    CHECK_FALSE(other.set("group.protocol", "classic"));
    CHECK_FALSE(other.set("group.remote.assignor", ""));
    CHECK_FALSE(other.validate());
  }
  CHECK_THAT(consumer.set("group.protocol", "streams").message(), Contains("classic, consumer"));
}

TEST_CASE("an option that is refused changes nothing") {
  ProducerOptions producer;
  producer.linger = 3ms;
  CHECK(producer.set("linger.ms", "-1"));
  CHECK(producer.linger == 3ms);
}

TEST_CASE("auto.offset.reset also says what happens out of range") {
  ConsumerOptions consumer;
  CHECK_FALSE(consumer.set("auto.offset.reset", "latest"));
  CHECK(consumer.auto_offset_reset == OffsetReset::latest);
  CHECK(consumer.on_offset_out_of_range == OutOfRange::reset_to_latest);
  CHECK_FALSE(consumer.set("auto.offset.reset", "none"));
  CHECK(consumer.on_offset_out_of_range == OutOfRange::fail);
  CHECK_FALSE(consumer.set("auto.offset.reset", "earliest"));
  CHECK(consumer.on_offset_out_of_range == OutOfRange::reset_to_earliest);
  CHECK_FALSE(consumer.set("on.offset.out.of.range", "fail"));
  CHECK(consumer.auto_offset_reset == OffsetReset::earliest);
}

TEST_CASE("contact points are host:port, with IPv6 in brackets and 9092 where no port is given") {
  std::vector<ContactPoint> points;
  CHECK_FALSE(parse("kafka", points));
  CHECK(points == std::vector<ContactPoint>{{"kafka", 9092}});
  CHECK_FALSE(parse("a:1, b.example.com:65535 ,10.0.0.1,[::1]:9093,[fe80::2]", points));
  CHECK(points == std::vector<ContactPoint>{
                      {"a", 1}, {"b.example.com", 65535}, {"10.0.0.1", 9092}, {"::1", 9093}, {"fe80::2", 9092}});
  CHECK_FALSE(parse("a:1,,b:2,", points));
  CHECK(points.size() == 2);
}

TEST_CASE("a contact point that is none is named, with the form that is allowed") {
  std::vector<ContactPoint> points;
  for (const std::string& bad : {std::string(":9092"),
                                 std::string("a:"),
                                 std::string("a:0"),
                                 std::string("a:65536"),
                                 std::string("a:-1"),
                                 std::string("a:x"),
                                 std::string("a:1x"),
                                 std::string("a:+1"),
                                 std::string("a:1:2"),
                                 std::string("::1"),
                                 std::string("[::1"),
                                 std::string("[]:1"),
                                 std::string("[::1]x"),
                                 std::string("[::1]:"),
                                 std::string("a b:1"),
                                 std::string("http://a:1"),
                                 std::string("a:99999999999999999999"),
                                 std::string("a\0b:1", 5),
                                 std::string("a\n:1"),
                                 std::string("\xc3\xa4:1"),
                                 std::string(254, 'a') + ":1"}) {
    CAPTURE(bad);
    for (const std::string& text : {bad, "good:1," + bad}) {
      const Error error = parse(text, points);
      CHECK(error.code() == Errc::invalid_option);
      CHECK_THAT(error.message(), Contains("bootstrap.servers") && Contains("host:port") && Contains("1 to 65535"));
    }
  }
  for (const std::string_view empty : {"", ",", " , "}) {
    CHECK(parse(empty, points).code() == Errc::invalid_option);
    CHECK(points.empty());
  }
}
