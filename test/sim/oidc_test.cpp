// Tokens from a token endpoint: what is asked, what is taken, what is tried again. The endpoint is a script.
// Not here: HTTP itself (net/uv_http.cpp), when a token is asked for (token_session_test.cpp).
#include "session/oidc.hpp"
#include "auth/base64.hpp"
#include "sasl_server.hpp"
#include "sim_client.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// A session that gets its tokens from "login.test".
struct EndpointClient {
  explicit EndpointClient(SessionOptions options = {}) : broker(client.world, "broker-1", "10.1.0.1"), logins(broker) {
    client.world.set_latency(1ms, 1ms);
    client.world.set_name("login.test", {"10.9.0.1", "10.9.0.2"});
    client.world.answer_http(SimClient::kHost, [this](const net::HttpPost& post) {
      urls.push_back(post.url);
      bodies.emplace_back(post.body.reveal());
      authorizations.emplace_back(post.authorization.reveal());
      addresses = post.addresses;
      asked.push_back(client.reactor.now());
      return answer();
    });
    options.bootstrap_servers = broker.address();
    options.security_protocol = SecurityProtocol::sasl_plaintext;
    options.sasl_mechanism = SaslMechanism::oauthbearer;
    options.sasl_allow_plaintext = true;
    options.sasl_oauthbearer_method = OAuthBearerMethod::oidc;
    options.sasl_oauthbearer_token_endpoint_url = "https://login.test:8443/token";
    options.sasl_oauthbearer_client_id = "we ird+%";
    options.sasl_oauthbearer_client_secret = Secret("p:a ss+%&=");
    options.sasl_oauthbearer_scope = "kafka read";
    client.open(options);
    REQUIRE_FALSE(client.session->error());
  }
  std::string failure() {
    const Error error = client.cluster(30s).error;
    CHECK(error == Errc::sasl_authentication_failed);
    CHECK_THAT(error.message(),
               Contains("no token: https://login.test:8443/token: ") && !Contains("p:a") && !Contains("abc.def"));
    return std::string(error.message());
  }

  SimClient client{1};
  ScriptedBroker broker;
  SaslServer logins;
  std::function<SimHttp()> answer = [] {
    return SimHttp{.body = R"({"access_token":"abc.def","token_type":"Bearer","expires_in":100})"};
  };
  std::vector<std::string> urls, bodies, authorizations, addresses;
  std::vector<net::TimePoint> asked;
};

}  // namespace

TEST_CASE("a token endpoint is asked as RFC 6749 has it, over the addresses that the session looked up") {
  EndpointClient oidc;
  CHECK_FALSE(oidc.client.cluster(1s).error);
  REQUIRE(oidc.urls.size() == 1);
  CHECK(oidc.urls[0] == "https://login.test:8443/token");
  CHECK(oidc.bodies[0] == "grant_type=client_credentials&scope=kafka+read");
  CHECK(oidc.authorizations[0] == "Basic " + auth::to_base64("we+ird%2B%25:p%3Aa+ss%2B%25%26%3D"));
  CHECK(oidc.addresses == std::vector<std::string>{"10.9.0.1", "10.9.0.2"});
  CHECK_THAT(oidc.logins.tokens[0], Contains("auth=Bearer abc.def\x01"));
  CHECK(oidc.client->options().sasl_oauthbearer_client_secret.reveal() == kHidden);
  CHECK(oidc.client->on_token([](TokenRequest) {}) == Errc::wrong_state);
  oidc.client.close();
}

TEST_CASE("the next token is asked for at 80 to 85 % of the life that the endpoint tells") {
  EndpointClient oidc;
  for (int i = 0; i < 90; ++i) {
    CHECK_FALSE(oidc.client.cluster(1s).error);
    oidc.client.run(1s);
  }
  REQUIRE(oidc.asked.size() == 2);
  CHECK(oidc.asked[1] - oidc.asked[0] >= 80s);
  CHECK(oidc.asked[1] - oidc.asked[0] <= 86s);
  oidc.client.close();
}

TEST_CASE("what passes by itself is tried again after pauses, and in the end it is the error") {
  EndpointClient oidc;
  const int failures = GENERATE(2, 1000);
  const auto passing = GENERATE(as<SimHttp>{}, SimHttp{.status = 503}, SimHttp{.status = 429},
                                SimHttp{.error = Error(Errc::connect_failed, "refused")});
  int count = 0;
  const auto good = oidc.answer;
  oidc.answer = [&] { return count++ < failures ? passing : good(); };
  if (failures == 2) {
    CHECK_FALSE(oidc.client.cluster(5s).error);
    CHECK(count == 3);
  } else {
    const net::TimePoint begun = oidc.client.reactor.now();
    CHECK_THAT(oidc.failure(), Contains(passing.error ? "refused" : "status") && Contains("attempts"));
    CHECK(oidc.client.reactor.now() - begun <= 21s);
    CHECK(count >= 6);
    CHECK(count <= 12);
  }
  oidc.client.close();
}

TEST_CASE("what waiting does not mend fails at once, with words that say what it is") {
  const std::tuple<SimHttp, std::string> each = GENERATE(table<SimHttp, std::string>({
      {{.status = 401, .body = R"({"error":"invalid_client","error_description":"the\nsecret"})"},
       "status 401: invalid_client: the\\nsecret"},
      {{.status = 400}, "status 400"},
      {{.status = 302}, "a redirect, which is not followed"},
      {{.body = "<html>log in here</html>"}, "no JSON object; it begins with \"<html>lo\""},
      {{.body = R"({"token_type":"Bearer"})"}, "has no access_token"},
      {{.body = R"({"access_token":"abc.def"})"}, "says when the token expires"},
      {{.body = R"({"access_token":"abc.def","expires_in":0})"}, "expired"},
      {{.body = R"({"access_token":"abc.def\u0001","expires_in":60})"}, "does not allow (ctl or other), at byte 7"},
      {{.error = Error(Errc::timed_out, "no whole answer within 10000 ms")}, "no whole answer within 10000 ms"},
      {{.error = Error(Errc::too_large, "the answer is huge")}, "the answer is huge"},
      {{.error = Error(Errc::ssl_error, "self-signed certificate")}, "self-signed certificate"},
  }));
  const SimHttp& script = std::get<0>(each);
  const std::string& words = std::get<1>(each);
  CAPTURE(words);
  EndpointClient oidc;
  oidc.answer = [&] { return script; };
  CHECK_THAT(oidc.failure(), Contains(words));
  CHECK(oidc.urls.size() == 1);
  for (const std::string& line : oidc.client.log) CHECK_THAT(line, !Contains("abc.def"));
  oidc.client.close();
}

TEST_CASE("a name that is not found is tried again, and is the error in the end") {
  EndpointClient oidc(SessionOptions{.sasl_login_connect_timeout = 1s, .sasl_login_read_timeout = 1s});
  oidc.client.world.remove_name("login.test");
  CHECK_THAT(oidc.failure(), Contains("its name: "));
  CHECK(oidc.urls.empty());
  oidc.client.close();
}

TEST_CASE("close() and the end of a session do not wait for the endpoint") {
  EndpointClient oidc;
  oidc.answer = [] { return SimHttp{.delay = 1h}; };
  oidc.client->cluster([](Error, ClusterMetadata) {});
  oidc.client.run(100ms);
  REQUIRE(oidc.urls.size() == 1);
  if (GENERATE(true, false)) oidc.client.close(1s);
}

TEST_CASE("the URL of a token endpoint is https with a host, or http where nobody listens on the way") {
  session::TokenUrl url;
  CHECK(session::read_token_url("https://a.test/token?x=1", url) == "");
  CHECK(url.https);
  CHECK(url.host == "a.test");
  CHECK(url.port == 443);
  CHECK(session::read_token_url("http://[::1]:80/", url) == "");
  CHECK(url.host == "::1");
  CHECK(url.port == 80);
  for (const char* bad :
       {"", "a.test", "ftp://a", "https://", "https:///x", "https://u:p@a/", "https://a:0/", "https://a:x/",
        "https://a:65536/", "https://a b/", "https://a/#x", "https://[::1", "https://a:/"}) {
    CAPTURE(bad);
    CHECK(session::read_token_url(bad, url) != "");
  }
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) CHECK(session::is_loopback(host));
  for (const char* host : {"127.example.org", "10.0.0.1", "localhost.test", "::2"}) {
    CHECK_FALSE(session::is_loopback(host));
  }
}
