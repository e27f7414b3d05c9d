#include "session/oidc.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "auth/base64.hpp"
#include "auth/json.hpp"
#include "auth/jwt.hpp"
#include "base/error_table.hpp"
#include "base/version.hpp"
#include "base/wipe.hpp"

namespace kafka::session {
namespace {

constexpr int kOk = 200;
constexpr int64_t kSecond = 1000;
constexpr int64_t kLongestLife = int64_t{365} * 24 * 3600;

// As application/x-www-form-urlencoded, into memory that does not grow.
void append_form(std::string_view text, std::string& to) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      to += c;
    } else if (c == ' ') {
      to += '+';
    } else {
      to += '%';
      to += kHex[byte >> 4];
      to += kHex[byte & 15];
    }
  }
}

// Name and secret are form-encoded before they are put together (RFC 6749, section 2.3.1).
Secret basic(std::string_view id, std::string_view secret) {
  constexpr std::string_view kScheme = "Basic ";
  constexpr size_t kEncoded = 3;
  WipedString both;
  both.text.reserve(kEncoded * (id.size() + secret.size()) + 1);
  append_form(id, both.text);
  both.text += ':';
  append_form(secret, both.text);
  std::string encoded = auth::to_base64(both.text);  // reserves what it needs
  WipedString header;
  header.text.reserve(kScheme.size() + encoded.size());
  header.text.append(kScheme).append(encoded);
  wipe(encoded.data(), encoded.size());
  return Secret(header.text);
}

// What the endpoint says of a refusal (RFC 6749, section 5.2).
std::string words(std::string_view body) {
  auth::JsonObject object;
  if (!auth::read_object(body, object)) return {};
  const std::string* code = auth::text_of(object, "error");
  const std::string* more = auth::text_of(object, "error_description");
  return (code == nullptr ? "" : ": " + escaped(*code, 64)) + (more == nullptr ? "" : ": " + escaped(*more));
}

bool passes_by_itself(int status) {
  constexpr int kRequestTimeout = 408, kTooMany = 429, kServer = 500, kBehindServer = 600;
  return status == kRequestTimeout || status == kTooMany || (status >= kServer && status < kBehindServer);
}

}  // namespace

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || (net::is_numeric(host) && host.starts_with("127."));
}

std::string read_token_url(std::string_view text, TokenUrl& to) {
  constexpr std::string_view kForm = "it must be https://HOST[:PORT]/PATH";
  constexpr uint16_t kHttp = 80, kHttps = 443;
  to.text = text;
  const bool http = text.starts_with("http://");
  to.https = text.starts_with("https://");
  if (!http && !to.https) return std::string(kForm);
  std::string_view rest = text.substr(text.find("//") + 2);
  const auto odd = [](char c) { return c <= ' ' || c > '~' || c == '@' || c == '#' || c == '\\' || c == '"'; };
  if (std::any_of(rest.begin(), rest.end(), odd)) {
    return std::string(kForm) + ", without blanks, names of users and #";
  }
  std::string_view host = rest.substr(0, rest.find_first_of("/?"));
  std::string_view port;
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    if (end == std::string_view::npos) return std::string(kForm);
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else if (const size_t colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty()) return std::string(kForm);
  to.host = host;
  to.port = to.https ? kHttps : kHttp;
  if (port.empty()) return {};
  const char* const end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data() + 1, end, to.port);
  if (port.front() != ':' || error != std::errc() || stop != end || to.port == 0) return std::string(kForm);
  return {};
}

std::string read_extensions(std::string_view text, auth::Extensions& to) {
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view pair = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return "it must be name=value, separated by commas";
    if (std::string wrong = auth::check_extension(pair.substr(0, equals), pair.substr(equals + 1)); !wrong.empty()) {
      return wrong;
    }
    to[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return {};
}

void Oidc::ask(TokenRequest request) {
  request_ = std::make_unique<TokenRequest>(std::move(request));
  give_up_ = reactor_.now() + settings_.connect_timeout + settings_.read_timeout;
  pause_.reset();
  attempts_ = 0;
  attempt();
}

void Oidc::attempt() {
  ++attempts_;
  if (net::is_numeric(settings_.url.host)) return post({settings_.url.host});
  resolver_.resolve(settings_.url.host, scope_.wrap([this](const Error& error, std::vector<std::string> addresses) {
    if (error) return passing("its name: " + std::string(error.message()));
    post(std::move(addresses));
  }));
}

void Oidc::post(std::vector<std::string> addresses) {
  net::HttpPost post;
  post.url = settings_.url.text;
  post.host = settings_.url.host;
  post.port = settings_.url.port;
  post.addresses = std::move(addresses);
  post.content_type = "application/x-www-form-urlencoded";
  post.accept = "application/json";
  post.agent = std::string("uvkafka/") + kVersion;
  post.authorization = basic(settings_.client_id, settings_.client_secret.reveal());
  std::string body = "grant_type=client_credentials";
  if (!settings_.scope.empty()) append_form(settings_.scope, body += "&scope=");
  post.body = Secret(body);
  post.ca_location = settings_.ca_location;
  post.ca_pem = settings_.ca_pem;
  post.connect_timeout = settings_.connect_timeout;
  post.read_timeout = settings_.read_timeout;
  post.most_bytes = kMostAnswer;
  exchange_ = reactor_.http_post(std::move(post), scope_.wrap([this](const Error& error, net::HttpAnswer answer) {
    take(error, std::move(answer));
  }));
}

void Oidc::take(const Error& error, net::HttpAnswer answer) {
  const auto ended = std::move(exchange_);
  if (error == Errc::connect_failed) return passing(std::string(error.detail()));
  if (error) return fail(std::string(error.message()));
  const std::string status = "status " + std::to_string(answer.status);
  if (passes_by_itself(answer.status)) return passing(status + words(answer.body->text));
  if (answer.status >= 300 && answer.status < 400) return fail(status + ": a redirect, which is not followed");
  if (answer.status != kOk) return fail(status + words(answer.body->text));
  take_token(answer.body->text);
}

void Oidc::take_token(std::string_view body) {
  auth::JsonObject object;
  if (!auth::read_object(body, object)) {
    return fail("the answer is no JSON object; it begins with \"" + escaped(body.substr(0, 8)) + "\"");
  }
  const std::string* const token = auth::text_of(object, "access_token");
  if (token == nullptr) return fail("the answer has no access_token" + words(body));
  // The shorter life counts: the endpoint's word holds also if this machine's clock is wrong.
  const int64_t now = reactor_.wall_clock_ms();
  const auto claims = auth::read_claims(*token);
  const auto said = object.find("expires_in");
  std::optional<int64_t> life;
  if (said != object.end()) life = said->second.whole();
  std::optional<int64_t> expires;
  if (life) expires = now + std::clamp(*life, int64_t{0}, kLongestLife) * kSecond;
  const bool in_token = claims && claims->expires_ms;
  if (in_token && (!expires || (*claims->expires_ms > now && *claims->expires_ms < *expires))) {
    expires = claims->expires_ms;
  }
  if (!expires) return fail("neither the answer nor the token says when the token expires");
  const auto request = std::move(request_);
  const std::chrono::system_clock::time_point until{std::chrono::milliseconds(*expires)};
  const Error wrong = request->set(Secret(*token), until, {}, settings_.extensions);
  if (wrong) {
    request->fail(settings_.url.text + ": " + std::string(wrong.detail()));
  }
}

// It may be well in a moment.
void Oidc::passing(std::string why) {
  const net::Duration pause = pause_.fail(reactor_.now(), reactor_.random(), settings_.retry);
  if (reactor_.now() + pause >= give_up_) {
    return fail(why + (attempts_ > 1 ? " (after " + std::to_string(attempts_) + " attempts)" : ""));
  }
  again_ = reactor_.after(pause, [this] {
    again_.cancel();
    attempt();
  });
}

// What is told may ask again at once.
void Oidc::fail(std::string why) {
  const auto request = std::move(request_);
  request->fail(settings_.url.text + ": " + why);
}

}  // namespace kafka::session
