// A build without libcurl.
#include "net/http_post.hpp"
#include "net/uv_http.hpp"

namespace kafka::net {

class UvHttp {};

std::string http_missing() {
  return "this build of uvkafka has no OIDC (it was built with -Doidc=disabled, or without libcurl)";
}
std::shared_ptr<UvHttp> make_uv_http(uv_loop_t*, Reactor&) { return nullptr; }
std::unique_ptr<HttpExchange> uv_http_post(const std::shared_ptr<UvHttp>&, HttpPost, HttpDone) { return nullptr; }

}  // namespace kafka::net
