// What is left of a password in the memory of a process that has logged in with it: nothing. The brokers are a process
// of their own.
#include <openssl/pem.h>
#include <poll.h>
#include <sys/wait.h>
#include <kafka/devbroker.hpp>
#include <kafka/kafka.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base64.hpp"
#include "base/wipe.hpp"
#include "loop_test.hpp"
#include "scratch_folder.hpp"
#include "secret_scan.hpp"

using namespace kafka;
using namespace std::chrono_literals;
using kafka::test::HiddenText;
using kafka::test::Loop;
using kafka::test::MemoryScan;
using kafka::test::ScratchFolder;

namespace {

constexpr SaslMechanism kMechanisms[] = {SaslMechanism::plain, SaslMechanism::scram_sha_256,
                                         SaslMechanism::scram_sha_512};
constexpr size_t kPasswordBytes = 24;
constexpr size_t kUserBytes = 7;  // of a token of PLAIN, in front of the password

/// Base64 without a string, which would leave what it was made from in memory.
size_t encode_base64(const char* from, size_t size, char* to) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char* const begin = to;
  for (size_t at = 0; at < size; at += 3) {
    const size_t left = std::min<size_t>(size - at, 3);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) group = group << 8 | (i < left ? static_cast<unsigned char>(from[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i) *to++ = i <= left ? kLetters[group >> (18 - 6 * i) & 63] : '=';
  }
  return static_cast<size_t>(to - begin);
}

/// A token of OAUTHBEARER that nobody has signed. What is looked for is its part with the claims.
class TokenCanary {
 public:
  TokenCanary() {
    std::random_device random;
    char claims[sizeof kClaims];
    std::memcpy(claims, kClaims, sizeof kClaims);
    for (char& c : claims) c = c == '?' ? static_cast<char>('a' + random() % 26) : c;
    char encoded[2 * sizeof claims];
    size_t size = encode_base64(claims, std::strlen(claims), encoded);
    while (encoded[size - 1] == '=') --size;
    part_.emplace(std::string_view(encoded, size));
    wipe(claims, sizeof claims);
    wipe(encoded, sizeof encoded);
  }
  Secret secret() const {
    constexpr std::string_view kHead = "eyJhbGciOiJub25lIn0.";  // {"alg":"none"}
    char shown[kHead.size() + 2 * sizeof kClaims];
    char* const end = std::copy(kHead.begin(), kHead.end(), shown);
    part_->show(end);
    end[part_->size()] = '.';
    Secret made({shown, kHead.size() + part_->size() + 1});
    wipe(shown, sizeof shown);
    return made;
  }
  std::string places() const {
    std::string all;
    for (const std::string& place : MemoryScan::find(*part_)) all += "the token: " + place + "\n";
    return all;
  }

 private:
  static constexpr char kClaims[] = R"({"sub":"alice","exp":4102444800,"n":"????????????????????????"})";
  std::optional<HiddenText> part_;
};

/// A password that nobody has seen, and what else would give it away.
struct Canary {
  Canary() {
    std::random_device random;
    char token[kUserBytes + kPasswordBytes] = {'\0', 'a', 'l', 'i', 'c', 'e', '\0'};
    char* const text = token + kUserBytes;
    const char* const given = std::getenv("UVKAFKA_CANARY");  // on the stack, where nobody looks
    const size_t taken = given != nullptr ? std::min(std::strlen(given), kPasswordBytes / 2) : 0;
    std::copy_n(given, taken, text);
    for (size_t i = taken; i < kPasswordBytes; ++i) text[i] = static_cast<char>('a' + random() % 26);
    char encoded[2 * sizeof token];
    password.emplace(std::string_view(text, kPasswordBytes));
    base64.emplace(std::string_view(encoded, encode_base64(text, kPasswordBytes, encoded)));
    plain.emplace(std::string_view(encoded, encode_base64(token, sizeof token, encoded)));
    wipe(token, sizeof token);
    wipe(encoded, sizeof encoded);
  }
  Secret secret() const {
    char shown[kPasswordBytes];
    password->show(shown);
    Secret made({shown, sizeof shown});
    wipe(shown, sizeof shown);
    return made;
  }
  std::string places() const {
    std::string all;
    for (const auto& [name, hidden] : {std::pair("the password", &password), std::pair("its base64", &base64),
                                       std::pair("the token of PLAIN in base64", &plain)}) {
      for (const std::string& place : MemoryScan::find(**hidden)) all += std::string(name) + ": " + place + "\n";
    }
    return all;
  }

  std::optional<HiddenText> password, base64, plain;
};

constexpr const char* kKey = "client-encrypted.key";

/// Writes the client's key, encrypted with a password.
bool encrypt_key(const std::string& folder, const Canary& canary) {
  const auto open = [&](const char* name, const char* how) {
    return std::unique_ptr<BIO, decltype(&BIO_free)>(BIO_new_file((folder + "/" + name).c_str(), how), BIO_free);
  };
  const auto from = open("client.key", "r"), to = open(kKey, "w");
  if (from == nullptr || to == nullptr) return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(from.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  char password[kPasswordBytes];
  canary.password->show(password);
  return key != nullptr && PEM_write_bio_PKCS8PrivateKey(to.get(), key.get(), EVP_aes_256_cbc(), password,
                                                         sizeof password, nullptr, nullptr) == 1;
}

/// A token endpoint: gives every client one token.
class Endpoint {
 public:
  Endpoint(uv_loop_t* loop, const Secret& token) {
    const std::string body = R"({"access_token":")" + std::string(token.reveal()) + R"(","expires_in":3600})";
    answer_ = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body;
    uv_tcp_init(loop, &listener_);
    listener_.data = this;
    sockaddr_in any;
    uv_ip4_addr("127.0.0.1", 0, &any);
    uv_tcp_bind(&listener_, reinterpret_cast<sockaddr*>(&any), 0);
    uv_listen(reinterpret_cast<uv_stream_t*>(&listener_), 1, on_client);
  }
  std::string url() const {
    sockaddr_in own;
    int size = sizeof own;
    uv_tcp_getsockname(&listener_, reinterpret_cast<sockaddr*>(&own), &size);
    return "http://127.0.0.1:" + std::to_string(ntohs(own.sin_port)) + "/token";
  }

 private:
  // Its process ends with _exit(), so no client is ever freed.
  struct Client {
    uv_tcp_t socket;
    uv_write_t write;
    std::string request;
    char piece[4096];
  };

  static void on_client(uv_stream_t* listener, int) {
    auto* const client = new Client;
    uv_tcp_init(listener->loop, &client->socket);
    client->socket.data = client;
    uv_accept(listener, reinterpret_cast<uv_stream_t*>(&client->socket));
    client->write.data = listener->data;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&client->socket),
        [](uv_handle_t* handle, size_t, uv_buf_t* room) {
          auto* const one = static_cast<Client*>(handle->data);
          *room = uv_buf_init(one->piece, sizeof one->piece);
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
          auto* const one = static_cast<Client*>(stream->data);
          if (count < 0) return static_cast<void>(uv_read_stop(stream));
          one->request.append(one->piece, static_cast<size_t>(count));
          if (!one->request.ends_with("grant_type=client_credentials")) return;
          std::string& answer = static_cast<Endpoint*>(one->write.data)->answer_;
          const uv_buf_t all = uv_buf_init(answer.data(), static_cast<unsigned>(answer.size()));
          uv_write(&one->write, stream, &all, 1, nullptr);
        });
  }

  uv_tcp_t listener_;
  std::string answer_;
};

/// Brokers with TLS and a token endpoint, in a process of their own, which ends with this object.
class OtherProcess {
 public:
  OtherProcess(const ScratchFolder& folder, const Canary& canary, const TokenCanary* token = nullptr) {
    int from_child[2], to_child[2];
    REQUIRE(pipe(from_child) == 0);
    REQUIRE(pipe(to_child) == 0);
    child_ = fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      close(to_child[1]);
      serve(folder.path(), canary, token != nullptr ? token->secret() : Secret(), to_child[0], from_child[1]);
    }
    close(to_child[0]);
    close(from_child[1]);
    to_child_ = to_child[1];
    char where[128];
    const ssize_t count = read(from_child[0], where, sizeof where);
    close(from_child[0]);
    REQUIRE(count > 0);
    const std::string both(where, static_cast<size_t>(count));
    bootstrap_ = both.substr(0, both.find(' '));
    endpoint_ = both.substr(both.find(' ') + 1);
  }
  ~OtherProcess() {
    close(to_child_);
    int status = -1;
    CHECK(waitpid(child_, &status, 0) == child_);
    CHECK(status == 0);
  }
  const std::string& bootstrap() const { return bootstrap_; }
  const std::string& endpoint() const { return endpoint_; }

 private:
  [[noreturn]] static void serve(const std::string& folder, const Canary& canary, const Secret& token, int input,
                                 int output) {
    uv_loop_t loop;
    uv_loop_init(&loop);
    DevBrokerOptions options;
    options.tls.make = folder;
    options.sasl.mechanisms = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER";
    options.sasl.users = {DevUser{"alice", canary.secret()}};
    DevBroker broker(&loop, options);
    broker.create_topic("t");
    const bool made = !broker.error() && encrypt_key(folder, canary);
    Endpoint endpoint(&loop, token);
    const std::string where = made ? broker.bootstrap_servers() + " " + endpoint.url() : "";
    if (write(output, where.data(), where.size()) <= 0) _exit(1);
    close(output);
    pollfd parent{input, POLLIN, 0};
    const bool told = broker.run_until([&] { return poll(&parent, 1, 0) > 0; }, 60s);
    _exit(told ? 0 : 1);
  }

  pid_t child_ = -1;
  int to_child_ = -1;
  std::string bootstrap_, endpoint_;
};

SessionOptions canary_options(const OtherProcess& brokers, const ScratchFolder& folder, SaslMechanism mechanism,
                              const Canary& used) {
  SessionOptions options;
  options.bootstrap_servers = brokers.bootstrap();
  options.security_protocol = SecurityProtocol::sasl_ssl;
  options.ssl_ca_location = folder.path() + "/ca.pem";
  options.sasl_mechanism = mechanism;
  if (mechanism == SaslMechanism::oauthbearer) return options;
  options.sasl_username = "alice";
  options.sasl_password = used.secret();
  return options;
}

/// Sends one record; what became of it.
Error send_one(Loop& loop, Producer& producer) {
  std::optional<Error> told;
  const Error refused =
      producer.send({.topic = "t", .value = "v"}, [&](const DeliveryReport& report) { told = report.error; });
  if (refused) return refused;
  REQUIRE(loop.run_until([&] { return told.has_value(); }));
  return *told;
}

void close_all(Loop& loop, Session& session) {
  bool closed = false;
  session.close([&] { closed = true; });
  REQUIRE(loop.run_until([&] { return closed; }));
}

/// Brokers that know the password `right`, and a session that logs in with `used`. No copy of its options is left.
struct Trial {
  Trial(const Canary& right, const Canary& used, SaslMechanism mechanism)
      : brokers(folder, right), session(loop, canary_options(brokers, folder, mechanism, used)) {}
  /// With a certificate as well, whose key has the same password.
  explicit Trial(const Canary& of_key)
      : brokers(folder, of_key), session(loop, [&] {
          SessionOptions options = canary_options(brokers, folder, SaslMechanism::plain, of_key);
          options.ssl_certificate_location = folder.path() + "/client.pem";
          options.ssl_key_location = folder.path() + "/" + kKey;
          options.ssl_key_password = of_key.secret();
          return options;
        }()) {}
  ScratchFolder folder;
  OtherProcess brokers;
  Loop loop;
  Session session;
  Producer producer{session};
};

}  // namespace

TEST_CASE("a password that is left in memory is found") {
  const Canary canary;
  CHECK(canary.places().empty());
  const Secret held = canary.secret();
  CHECK_FALSE(canary.places().empty());
  const std::string base64 = auth::to_base64(held.reveal());
  CHECK(canary.places().find("its base64") != std::string::npos);
}

TEST_CASE("after close(), no password is left in memory: a login that passed") {
  for (const SaslMechanism mechanism : kMechanisms) {
    const Canary canary;
    Trial trial(canary, canary, mechanism);
    CHECK_FALSE(send_one(trial.loop, trial.producer));
    close_all(trial.loop, trial.session);
    CHECK(canary.places() == "");
  }
}

TEST_CASE("after close(), no password is left in memory: a refused login, and other credentials") {
  for (const SaslMechanism mechanism : kMechanisms) {
    const Canary right, wrong;
    Trial trial(right, wrong, mechanism);
    CHECK(send_one(trial.loop, trial.producer) == Errc::sasl_authentication_failed);
    REQUIRE_FALSE(trial.session.set_credentials("alice", right.secret()));
    CHECK_FALSE(send_one(trial.loop, trial.producer));
    CHECK(wrong.places() == "");  // replaced, though the session lives
    close_all(trial.loop, trial.session);
    CHECK(right.places() == "");
    CHECK(wrong.places() == "");
  }
}

TEST_CASE("no token is left in memory: one that was replaced, and one that was used last, after close()") {
  const Canary nobody;
  Trial trial(nobody, nobody, SaslMechanism::oauthbearer);
  const TokenCanary first, second;
  const TokenCanary* next = &first;
  const auto give = [&](TokenRequest request) {
    const auto expires = std::chrono::system_clock::now() + 2s;
    CHECK_FALSE(request.set(next->secret(), expires, next == &first ? "" : "alice"));
  };
  REQUIRE_FALSE(trial.session.on_token(give));
  CHECK_FALSE(send_one(trial.loop, trial.producer));
  CHECK_FALSE(first.places().empty());  // it is still in use
  next = &second;
  // The connection is used, so the timer asks for the next token.
  const auto end = std::chrono::steady_clock::now() + 4s;
  while (std::chrono::steady_clock::now() < end && !first.places().empty()) {
    CHECK_FALSE(send_one(trial.loop, trial.producer));
    trial.loop.run_until([] { return false; }, 200ms);
  }
  CHECK(first.places() == "");
  close_all(trial.loop, trial.session);
  CHECK(first.places() == "");
  CHECK(second.places() == "");
}

TEST_CASE("no secret of a client is left in memory, and no token that an endpoint gave, after close()") {
  const Canary client;
  const TokenCanary token;
  ScratchFolder folder;
  const OtherProcess others(folder, client, &token);
  SessionOptions options = canary_options(others, folder, SaslMechanism::oauthbearer, client);
  options.sasl_oauthbearer_method = OAuthBearerMethod::oidc;
  options.sasl_oauthbearer_token_endpoint_url = others.endpoint();
  options.sasl_oauthbearer_client_id = "alice";  // its base64 ends where that of the secret begins, with the colon
  options.sasl_oauthbearer_client_secret = client.secret();
  Loop loop;
  Session session(loop, std::move(options));
  if (session.error() == Errc::invalid_option) {
    WARN("skipped: " << session.error().message());
    return;
  }
  Producer producer{session};
  CHECK_FALSE(send_one(loop, producer));
  close_all(loop, session);
  CHECK(client.places() == "");
  CHECK(token.places() == "");
}

TEST_CASE("no password of a key is left in memory: of the options, and of set_tls()") {
  const Canary of_key;
  Trial trial(of_key);
  CHECK_FALSE(send_one(trial.loop, trial.producer));
  TlsFiles files;
  files.certificate_location = trial.folder.path() + "/client.pem";
  files.key_location = trial.folder.path() + "/" + kKey;
  files.key_password = of_key.secret();
  REQUIRE_FALSE(trial.session.set_tls(std::move(files)));
  CHECK_FALSE(send_one(trial.loop, trial.producer));
  close_all(trial.loop, trial.session);
  CHECK(of_key.places() == "");
}
