#include "net/http_post.hpp"

#include <utility>

#include "net/reactor.hpp"

namespace kafka::net {
namespace {

// Refuses, later: nothing is called from inside the call.
class Refusal final : public HttpExchange {
 public:
  explicit Refusal(HttpDone done) : done_(std::make_shared<HttpDone>(std::move(done))) {}
  std::weak_ptr<HttpDone> done() const { return done_; }

 private:
  std::shared_ptr<HttpDone> done_;
};

}  // namespace

std::unique_ptr<HttpExchange> Reactor::http_post(HttpPost, HttpDone done) {
  auto refusal = std::make_unique<Refusal>(std::move(done));
  defer([weak = refusal->done()] {
    const auto pinned = weak.lock();
    if (pinned == nullptr) return;
    HttpDone once = std::move(*pinned);
    once(Error(Errc::unsupported_feature, "this build of uvkafka makes no HTTP requests (meson option `oidc`)"), {});
  });
  return refusal;
}

}  // namespace kafka::net
