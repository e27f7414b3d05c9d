// Hashes and the derivation of keys, against published vectors.
#include "auth/crypto.hpp"

#include "auth/scram_keys.hpp"
#include "catch.hpp"

using namespace kafka::auth;

namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (size_t i = 0; i < digest.size; ++i) {
    text += "0123456789abcdef"[digest.bytes[i] >> 4];
    text += "0123456789abcdef"[digest.bytes[i] & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("hashes and keyed hashes are those of FIPS 180-4 and RFC 4231") {
  CHECK(hex(hash(Hash::sha256, "abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(hmac(Hash::sha256, "Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(
      hex(hmac(Hash::sha512, "Jefe", "what do ya want for nothing?")) ==
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b"
      "636e070a38bce737");
  CHECK(hmac(Hash::sha256, "", "").size == 32);  // an empty key is a key
}

TEST_CASE("a key is derived from a password as RFC 7914 has it, in slices of any size") {
  const uint32_t slice = GENERATE(1u, 7u, 512u, 100000u);
  KeyDerivation one(Hash::sha256, "passwd", "salt", 1);
  CHECK(one.advance(slice));
  CHECK(hex(one.result()) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
  KeyDerivation many(Hash::sha256, "Password", "NaCl", 80000);
  uint32_t turns = 1;
  while (!many.advance(slice)) ++turns;
  CHECK(hex(many.result()) == "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
  CHECK(turns == (79999 + slice - 1) / slice);
}

TEST_CASE("texts are the same or not, wherever they differ") {
  CHECK(same("", ""));
  CHECK(same("abc", "abc"));
  CHECK_FALSE(same("abc", "abd"));
  CHECK_FALSE(same("bbc", "abc"));
  CHECK_FALSE(same("abc", "ab"));
}

TEST_CASE("nonces are printable, have no comma, and never come again") {
  const std::string first = make_nonce(), second = make_nonce();
  CHECK(first.size() == 32);
  CHECK(first != second);
  CHECK(first.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
        std::string::npos);
}

TEST_CASE("a session keeps the keys of the last few salts") {
  ScramKeyCache cache;
  ScramKeys keys;
  for (int i = 0; i < 6; ++i) {
    keys.client.size = static_cast<size_t>(i);
    cache.keep("salt" + std::to_string(i), 4096, keys);
  }
  CHECK(cache.find("salt0", 4096) == nullptr);
  CHECK(cache.find("salt1", 4096) == nullptr);
  REQUIRE(cache.find("salt5", 4096) != nullptr);
  CHECK(cache.find("salt5", 4096)->client.size == 5);
  CHECK(cache.find("salt5", 8192) == nullptr);
}
