// Running a loop until something holds: for tests, which have nothing else to run it.
#include <uv.h>

#include <algorithm>

#include "net/uv_reactor.hpp"

namespace kafka::net {
namespace {

/// Owns a timer that ends the loop's waiting now and then. It lies in a block of its own, since libuv closes it later.
class Tick {
 public:
  Tick(uv_loop_t* loop, uint64_t every_ms) : timer_(new uv_timer_t) {
    uv_timer_init(loop, timer_);
    uv_timer_start(
        timer_, [](uv_timer_t*) {}, every_ms, every_ms);
  }
  Tick(const Tick&) = delete;
  ~Tick() {
    uv_close(reinterpret_cast<uv_handle_t*>(timer_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
  }

 private:
  uv_timer_t* timer_;
};

}  // namespace

bool run_until(uv_loop_t* loop, Function<bool()>& done, Duration timeout) {
  constexpr uint64_t kTickMs = 10;
  if (done()) return true;
  const Tick tick(loop, kTickMs);
  const uint64_t start = uv_hrtime();
  const auto limit = static_cast<uint64_t>(std::max(timeout, Duration::zero()).count());
  do {
    uv_run(loop, UV_RUN_ONCE);
    if (done()) return true;
  } while (uv_hrtime() - start < limit);
  return false;
}

}  // namespace kafka::net
