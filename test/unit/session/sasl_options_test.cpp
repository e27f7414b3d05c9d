// The options of SASL: names, what a login needs, and what would give a password away.
#include "session/sasl_options.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

#include "catch.hpp"
#include "net/tls_engine.hpp"
#include "scratch_folder.hpp"
#include "session/ticket_options.hpp"

using namespace kafka;
using Catch::Matchers::Contains;

namespace {

using Settings = std::initializer_list<std::pair<std::string_view, std::string_view>>;

SessionOptions with(Settings settings) {
  SessionOptions options;
  for (const auto& [name, value] : settings) CHECK_FALSE(options.set(name, value));
  return options;
}

void refused(Settings settings, const std::string& words) {
  const Error error = with(settings).validate();
  CAPTURE(words);
  CHECK(error == Errc::invalid_option);
  CHECK_THAT(error.message(), Contains(words) && !Contains("hunter2"));
}

}  // namespace

TEST_CASE("options of SASL have the names of the Java client and of librdkafka, in any case") {
  const SessionOptions options = with({{"security.protocol", "SASL_PLAINTEXT"},
                                       {"sasl.mechanisms", "plain"},
                                       {"sasl.username", "alice"},
                                       {"sasl.password", "hunter2"},
                                       {"sasl.allow.plaintext", "true"}});
  CHECK(options.security_protocol == SecurityProtocol::sasl_plaintext);
  CHECK(options.sasl_mechanism == SaslMechanism::plain);
  CHECK(options.sasl_username == "alice");
  CHECK(options.sasl_password.reveal() == "hunter2");
  CHECK_FALSE(options.validate());
  SessionOptions other;
  CHECK_THAT(other.set("sasl.mechanism", "NTLM").message(), Contains("PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"));
}

TEST_CASE("a protocol without a login, a login without a protocol, and half of one are refused") {
  refused({{"sasl.mechanism", "PLAIN"}}, "sasl.mechanism is set, but security.protocol is plaintext");
  refused({{"sasl.username", "alice"}}, "sasl.username is set");
  refused({{"sasl.password", "hunter2"}}, "sasl.password is set");
  refused({{"sasl.allow.plaintext", "true"}}, "sasl.allow.plaintext is set");
  refused({{"sasl.scram.max.iterations", "5000"}}, "sasl.scram.max.iterations is set");
  refused({{"security.protocol", "sasl_plaintext"}}, "sasl.mechanism is not set");
  const Settings named = {{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "PLAIN"}, {"sasl.username", "a"}};
  refused(named, "sasl.password is empty");
  SessionOptions options = with(named);
  options.sasl_allow_plaintext = true;
  options.sasl_password = Secret(std::string_view("hunter2\0", 8));
  CHECK_THAT(options.validate().message(), Contains("sasl.password has a zero byte") && !Contains("hunter2"));
  options.sasl_password = Secret(std::string(70000, 'x'));
  CHECK_THAT(options.validate().message(), Contains("sasl.password has 70000 bytes"));
  if (net::tls_available()) refused({{"security.protocol", "ssl"}, {"sasl.username", "a"}}, "set it to sasl_ssl");
}

TEST_CASE("H9: PLAIN without TLS is refused unless that is allowed by name; SCRAM, which sends no password, is not") {
  const auto with_mechanism = [](std::string_view mechanism, std::string_view protocol) {
    return with({{"security.protocol", protocol},
                 {"sasl.mechanism", mechanism},
                 {"sasl.username", "alice"},
                 {"sasl.password", "hunter2"}});
  };
  SessionOptions options = with_mechanism("PLAIN", "sasl_plaintext");
  CHECK(options.validate() == Errc::invalid_option);
  CHECK_THAT(options.validate().message(), Contains("sasl.allow.plaintext=true"));
  options.sasl_allow_plaintext = true;
  CHECK_FALSE(options.validate());
  if (!net::tls_available()) {
    CHECK_THAT(with_mechanism("SCRAM-SHA-256", "sasl_plaintext").validate().message(), Contains("has no SCRAM"));
    CHECK_THAT(with_mechanism("PLAIN", "sasl_ssl").validate().message(),
               Contains("sasl_ssl") && Contains("has no TLS"));
    return;
  }
  CHECK_FALSE(with_mechanism("SCRAM-SHA-256", "sasl_plaintext").validate());
  CHECK_FALSE(with_mechanism("PLAIN", "sasl_ssl").validate());
}

TEST_CASE("H9: a token without TLS is refused unless that is allowed by name") {
  SessionOptions options = with({{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "oauthbearer"}});
  CHECK_THAT(options.validate().message(),
             Contains("would send the token in clear") && Contains("sasl.allow.plaintext"));
  options.sasl_allow_plaintext = true;
  CHECK_FALSE(options.validate());
}

TEST_CASE("OAUTHBEARER: what excludes each other, what is missing, and options of it beside another mechanism") {
  const auto bearer = [](Settings more, const std::string& words) {
    SessionOptions options = with(
        {{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "OAUTHBEARER"}, {"sasl.allow.plaintext", "true"}});
    for (const auto& [name, value] : more) CHECK_FALSE(options.set(name, value));
    CAPTURE(words);
    const Error error = options.validate();
    CHECK((error == Errc::none) == words.empty());
    CHECK_THAT(error.message(), Contains(words) && !Contains("hunter2"));
  };
  bearer({}, "");
  bearer({{"enable.sasl.oauthbearer.unsecure.jwt", "true"}, {"sasl.oauthbearer.config", "principal=a"}}, "");
  bearer({{"enable.sasl.oauthbearer.unsecure.jwt", "true"}}, "sasl.oauthbearer.config: principal=NAME is missing");
  bearer({{"sasl.oauthbearer.config", "principal=a"}}, "without enable.sasl.oauthbearer.unsecure.jwt=true");
  bearer({{"sasl.username", "alice"}}, "sasl.username is set, but sasl.mechanism is OAUTHBEARER");
  bearer({{"sasl.password", "hunter2"}}, "sasl.password is set, but sasl.mechanism is OAUTHBEARER");
  bearer({{"sasl.oauthbearer.client.credentials.client.secret", "hunter2"}},
         "sasl.oauthbearer.client.secret is set, but sasl.oauthbearer.method is not oidc");
  bearer({{"sasl.oauthbearer.method", "oidc"}, {"enable.sasl.oauthbearer.unsecure.jwt", "true"}}, "one must do");
  refused({{"security.protocol", "sasl_plaintext"},
           {"sasl.mechanism", "PLAIN"},
           {"sasl.username", "a"},
           {"sasl.password", "hunter2"},
           {"sasl.oauthbearer.scope", "x"}},
          "sasl.oauthbearer.scope is set, but sasl.mechanism is PLAIN");
  refused({{"https.ca.location", "x"}}, "https.ca.location is set, but security.protocol is plaintext");
}

TEST_CASE("GSSAPI: what excludes each other, what it refuses, and options of it beside another mechanism") {
  const auto kerberos = [](Settings more, const std::string& words) {
    SessionOptions options = with({{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "gssapi"}});
    for (const auto& [name, value] : more) CHECK_FALSE(options.set(name, value));
    CAPTURE(words);
    const Error error = options.validate();
    CHECK((error == Errc::none) == words.empty());
    CHECK_THAT(error.message(), Contains(words) && !Contains("hunter2"));
  };
  if (!auth::kerberos_available()) {
    kerberos({}, "sasl.mechanism = \"GSSAPI\": this build of uvkafka has no GSSAPI");
    return;
  }
  kerberos({}, "");
  kerberos({{"sasl.kerberos.principal", "alice@REALM"}, {"sasl.kerberos.service.name", "kafka-2"}}, "");
  kerberos({{"sasl.username", "alice"}}, "sasl.username is set, but sasl.mechanism is GSSAPI");
  kerberos({{"sasl.password", "hunter2"}}, "sasl.password is set, but sasl.mechanism is GSSAPI");
  kerberos({{"sasl.oauthbearer.scope", "x"}}, "sasl.oauthbearer.scope is set, but sasl.mechanism is GSSAPI");
  kerberos({{"sasl.kerberos.service.name", ""}}, "sasl.kerberos.service.name is empty");
  kerberos({{"sasl.kerberos.service.name", "kafka/host"}}, "without host and realm");
  refused({{"security.protocol", "sasl_plaintext"},
           {"sasl.mechanism", "PLAIN"},
           {"sasl.username", "a"},
           {"sasl.password", "hunter2"},
           {"sasl.kerberos.keytab", "x"}},
          "sasl.kerberos.keytab is set, but sasl.mechanism is PLAIN: it belongs to GSSAPI");
  refused({{"sasl.kerberos.principal", "x"}}, "sasl.kerberos.principal is set, but security.protocol is plaintext");
  refused({{"sasl.kerberos.service.name", "x"}}, "sasl.kerberos.service.name is set");
  refused({{"sasl.kerberos.min.time.before.relogin", "5"}}, "sasl.kerberos.min.time.before.relogin is set");
}

TEST_CASE("a keytab that cannot be read, or is none, is an error of the session that names the option") {
  const test::ScratchFolder folder;
  SessionOptions options;
  const auto says = [&](const std::string& content) {
    options.sasl_kerberos_keytab = folder.write("keytab", content);
    return session::check_keytab(options).message();
  };
  CHECK_THAT(says("hunter2"),
             Contains("sasl.kerberos.keytab = ") && Contains("it is no keytab") && !Contains("hunter2"));
  CHECK_THAT(says(""), Contains("it is no keytab"));
  says("\x05\x02");
  CHECK_FALSE(session::check_keytab(options));
  options.sasl_kerberos_keytab.insert(0, "FILE:");
  CHECK_FALSE(session::check_keytab(options));
  options.sasl_kerberos_keytab += "-not-there";
  CHECK(session::check_keytab(options) == Errc::invalid_option);
}

TEST_CASE("parts of a token's life are numbers with a fraction, within bounds") {
  SessionOptions options =
      with({{"sasl.login.refresh.window.factor", "0.5"}, {"sasl.login.refresh.window.jitter", "0"}});
  CHECK(options.sasl_login_refresh_window_factor == 0.5);
  CHECK(options.sasl_login_refresh_window_jitter == 0);
  for (const char* bad : {"0.499", "1.001", "x", "-1", "", "0,8"}) {
    CHECK_THAT(options.set("sasl.login.refresh.window.factor", bad).message(), Contains("0.5 to 1"));
  }
  CHECK_THAT(options.set("sasl.login.refresh.window.jitter", "0.3").message(), Contains("0 to 0.25"));
  options.sasl_login_refresh_window_factor = 2;
  CHECK_THAT(options.validate().message(), Contains("sasl.login.refresh.window.factor = \"2\""));
  for (const OptionInfo& info : SessionOptions().list()) {
    if (info.name == "sasl.login.refresh.window.jitter") CHECK(info.value == "0.05");
  }
}

TEST_CASE("what other clients need and this one does not is taken, and what only Java has says what to use instead") {
  SessionOptions options;
  for (const char* name : {"api.version.request", "broker.version.fallback", "sasl.kerberos.kinit.cmd",
                           "sasl.kerberos.ticket.renew.jitter", "sasl.kerberos.ticket.renew.window.factor"}) {
    CHECK_FALSE(options.set(name, "anything"));
  }
  CHECK_FALSE(options.validate());
  const Error error = options.set("sasl.jaas.config", "module required password=hunter2;");
  CHECK(error == Errc::invalid_option);
  CHECK_THAT(error.message(), Contains("sasl.username") && !Contains("hunter2"));
}

TEST_CASE("a login is made of the options, and of none if the session does not log in") {
  CHECK(session::make_login({}) == nullptr);
  SessionOptions options = with({{"security.protocol", "sasl_plaintext"},
                                 {"sasl.mechanism", "SCRAM-SHA-512"},
                                 {"sasl.username", "alice"},
                                 {"sasl.password", "hunter2"},
                                 {"sasl.scram.max.iterations", "8192"}});
  const auto login = session::make_login(options);
  REQUIRE(login != nullptr);
  CHECK(login->kind == auth::Kind::scram_sha_512);
  CHECK(login->user == "alice");
  CHECK(login->password.reveal() == "hunter2");
  CHECK(login->most_iterations == 8192);
}
