// One login of Kerberos as tests play it, without keys and without a KDC.
#pragma once

#include <string>
#include <string_view>

#include "auth/kerberos.hpp"

namespace kafka::test {

/// The client sends "first". The service sends "proof" `needed` times, each time but the last answered by "more".
/// A message with a signature is the text in brackets.
struct PlayedContext final : auth::SecurityContext {
  const std::string& principal() const override { return name; }
  bool established() const override { return steps >= needed; }
  std::string first() override { return "first"; }
  Error step(std::string_view token, std::string& reply) override {
    if (token != "proof") return Error(Errc::sasl_authentication_failed, "a bad proof");
    if (++steps < needed) reply = "more";
    return {};
  }
  Error unwrap(std::string_view token, std::string& text) override {
    if (!token.starts_with('[')) return Error(Errc::sasl_authentication_failed, "a bad signature");
    text = token.substr(1, token.size() - 2);
    return {};
  }
  Error wrap(std::string_view text, std::string& token) override {
    token = "[" + std::string(text) + "]";
    return {};
  }
  std::string name = "alice@REALM";
  int steps = 0, needed = 1;
};

}  // namespace kafka::test
