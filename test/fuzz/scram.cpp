// A server's side of SCRAM. Input: the length of its first message, that message, and its last one. Whatever it says,
// nobody who does not know the password passes, and work is bounded. Without OpenSSL the texts alone are read.
#include <cstring>
#include <memory>
#include <string>

#include "auth/crypto.hpp"
#include "auth/login.hpp"
#include "auth/scram.hpp"
#include "input.hpp"
#include "target.hpp"

using namespace kafka;

namespace {

constexpr const char* kNonce = "nonce";
constexpr int kMostIterations = 2 * static_cast<int>(auth::Scram::kLeastIterations);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  const std::string_view first = input.take(input.byte());
  const std::string_view last = input.rest();
  const fuzz::Watch watch(size);

  auth::ServerFirst read;
  if (auth::read_server_first(first, kNonce, read).empty()) {
    fuzz::expect(read.nonce.starts_with(kNonce) && read.nonce.size() > std::strlen(kNonce), "another's nonce is taken");
    fuzz::expect(!read.salt.empty(), "no salt is taken");
  }
  auth::ServerFinal end;
  if (auth::read_server_final(last, end).empty()) {
    fuzz::expect(end.signature.empty() || end.error.empty(), "a signature and an error at once");
  }
  if (!auth::crypto_available()) return 0;

  auto login = std::make_shared<auth::Login>();
  login->kind = auth::Kind::scram_sha_256;
  login->user = "alice";
  login->password = Secret("not to be guessed");
  login->most_iterations = kMostIterations;
  auth::Scram scram(auth::Hash::sha256, login, kNonce);
  fuzz::expect(scram.start() == auth::Next::send, "no first message");
  auth::Next next = scram.answer(first);
  for (int turns = 0; next == auth::Next::work; ++turns) {
    fuzz::expect(turns < kMostIterations, "the work does not end");
    next = scram.work();
  }
  if (next == auth::Next::send) next = scram.answer(last);
  fuzz::expect(next == auth::Next::failed, "a server that does not know the password has passed");
  fuzz::expect(scram.error() == Errc::sasl_authentication_failed, "another error");
  fuzz::expect(scram.error().message().find("guessed") == std::string::npos, "the password is in the error");
  return 0;
}

size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most) {
  const std::string first = "r=nonce" + std::to_string(seed) +
                            ",s=QSXCR+Q6sek8bf92,i=" + std::to_string(auth::Scram::kLeastIterations - 2 + seed % 4);
  const std::string last = seed % 3 == 0 ? "e=other-error" : "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
  const std::string all = static_cast<char>(first.size()) + first + last;
  if (all.size() > most) return 0;
  std::memcpy(data, all.data(), all.size());
  return all.size();
}
