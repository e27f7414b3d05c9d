// Name look-ups. libuv runs them on its thread pool: they are the one thing that it cannot do on the loop itself.
#include <algorithm>

#include "net/uv_stream.hpp"

namespace kafka::net {
namespace {

struct Block;

class UvLookup final : public Lookup {
 public:
  explicit UvLookup(Block* block) : block_(block) {}
  ~UvLookup() override;

  Block* block_;
};

// Lives until libuv has called back, which may be long after the look-up was dropped.
struct Block {
  uv_getaddrinfo_t request{};
  UvLookup* owner = nullptr;
  ResolveCallback done;
};

UvLookup::~UvLookup() {
  if (block_ == nullptr) return;
  block_->owner = nullptr;
  block_->done = nullptr;
  uv_cancel(reinterpret_cast<uv_req_t*>(&block_->request));
}

std::vector<std::string> numeric_addresses(const addrinfo* found) {
  std::vector<std::string> ips;
  for (; found != nullptr; found = found->ai_next) {
    char text[INET6_ADDRSTRLEN] = {};
    if (found->ai_family == AF_INET) {
      uv_ip4_name(reinterpret_cast<const sockaddr_in*>(found->ai_addr), text, sizeof text);
    } else if (found->ai_family == AF_INET6) {
      uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(found->ai_addr), text, sizeof text);
    } else {
      continue;
    }
    if (std::find(ips.begin(), ips.end(), text) == ips.end()) ips.emplace_back(text);
  }
  return ips;
}

void on_resolved(uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
  std::unique_ptr<Block> block(static_cast<Block*>(request->data));
  std::vector<std::string> ips = status == 0 ? numeric_addresses(found) : std::vector<std::string>();
  uv_freeaddrinfo(found);
  if (block->owner == nullptr) return;
  block->owner->block_ = nullptr;
  ResolveCallback done = std::move(block->done);
  if (status != 0) {
    done(Error(Errc::resolve_failed, uv_text(status)), {});
  } else if (ips.empty()) {
    done(Error(Errc::resolve_failed, "the name has no address"), {});
  } else {
    done({}, std::move(ips));
  }
}

// libuv refused to start the look-up. The error is reported later, as every outcome is.
class FailedLookup final : public Lookup {
 public:
  Timer timer;
};

}  // namespace

std::unique_ptr<Lookup> uv_resolve(uv_loop_t* loop, Reactor& reactor, const std::string& host, ResolveCallback done) {
  auto block = std::make_unique<Block>();
  block->request.data = block.get();
  block->done = std::move(done);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  const int code = uv_getaddrinfo(loop, &block->request, on_resolved, host.c_str(), nullptr, &hints);
  if (code != 0) {
    auto failed = std::make_unique<FailedLookup>();
    failed->timer = reactor.after(Duration::zero(), [done = std::move(block->done), code]() mutable {
      done(Error(Errc::resolve_failed, uv_text(code)), {});
    });
    return failed;
  }
  auto lookup = std::make_unique<UvLookup>(block.get());
  block.release()->owner = lookup.get();
  return lookup;
}

}  // namespace kafka::net
