// The options of TLS: names, sources that exclude each other, what is refused, and that no secret shows.
#include <kafka/options.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "net/tls_engine.hpp"
#include "scratch_folder.hpp"
#include "session/tls_options.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::OptionInfo;
using kafka::Secret;
using kafka::SecurityProtocol;
using kafka::SessionOptions;

namespace {

bool has(const Error& error, std::string_view text) {
  return error == Errc::invalid_option && error.detail().find(text) != std::string_view::npos;
}

const OptionInfo* find(const std::vector<OptionInfo>& list, std::string_view name) {
  for (const OptionInfo& info : list) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("options of TLS have the names of the Java client and of librdkafka, and the last one counts") {
  SessionOptions options;
  CHECK_FALSE(options.set("security.protocol", "SSL"));
  CHECK(options.security_protocol == SecurityProtocol::ssl);
  CHECK_FALSE(options.set("ssl.ca.location", "/one"));
  CHECK_FALSE(options.set("ssl.truststore.location", "/two"));
  CHECK(options.ssl_ca_location == "/two");
  CHECK_FALSE(options.set("ssl.truststore.certificates", "ca"));
  CHECK(options.ssl_ca_pem == "ca");
  CHECK_FALSE(options.set("ssl.keystore.certificate.chain", "chain"));
  CHECK(options.ssl_certificate_pem == "chain");
  CHECK_FALSE(options.set("ssl.keystore.key", "key"));
  CHECK(options.ssl_key_pem.reveal() == "key");
  CHECK_FALSE(options.set("ssl.endpoint.identification.algorithm", ""));
  CHECK(options.ssl_endpoint_identification_algorithm == kafka::EndpointIdentification::none);
  CHECK_FALSE(options.set("ssl.truststore.type", "pkcs12"));
  CHECK(options.ssl_truststore_type == kafka::StoreFormat::pkcs12);
  CHECK(has(options.set("security.protocol", "tls"), "plaintext, ssl"));
}

TEST_CASE("two sources for one thing, and half of a pair, are refused with both names") {
  const auto refused = [](std::initializer_list<std::pair<std::string_view, std::string_view>> settings) {
    SessionOptions options;
    for (const auto& [name, value] : settings) CHECK_FALSE(options.set(name, value));
    return options.validate();
  };
  if (!kafka::net::tls_available()) {  // that comes first
    CHECK(has(refused({{"ssl.ca.location", "a"}, {"ssl.ca.pem", "b"}}), "has no TLS"));
    return;
  }
  CHECK(has(refused({{"ssl.ca.location", "a"}, {"ssl.ca.pem", "b"}}), "ssl.ca.location and ssl.ca.pem"));
  CHECK(
      has(refused({{"ssl.certificate.location", "a"}, {"ssl.certificate.pem", "b"}}), "ssl.certificate.pem are both"));
  CHECK(has(refused({{"ssl.key.location", "a"}, {"ssl.key.pem", "b"}}), "ssl.key.location and ssl.key.pem"));
  CHECK(has(refused({{"ssl.keystore.location", "a"}, {"ssl.certificate.location", "b"}, {"ssl.key.location", "c"}}),
            "ssl.keystore.location and ssl.certificate.location"));
  CHECK(has(refused({{"ssl.certificate.location", "a"}}), "without its private key"));
  CHECK(has(refused({{"ssl.key.pem", "a"}}), "ssl.key.pem is set without its certificate"));
  CHECK(has(refused({{"ssl.enabled.protocols", "TLSv1.2,TLSv1.1"}}), "older versions are refused"));
  CHECK(has(refused({{"ssl.enabled.protocols", ""}}), "ssl.enabled.protocols is empty"));
  CHECK_FALSE(refused({{"ssl.enabled.protocols", "TLSv1.3"}}));
}

TEST_CASE("what only Java can do is refused, and the text says what to use instead") {
  SessionOptions options;
  CHECK(has(options.set("ssl.keystore.type", "JKS"), "keytool -importkeystore"));
  CHECK(has(options.set("ssl.truststore.type", "JKS"), "keytool -importkeystore"));
  CHECK(has(options.set("ssl.protocol", "TLS"), "ssl.enabled.protocols"));
  CHECK(has(options.set("ssl.engine.factory.class", "x"), "refused"));
  CHECK(has(options.set("ssl.engine.location", "x"), "refused"));
  CHECK(has(options.set("ssl.provider", "x"), "OpenSSL"));
  CHECK(has(options.set("sasl.login.class", "x"), "Java class"));
  CHECK(has(options.set("ssl.trustmanager.algorithm", "x"), "ssl.ca.location"));
}

TEST_CASE("H11: no list and no error shows a secret") {
  SessionOptions options;
  for (const char* name : {"sasl.password", "sasl.oauthbearer.client.secret", "ssl.key.password",
                           "ssl.keystore.password", "ssl.truststore.password", "ssl.key.pem"}) {
    CHECK(find(SessionOptions().list(), name)->type == OptionInfo::Type::secret);
    CHECK_FALSE(options.set(name, "hunter2"));
  }
  for (const OptionInfo& info : options.list()) {
    if (info.value) CHECK(info.value->find("hunter2") == std::string::npos);
    if (info.type == OptionInfo::Type::secret) CHECK(info.value == "[hidden]");
  }
  for (const OptionInfo& info : SessionOptions().list()) {
    if (info.type == OptionInfo::Type::secret) CHECK_FALSE(info.value);
  }
  kafka::session::hide_secrets(options);
  CHECK(options.ssl_key_password.reveal() == "[hidden]");
  CHECK(options.validate().message().find("hunter2") == std::string::npos);
}

TEST_CASE("a value may stand for a variable or for a file") {
  SessionOptions options;
  setenv("UVKAFKA_TEST_SECRET", "hunter2", 1);
  CHECK_FALSE(options.set("ssl.key.password", "${env:UVKAFKA_TEST_SECRET}"));
  CHECK(options.ssl_key_password.reveal() == "hunter2");
  unsetenv("UVKAFKA_TEST_SECRET");
  CHECK(has(options.set("ssl.key.password", "${env:UVKAFKA_TEST_SECRET}"), "there is no such variable"));
  const kafka::test::ScratchFolder folder;
  const std::string file = folder.write("password", "hunter3\r\n");
  CHECK_FALSE(options.set("ssl.key.password", "${file:" + file + "}"));
  CHECK(options.ssl_key_password.reveal() == "hunter3");
  CHECK(has(options.set("ssl.key.password", "${file:" + file + "er}"), "No such file"));
  CHECK(options.ssl_key_password.reveal() == "hunter3");
  CHECK_FALSE(options.set("client.id", "${other}"));
  CHECK(options.client_id == "${other}");
}

TEST_CASE("a build without TLS names itself, whatever option of it is set, and one with TLS does not") {
  const bool without = !kafka::net::tls_available();
  for (const auto& [name, value] :
       {std::pair("security.protocol", "ssl"), std::pair("ssl.ca.location", "a"), std::pair("ssl.key.password", "a"),
        std::pair("enable.ssl.certificate.verification", "false")}) {
    SessionOptions options;
    CHECK_FALSE(options.set(name, value));
    const Error said = options.validate();
    CHECK((has(said, name) && has(said, "has no TLS")) == without);
  }
}

TEST_CASE("checks that are turned off are warned of") {
  SessionOptions options;
  options.enable_ssl_certificate_verification = false;
  CHECK(kafka::session::tls_warnings(options).empty());
  options.security_protocol = SecurityProtocol::ssl;
  CHECK(kafka::session::tls_warnings(options).size() == 1);
  options.enable_ssl_certificate_verification = true;
  CHECK(kafka::session::tls_warnings(options).empty());
  options.ssl_endpoint_identification_algorithm = kafka::EndpointIdentification::none;
  CHECK(kafka::session::tls_warnings(options).size() == 1);
}
