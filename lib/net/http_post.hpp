// One HTTP request as the reactor makes it: a POST over http or https, without redirects, cookies, proxies and
// connections that are kept. Implementations: libcurl's (uv_http.cpp), http_none.cpp in a build without it, and a
// script in simulation. Not here: what is asked of a token endpoint (session/oidc).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/secret.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/wipe.hpp"

namespace kafka::net {

struct HttpPost {
  std::string url;  ///< scheme, host, port and path, without blanks and fragments
  std::string host;
  uint16_t port = 0;
  std::vector<std::string> addresses;  ///< numeric, of the host; tried in their order
  std::string content_type, accept, agent;
  Secret authorization;  ///< value of the header Authorization
  Secret body;
  std::string ca_location, ca_pem;  ///< whom to trust; both empty: the system's store
  std::chrono::nanoseconds connect_timeout{}, read_timeout{};
  size_t most_bytes = 0;  ///< of the answer's body
};

struct HttpAnswer {
  int status = 0;
  std::unique_ptr<WipedString> body;
};
/// An error, or an answer whatever its status. Errors: connect_failed, timed_out, ssl_error, too_large, disconnected
/// (within the answer), unsupported_feature.
using HttpDone = Function<void(Error, HttpAnswer)>;

/// A request under way. Destroying it drops the answer.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;
};

/// "" if requests can be made; else why not. The first call loads libcurl, which reads files.
std::string http_missing();

}  // namespace kafka::net
