// What a TLS context makes of files and texts: each is used, or its option is named with what is wrong.
#include <string>

#include "catch.hpp"
#include "net/tls_engine.hpp"
#include "net/tls_settings.hpp"
#include "scratch_folder.hpp"
#include "tls/certificates.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::Secret;
using kafka::StoreFormat;
using kafka::net::make_tls_context;
using kafka::net::TlsSettings;
using kafka::test::Authority;
using kafka::test::Identity;
using kafka::test::ScratchFolder;

namespace {

// "" if the settings are good; otherwise the text of the error.
std::string refusal(const TlsSettings& settings) {
  Error error;
  const auto context = make_tls_context(settings, error);
  CHECK((context != nullptr) == !error);
  if (error) CHECK(error.code() == Errc::invalid_option);
  return std::string(error.detail());
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string in_one_line(std::string pem, const std::string& end) {
  for (size_t at = 0; (at = pem.find('\n', at)) != std::string::npos; at += end.size()) pem.replace(at, 1, end);
  return pem;
}

}  // namespace

TEST_CASE("authorities come from a file, a folder, PKCS#12 or a text, by what is in them") {
  const Authority authority("authority");
  const Identity identity = authority.issue({});
  const ScratchFolder folder;
  TlsSettings settings;
  settings.trust.pem = authority.certificate();
  CHECK(refusal(settings).empty());
  settings.trust.pem = in_one_line(authority.certificate(), " ");
  CHECK(refusal(settings).empty());
  settings.trust.pem = in_one_line(authority.certificate(), "\\n");
  CHECK(refusal(settings).empty());
  settings.trust.pem = "certificate";
  CHECK(contains(refusal(settings), "ssl.ca.pem: there is no certificate"));

  settings.trust.pem.clear();
  settings.trust.location = folder.write("ca.pem", "\xef\xbb\xbf" + authority.certificate());
  CHECK(refusal(settings).empty());
  folder.write("notes.txt", "nothing");
  settings.trust.location = folder.path();
  CHECK(refusal(settings).empty());
  settings.trust.location = folder.write("empty.pem", "");
  CHECK(contains(refusal(settings), "empty.pem\": the file is empty"));
  settings.trust.location = folder.path() + "/none";
  CHECK(contains(refusal(settings), "ssl.ca.location = \"" + folder.path() + "/none\": No such file"));

  settings.trust.location = folder.write("ca.p12", kafka::test::pkcs12(identity, authority.certificate(), "secret"));
  CHECK(contains(refusal(settings), "it needs a password (ssl.truststore.password)"));
  settings.trust.password = Secret("wrong");
  CHECK(contains(refusal(settings), "the password is wrong (ssl.truststore.password)"));
  settings.trust.password = Secret("secret");
  CHECK(refusal(settings).empty());
  settings.trust.format = StoreFormat::pem;
  CHECK(contains(refusal(settings), "not PEM"));
}

TEST_CASE("certificate and key: they match, the key may be encrypted, and no text of an error has a password") {
  const Authority authority("authority");
  const Identity identity = authority.issue({}), other = authority.issue({});
  TlsSettings settings;
  settings.trust.verify = false;
  settings.identity.certificate_pem = identity.certificate;
  settings.identity.key_pem = Secret(identity.key);
  CHECK(refusal(settings).empty());
  settings.identity.key_pem = Secret(other.key);
  CHECK(contains(refusal(settings), "does not match"));
  settings.identity.key_pem = Secret(kafka::test::encrypted_key(identity, "hunter2"));
  CHECK(contains(refusal(settings), "ssl.key.password, its password, is not set"));
  settings.identity.key_password = Secret("hunter3");
  const std::string wrong = refusal(settings);
  CHECK(contains(wrong, "is the password right (ssl.key.password)"));
  CHECK_FALSE(contains(wrong, "hunter"));
  settings.identity.key_password = Secret("hunter2");
  CHECK(refusal(settings).empty());
}

TEST_CASE("a keystore holds all of it; one of Java says how to convert it") {
  const Authority authority("authority");
  const Identity identity = authority.issue({});
  const ScratchFolder folder;
  TlsSettings settings;
  settings.trust.verify = false;
  settings.identity.keystore_location =
      folder.write("own.p12", kafka::test::pkcs12(identity, authority.certificate(), "secret"));
  settings.identity.keystore_password = Secret("secret");
  CHECK(refusal(settings).empty());
  settings.identity.keystore_password = Secret();
  settings.identity.key_password = Secret("secret");
  CHECK(refusal(settings).empty());
  settings.identity.keystore_location = folder.write("own.pem", identity.key + identity.certificate);
  CHECK(refusal(settings).empty());
  settings.identity.keystore_location = folder.write("bare.pem", identity.certificate);
  CHECK(contains(refusal(settings), "no private key"));
  settings.identity.keystore_location = folder.write("own.jks", std::string("\xfe\xed\xfe\xed\0\0\0\2", 8));
  CHECK(contains(refusal(settings), "keytool -importkeystore -srckeystore " + folder.path() + "/own.jks"));
  settings.identity.keystore_location = folder.write("own.bin", "\x30\x82 something");
  CHECK(contains(refusal(settings), "neither PEM nor PKCS#12"));
}

TEST_CASE("suites are named as OpenSSL or IANA names them, and unknown ones are refused") {
  TlsSettings settings;
  settings.trust.verify = false;
  for (const char* list : {"HIGH:!aNULL", "TLS_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                           "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"}) {
    settings.choices.ciphers = list;
    CHECK(refusal(settings).empty());
  }
  settings.choices.tls_1_2 = false;
  settings.choices.ciphers = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
  CHECK(contains(refusal(settings), "ssl.cipher.suites: no suite is of a version"));
  settings.choices.ciphers = "TLS_NO_SUCH";
  CHECK(contains(refusal(settings), "ssl.cipher.suites"));
  settings.choices.ciphers.clear();
  settings.choices.curves = "no-curve";
  CHECK(contains(refusal(settings), "ssl.curves.list"));
  settings.choices.curves.clear();
  settings.choices.signatures = "no-signature";
  CHECK(contains(refusal(settings), "ssl.sigalgs.list"));
}
