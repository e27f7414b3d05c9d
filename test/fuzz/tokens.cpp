// What token endpoints, tokens and options of OAUTHBEARER say. Input: which reader, then its text. Whatever is taken
// can be used: addresses have a host and a port, extensions can be sent, and an unsecured token is good for the broker.
#include <cstring>
#include <memory>
#include <string>

#include "auth/json.hpp"
#include "auth/jwt.hpp"
#include "auth/oauthbearer.hpp"
#include "input.hpp"
#include "session/oidc.hpp"
#include "target.hpp"

using namespace kafka;

namespace {

constexpr int64_t kNow = 1'700'000'000'000;

enum class What : uint8_t { json, claims, url, extensions, unsecured, answers };
constexpr uint8_t kKinds = 6;

class OneToken final : public auth::TokenSource {
 public:
  void get(Done done) override {
    auto token = std::make_shared<auth::Token>();
    token->text = Secret("not.to.be-shown");
    token->expires_ms = kNow + 1000;
    done(std::move(token), {});
  }
  void refused(const auth::Token&) override {}
};

void read_json(std::string_view text) {
  auth::JsonObject object;
  if (!auth::read_object(text, object)) return;
  for (const auto& [name, field] : object) {
    fuzz::expect(!field.whole() || field.number(), "a whole part of no number");
    fuzz::expect((auth::text_of(object, name) == nullptr) == (field.kind != auth::JsonField::Kind::text),
                 "a text that is none");
  }
}

void read_claims(std::string_view text) {
  const auto claims = auth::read_claims(text);
  if (claims && claims->expires_ms) fuzz::expect(*claims->expires_ms > 0, "a token that expires before time begins");
  auth::Token token;
  token.text = Secret(text);
  if (auth::check(token, -1).empty()) auth::describe(token, kNow);
}

void read_url(std::string_view text) {
  session::TokenUrl url;
  if (!session::read_token_url(text, url).empty()) return;
  fuzz::expect(!url.host.empty() && url.port != 0, "an address without host or port");
  fuzz::expect(url.text.find_first_of(" \r\n@#") == std::string::npos, "an address that is more than an address");
}

void read_extensions(std::string_view text) {
  auth::Extensions extensions;
  if (!session::read_extensions(text, extensions).empty()) return;
  for (const auto& [name, value] : extensions) {
    fuzz::expect(auth::check_extension(name, value).empty(), "an extension that cannot be sent");
  }
}

void make_unsecured(std::string_view text) {
  auth::Unsecured from;
  if (!auth::read_unsecured(text, from).empty()) return;
  const auth::Token token = auth::make_unsecured(from, kNow);
  fuzz::expect(auth::check(token, kNow).empty(), "a token of our own that cannot be sent");
  const auto claims = auth::read_claims(token.text.reveal());
  fuzz::expect(claims.has_value(), "a token of our own that cannot be read");
  const bool plain = from.principal_claim == "sub" && from.scope.empty();
  fuzz::expect(!plain || claims->subject == from.principal, "another principal");
}

// A broker that says anything at all does not accept the token.
void answer(std::string_view text) {
  OneToken tokens;
  auth::OAuthBearer mechanism(tokens);
  mechanism.prepare([](auth::Next next) { fuzz::expect(next == auth::Next::done, "no token"); });
  fuzz::expect(mechanism.start() == auth::Next::send, "no message");
  fuzz::expect(mechanism.answer(text) == (text.empty() ? auth::Next::done : auth::Next::send), "another next step");
  if (text.empty()) return;
  fuzz::expect(mechanism.answer("") == auth::Next::failed, "a refused token has passed");
  fuzz::expect(mechanism.error().message().find("be-shown") == std::string::npos, "the token is in the error");
  fuzz::expect(mechanism.refused(kNow).find("be-shown") == std::string::npos, "the token is in the reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const auto what = static_cast<What>(input.byte() % kKinds);
  const std::string_view text = input.rest();
  const fuzz::Watch watch(size);
  switch (what) {
    case What::json:
      read_json(text);
      break;
    case What::claims:
      read_claims(text);
      break;
    case What::url:
      read_url(text);
      break;
    case What::extensions:
      read_extensions(text);
      break;
    case What::unsecured:
      make_unsecured(text);
      break;
    case What::answers:
      answer(text);
      break;
  }
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  const std::string number = std::to_string(seed);
  const std::string texts[kKinds] = {
      R"({"access_token":"a.b","expires_in":)" + number + R"(,"x":[1,{"y":null},"\u00e9"],"z":-1.5e3})",
      // {"alg":"RS256"}, {"sub":"alice","exp":1700000600}
      "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTcwMDAwMDYwMH0." + number,
      "https://[::1]:" + number + "/token?x=" + number,
      "traceId=" + number + ",logicalCluster=lkc",
      "principal=alice lifeSeconds=" + number + " scope=a,b extension_trace=" + number,
      R"({"status":"invalid_token","n":)" + number + "}",
  };
  const auto kind = static_cast<uint8_t>(seed % kKinds);
  const std::string all = static_cast<char>(kind) + texts[kind];
  if (all.size() > most) return 0;
  std::memcpy(data, all.data(), all.size());
  return all.size();
}
