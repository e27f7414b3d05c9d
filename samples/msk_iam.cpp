// Amazon MSK with access control by IAM: the token is a signed request, which the program makes itself. It asks no
// server for it. AWS calls the signature "Signature Version 4, in the query".
//
//   msk_iam BROKERS REGION                 prints the brokers; BROKERS is the list of addresses that MSK gives for IAM
//   msk_iam --token REGION TIME AGENT      prints the token of that time (seconds since 1970) and nothing else
//
// The credentials are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if they are temporary, AWS_SESSION_TOKEN. Machines
// of AWS get theirs in other ways: replace credentials().
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <uv.h>
#include <kafka/kafka.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr int kLifetime = 900;  // seconds: the longest that MSK allows

struct Credentials {
  std::string id;
  std::string secret;
  std::string session;  // empty: they are not temporary
};

std::optional<Credentials> credentials() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  Credentials found{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
  if (found.id.empty() || found.secret.empty()) return std::nullopt;
  return found;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

// What may not stand in a query is written as %XX.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    }
  }
  return out;
}

// Base64 with the alphabet for URLs, without padding.
std::string base64url(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned waiting = 0;
  int bits = 0;
  for (const char c : bytes) {
    waiting = (waiting << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(waiting >> (bits - 6)) & 63];
  }
  if (bits > 0) text += kAlphabet[(waiting << (6 - bits)) & 63];
  return text;
}

/// A token for brokers of `region`. `now` is in seconds since 1970.
std::string token(const Credentials& own, const std::string& region, std::time_t now, const std::string& agent) {
  std::tm utc{};
  gmtime_r(&now, &utc);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &utc);
  const std::string day(time, 8);
  const std::string host = "kafka." + region + ".amazonaws.com";
  const std::string scope = day + "/" + region + "/kafka-cluster/aws4_request";

  const std::string begin = "Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
                            escaped(own.id + "/" + scope) + "&X-Amz-Date=" + time +
                            "&X-Amz-Expires=" + std::to_string(kLifetime);
  const std::string session = own.session.empty() ? "" : "&X-Amz-Security-Token=" + escaped(own.session);
  const std::string headers = "&X-Amz-SignedHeaders=host";

  // The names are signed in the order of the alphabet.
  const std::string request =
      "GET\n/\n" + begin + session + headers + "\nhost:" + host + "\n\nhost\n" + hex(sha256(""));
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + std::string(time) + "\n" + scope + "\n" + hex(sha256(request));
  const std::string key = hmac(hmac(hmac(hmac("AWS4" + own.secret, day), region), "kafka-cluster"), "aws4_request");
  return base64url("https://" + host + "/?" + begin + headers + session +
                   "&X-Amz-Signature=" + hex(hmac(key, to_sign)) + "&User-Agent=" + escaped(agent));
}

int print_token(const char* region, const char* time, const char* agent) {
  const auto own = credentials();
  if (!own) return std::fprintf(stderr, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set\n"), 1;
  std::printf("%s\n", token(*own, region, static_cast<std::time_t>(std::atoll(time)), agent).c_str());
  return 0;
}

int print_brokers(const char* brokers, const char* region) {
  kafka::SessionOptions options;
  options.bootstrap_servers = brokers;
  options.security_protocol = kafka::SecurityProtocol::sasl_ssl;
  options.sasl_mechanism = kafka::SaslMechanism::oauthbearer;
  kafka::Session session(uv_default_loop(), options);
  if (const kafka::Error error = session.error()) return std::fprintf(stderr, "%s\n", error.message().c_str()), 1;

  session.on_token([region](kafka::TokenRequest request) {
    const auto own = credentials();
    if (!own) {
      request.fail("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
      return;
    }
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const kafka::Error wrong = request.set(kafka::Secret(token(*own, region, seconds, "uvkafka")),
                                           now + std::chrono::seconds(kLifetime), own->id);
    if (wrong) request.fail(wrong.message());
  });

  int status = 1;
  session.cluster([&](kafka::Error error, kafka::ClusterMetadata cluster) {
    if (error) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
    } else {
      for (const auto& broker : cluster.brokers)
        std::printf("broker %d %s:%d\n", broker.id, broker.host.c_str(), broker.port);
      status = 0;
    }
    session.close([] {});
  });
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "--token") return print_token(argv[2], argv[3], argv[4]);
  if (argc == 3) return print_brokers(argv[1], argv[2]);
  std::fprintf(stderr, "usage: msk_iam BROKERS REGION\n       msk_iam --token REGION TIME AGENT\n");
  return 2;
}
