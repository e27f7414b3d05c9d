// Numeric addresses as text, without libuv and without a look-up.
#include <arpa/inet.h>

#include <string>

#include "net/reactor.hpp"

namespace kafka::net {

bool is_numeric(std::string_view host) {
  if (host.empty() || host.find('\0') != std::string_view::npos) return false;
  const std::string text(host);
  unsigned char binary[sizeof(in6_addr)];
  if (inet_pton(AF_INET, text.c_str(), binary) == 1) return true;
  // A zone ("fe80::1%eth0") is part of the literal for the system, but not for inet_pton.
  const size_t zone = text.find('%');
  if (zone == std::string::npos) return inet_pton(AF_INET6, text.c_str(), binary) == 1;
  return zone + 1 < text.size() && inet_pton(AF_INET6, text.substr(0, zone).c_str(), binary) == 1;
}

std::string to_string(const Address& address) {
  const bool v6 = address.ip.find(':') != std::string::npos;
  return (v6 ? "[" + address.ip + "]" : address.ip) + ":" + std::to_string(address.port);
}

}  // namespace kafka::net
