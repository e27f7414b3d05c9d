// The broker's end of SCRAM, against the client's end of this library and against messages by hand.
#include "devbroker/scram_server.hpp"

#include <memory>
#include <string>

#include "auth/login.hpp"
#include "catch.hpp"

using namespace kafka;
using devbroker::Accounts;
using devbroker::ScramServer;
using devbroker::Verdict;

namespace {

constexpr auth::Kind kScramKinds[] = {auth::Kind::scram_sha_256, auth::Kind::scram_sha_512};

struct ScramPair {
  explicit ScramPair(auth::Kind kind, const std::string& user, const std::string& password)
      : server(accounts, {kind == auth::Kind::scram_sha_256 ? auth::Hash::sha256 : auth::Hash::sha512, true},
               [this] { return ++numbers; }) {
    accounts.add("a=l,ice", Secret("secret"));
    login->kind = kind;
    login->user = user;
    login->password = Secret(password);
    client = auth::begin(login);
  }

  /// Both ends talk to each other until one has an opinion.
  Verdict run() {
    Verdict verdict;
    auth::Next next = client->start();
    while (next == auth::Next::send || next == auth::Next::work) {
      if (next == auth::Next::work) {
        next = client->work();
        continue;
      }
      const Bytes token = client->take_token();
      verdict = server.take(token.view());
      if (verdict.kind == Verdict::Kind::refused) return verdict;
      next = client->answer(verdict.token);
    }
    client_is_done = next == auth::Next::done;
    return verdict;
  }

  uint64_t numbers = 0;
  Accounts accounts;
  ScramServer server;
  std::shared_ptr<auth::Login> login = std::make_shared<auth::Login>();
  std::unique_ptr<auth::Mechanism> client;
  bool client_is_done = false;
};

}  // namespace

TEST_CASE("who knows the password logs in by SCRAM, and each end believes the other") {
  if (!auth::crypto_available()) return;
  for (const auth::Kind kind : kScramKinds) {
    ScramPair pair(kind, "a=l,ice", "secret");
    const Verdict verdict = pair.run();
    CHECK(verdict.kind == Verdict::Kind::accepted);
    CHECK(verdict.user == "a=l,ice");
    CHECK(pair.client_is_done);
  }
}

TEST_CASE("by SCRAM, an unknown user and a wrong password are told alike") {
  if (!auth::crypto_available()) return;
  for (const auth::Kind kind : kScramKinds) {
    const Verdict unknown = ScramPair(kind, "bob", "secret").run();
    const Verdict wrong = ScramPair(kind, "a=l,ice", "Secret").run();
    CHECK(unknown.kind == Verdict::Kind::refused);
    CHECK(wrong.kind == Verdict::Kind::refused);
    CHECK(unknown.text == wrong.text);
  }
}

TEST_CASE("messages that are no SCRAM are refused") {
  if (!auth::crypto_available()) return;
  Accounts accounts;
  accounts.add("alice", Secret("secret"));
  for (const char* first : {"", "n,,", "n,,n=alice", "n,,n=alice,r=", "y,,n=alice,r=x", "p=tls-unique,,n=alice,r=x",
                            "n,,m=x,n=alice,r=x", "n,,n=al=ice,r=x", "n,a=bob,n=alice,r=x", "n,,r=x,n=alice"}) {
    INFO(first);
    ScramServer server(accounts, {}, [] { return uint64_t{7}; });
    CHECK(server.take(first).kind == Verdict::Kind::refused);
  }
  for (const char* final : {"", "c=biws", "c=biws,r=x", "c=biws,r=x,p=", "c=biws,r=x,p=AAAA", "r=x,c=biws,p=AAAA"}) {
    INFO(final);
    ScramServer server(accounts, {}, [] { return uint64_t{7}; });
    REQUIRE(server.take("n,,n=alice,r=x").kind == Verdict::Kind::more);
    CHECK(server.take(final).kind == Verdict::Kind::refused);
  }
}
