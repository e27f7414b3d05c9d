// HTTP requests on a libuv loop, by libcurl.
#pragma once

#include <memory>

#include "net/http_post.hpp"

typedef struct uv_loop_s uv_loop_t;

namespace kafka::net {

class Reactor;
/// What the requests of one reactor share.
class UvHttp;

/// Null in a build without libcurl.
std::shared_ptr<UvHttp> make_uv_http(uv_loop_t* loop, Reactor& reactor);
std::unique_ptr<HttpExchange> uv_http_post(const std::shared_ptr<UvHttp>& http, HttpPost post, HttpDone done);

}  // namespace kafka::net
