#include "auth/scram_text.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auth/base64.hpp"

namespace kafka::auth {
namespace {

// Cuts "x=value" off the front of `message`, up to the next comma. False if that is not what stands there.
bool take(std::string_view& message, char letter, std::string_view& value) {
  if (message.size() < 2 || message[0] != letter || message[1] != '=') return false;
  const size_t comma = std::min(message.find(','), message.size());
  value = message.substr(2, comma - 2);
  message.remove_prefix(std::min(comma + 1, message.size()));
  return true;
}

// Printable ASCII without a comma, which take() has cut at.
bool is_nonce(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string escape_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '=') {
      text += "=3D";
    } else if (c == ',') {
      text += "=2C";
    } else {
      text += c;
    }
  }
  return text;
}

std::string read_server_first(std::string_view message, std::string_view ours, ServerFirst& to) {
  std::string_view nonce, salt, count;
  if (std::string_view error; take(message, 'e', error)) return "the server says: " + std::string(error);
  if (message.starts_with("m=")) return "the server wants an extension that nobody knows (m=)";
  if (!take(message, 'r', nonce) || !take(message, 's', salt) || !take(message, 'i', count)) {
    return "the server's first message has not the form r=...,s=...,i=...";
  }
  if (!nonce.starts_with(ours) || nonce.size() == ours.size() || ours.empty() || !is_nonce(nonce)) {
    return "the server's nonce does not continue ours";
  }
  auto decoded = from_base64(salt);
  if (!decoded || decoded->empty()) return "the salt is not base64";
  const auto [end, failed] = std::from_chars(count.data(), count.data() + count.size(), to.iterations);
  if (failed != std::errc() || end != count.data() + count.size() || count.front() == '0') {
    return "the number of iterations is no number";
  }
  to.nonce = nonce;
  to.salt = std::move(*decoded);
  return {};
}

std::string read_server_final(std::string_view message, ServerFinal& to) {
  std::string_view value;
  if (take(message, 'e', value)) {
    to.error = value;
    return {};
  }
  if (!take(message, 'v', value)) return "the server's last message has no signature (v=...)";
  auto decoded = from_base64(value);
  if (!decoded || decoded->empty()) return "the server's signature is not base64";
  to.signature = std::move(*decoded);
  return {};
}

}  // namespace kafka::auth
