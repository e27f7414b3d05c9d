// Calls that may block, on libuv's thread pool.
#include <memory>
#include <utility>

#include "net/uv_stream.hpp"

namespace kafka::net {
namespace {

struct WorkBlock;

class UvWork final : public Work {
 public:
  explicit UvWork(WorkBlock* block) : block_(block) {}
  ~UvWork() override;

  WorkBlock* block_;
};

// Lives until libuv has called back, which may be long after the owner has gone. `fn` is the pool's while it runs.
struct WorkBlock {
  uv_work_t request{};
  UvWork* owner = nullptr;
  Function<void()> fn, done;
};

UvWork::~UvWork() {
  if (block_ == nullptr) return;
  block_->owner = nullptr;
  block_->done = nullptr;
  // A call that had not begun will not: what it holds ends here, since the loop may not turn again for long.
  if (uv_cancel(reinterpret_cast<uv_req_t*>(&block_->request)) == 0) block_->fn = nullptr;
}

void run_work(uv_work_t* request) noexcept { static_cast<WorkBlock*>(request->data)->fn(); }

void after_work(uv_work_t* request, int) noexcept {
  std::unique_ptr<WorkBlock> block(static_cast<WorkBlock*>(request->data));
  if (block->owner == nullptr) return;
  block->owner->block_ = nullptr;
  const Function<void()> ran = std::move(block->fn);
  Function<void()> done = std::move(block->done);
  done();
}

}  // namespace

std::unique_ptr<Work> uv_work(uv_loop_t* loop, Function<void()> fn, Function<void()> done) {
  auto block = std::make_unique<WorkBlock>();
  block->request.data = block.get();
  block->fn = std::move(fn);
  block->done = std::move(done);
  uv_queue_work(loop, &block->request, run_work, after_work);  // fails without a function only
  auto work = std::make_unique<UvWork>(block.get());
  block.release()->owner = work.get();
  return work;
}

}  // namespace kafka::net
