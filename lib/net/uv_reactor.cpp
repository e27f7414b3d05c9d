// Timers in one heap on one uv_timer_t; deferred work in uv_prepare with an idle handle that keeps the
// loop from waiting; posted work and the reference that holds the loop on one uv_async_t.
#include "net/uv_reactor.hpp"

#include <csignal>

#include <algorithm>
#include <mutex>
#include <vector>

#include "net/uv_handle.hpp"
#include "net/uv_stream.hpp"

namespace kafka::net {
namespace {

class UvReactor;

struct TimerNode final : Timer::Handle {
  UvReactor* reactor = nullptr;  // null once out of the heap
  int64_t time_ms = 0;
  uint64_t sequence = 0;
  size_t index = 0;
  Function<void()> run;
  ~TimerNode() override;
};

struct HoldHandle final : Hold::Handle {
  explicit HoldHandle(std::shared_ptr<UvReactor*> of) : reactor(std::move(of)) {}
  ~HoldHandle() override;
  std::shared_ptr<UvReactor*> reactor;  // points to null once the reactor is gone
};

void ignore_sigpipe() {
  struct sigaction current {};
  if (sigaction(SIGPIPE, nullptr, &current) != 0) return;
  if ((current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_DFL) {
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    sigemptyset(&ignored.sa_mask);
    sigaction(SIGPIPE, &ignored, nullptr);
  }
}

class UvReactor final : public Reactor {
 public:
  UvReactor(uv_loop_t* loop, UvReactorOptions options)
      : loop_(loop),
        self_(std::make_shared<UvReactor*>(this)),
        prepare_(new Prepare(this)),
        idle_(new Idle(this)),
        timer_(new LoopTimer(this)),
        async_(new Async(this)) {
    if (options.ignore_sigpipe) ignore_sigpipe();
    uv_prepare_init(loop_, &prepare_->handle);
    uv_unref(prepare_->base());
    uv_idle_init(loop_, &idle_->handle);
    uv_timer_init(loop_, &timer_->handle);
    uv_unref(timer_->base());
    uv_async_init(loop_, &async_->handle, on_async);
    uv_unref(async_->base());
    uint64_t seed[2] = {};
    if (uv_random(nullptr, nullptr, seed, sizeof seed, 0, nullptr) != 0) seed[0] = uv_hrtime();
    random_state_ = seed[0] ^ seed[1];
  }
  ~UvReactor() override {
    *self_ = nullptr;
    for (TimerNode* node : heap_) node->reactor = nullptr;
    prepare_->detach();
    idle_->detach();
    timer_->detach();
    async_->detach();
  }

  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(uv_now(loop_))); }
  int64_t wall_clock_ms() const override {
    if (wall_clock_of_ != uv_now(loop_) || wall_clock_ == 0) {
      wall_clock_of_ = uv_now(loop_);
      wall_clock_ =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
              .count();
    }
    return wall_clock_;
  }
  Duration turn_time() const override {
    return draining_since_ == 0 ? Duration::zero() : Duration(uv_hrtime() - draining_since_);
  }

  Timer after(Duration delay, Function<void()> fn) override {
    // libuv counts milliseconds; rounding up keeps "not before".
    const int64_t ms = std::max<int64_t>(0, (delay.count() + 999'999) / 1'000'000);
    auto node = std::make_unique<TimerNode>();
    node->reactor = this;
    node->time_ms = static_cast<int64_t>(uv_now(loop_)) + ms;
    node->sequence = ++sequence_;
    node->run = std::move(fn);
    node->index = heap_.size();
    heap_.push_back(node.get());
    sift_up(node->index);
    if (node->index == 0 && !firing_) arm();
    return Timer(std::move(node));
  }

  void defer(Function<void()> fn) override {
    if (deferred_.empty()) {
      uv_prepare_start(&prepare_->handle, on_prepare);
      uv_idle_start(&idle_->handle, [](uv_idle_t*) {});
    }
    deferred_.push_back(std::move(fn));
  }

  void post(Function<void()> fn) override {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(fn));
    }
    uv_async_send(&async_->handle);
  }

  Hold hold() override {
    if (holds_++ == 0) uv_ref(async_->base());
    return Hold(std::make_unique<HoldHandle>(self_));
  }
  void drop_hold() {
    if (--holds_ == 0) uv_unref(async_->base());
  }

  std::unique_ptr<Stream> connect(const Address& address, StreamHandler& handler) override {
    return uv_connect(loop_, *this, address, handler);
  }
  std::unique_ptr<Listener> listen(const Address& address, AcceptCallback on_accept, Error& error) override {
    return uv_listen_on(loop_, *this, address, std::move(on_accept), error);
  }
  std::unique_ptr<Lookup> resolve(const std::string& host, ResolveCallback done) override {
    return uv_resolve(loop_, *this, host, std::move(done));
  }
  uint64_t random() override {  // splitmix64
    uint64_t mixed = (random_state_ += 0x9e3779b97f4a7c15ull);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
  }

  void remove(TimerNode& node) {
    const size_t index = node.index;
    TimerNode* last = heap_.back();
    heap_.pop_back();
    node.reactor = nullptr;
    if (last != &node) {
      heap_[index] = last;
      last->index = index;
      sift_up(index);
      sift_down(last->index);
    }
    if (index == 0 && !firing_) arm();
  }

 private:
  using Prepare = HandleBlock<uv_prepare_t, UvReactor>;
  using Idle = HandleBlock<uv_idle_t, UvReactor>;
  using LoopTimer = HandleBlock<uv_timer_t, UvReactor>;
  using Async = HandleBlock<uv_async_t, UvReactor>;

  static bool before(const TimerNode* a, const TimerNode* b) {
    return a->time_ms != b->time_ms ? a->time_ms < b->time_ms : a->sequence < b->sequence;
  }
  void swap(size_t a, size_t b) {
    std::swap(heap_[a], heap_[b]);
    heap_[a]->index = a;
    heap_[b]->index = b;
  }
  void sift_up(size_t index) {
    for (; index > 0 && before(heap_[index], heap_[(index - 1) / 2]); index = (index - 1) / 2) {
      swap(index, (index - 1) / 2);
    }
  }
  void sift_down(size_t index) {
    while (true) {
      size_t first = index;
      for (size_t child = 2 * index + 1; child <= 2 * index + 2 && child < heap_.size(); ++child) {
        if (before(heap_[child], heap_[first])) first = child;
      }
      if (first == index) return;
      swap(index, first);
      index = first;
    }
  }
  void arm() {
    if (heap_.empty()) {
      uv_timer_stop(&timer_->handle);
      return;
    }
    const int64_t wait = heap_.front()->time_ms - static_cast<int64_t>(uv_now(loop_));
    uv_timer_start(&timer_->handle, on_timer, static_cast<uint64_t>(std::max<int64_t>(0, wait)), 0);
  }

  static void on_timer(uv_timer_t* handle) {
    auto* block = static_cast<LoopTimer*>(handle->data);
    UvReactor* self = block->owner;
    if (self == nullptr) return;
    self->firing_ = true;
    const auto now = static_cast<int64_t>(uv_now(self->loop_));
    const uint64_t newest = self->sequence_;  // what a callback starts waits for the next turn
    while (!self->heap_.empty() && self->heap_.front()->time_ms <= now && self->heap_.front()->sequence <= newest) {
      TimerNode& node = *self->heap_.front();
      self->remove(node);
      Function<void()> run = std::move(node.run);
      run();
      if (block->owner == nullptr) return;
    }
    self->firing_ = false;
    self->arm();
  }

  static void on_prepare(uv_prepare_t* handle) {
    auto* block = static_cast<Prepare*>(handle->data);
    UvReactor* self = block->owner;
    if (self == nullptr) return;
    std::vector<Function<void()>> batch = std::move(self->deferred_);
    self->deferred_ = std::move(self->spare_);
    self->deferred_.clear();
    self->draining_since_ = uv_hrtime();
    for (Function<void()>& run : batch) {
      Function<void()> once = std::move(run);
      once();
      if (block->owner == nullptr) return;
    }
    self->draining_since_ = 0;
    batch.clear();
    self->spare_ = std::move(batch);
    if (self->deferred_.empty()) {
      uv_prepare_stop(&self->prepare_->handle);
      uv_idle_stop(&self->idle_->handle);
    }
  }

  static void on_async(uv_async_t* handle) {
    auto* block = static_cast<Async*>(handle->data);
    UvReactor* self = block->owner;
    if (self == nullptr) return;
    std::vector<Function<void()>> batch;
    {
      const std::lock_guard lock(self->mutex_);
      batch.swap(self->posted_);
    }
    for (Function<void()>& run : batch) {
      Function<void()> once = std::move(run);
      once();
      if (block->owner == nullptr) return;
    }
  }

  uv_loop_t* loop_;
  std::shared_ptr<UvReactor*> self_;
  Prepare* prepare_;
  Idle* idle_;
  LoopTimer* timer_;
  Async* async_;
  std::vector<TimerNode*> heap_;
  std::vector<Function<void()>> deferred_;
  std::vector<Function<void()>> spare_;  // capacity to reuse
  std::mutex mutex_;
  std::vector<Function<void()>> posted_;
  uint64_t sequence_ = 0;
  uint64_t random_state_ = 0;
  uint64_t draining_since_ = 0;
  size_t holds_ = 0;
  bool firing_ = false;
  mutable int64_t wall_clock_ = 0;
  mutable uint64_t wall_clock_of_ = 0;
};

TimerNode::~TimerNode() {
  if (reactor != nullptr) reactor->remove(*this);
}

HoldHandle::~HoldHandle() {
  if (*reactor != nullptr) (*reactor)->drop_hold();
}

}  // namespace

std::unique_ptr<Reactor> make_uv_reactor(uv_loop_t* loop, UvReactorOptions options) {
  return std::make_unique<UvReactor>(loop, options);
}

}  // namespace kafka::net
