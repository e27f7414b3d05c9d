// Timers in one heap on one uv_timer_t; deferred work in uv_prepare and uv_check, with an idle handle that
// keeps the loop from waiting; posted work and the reference that holds the loop on one uv_async_t.
//
// One turn of the loop as seen from here: the application's timers, [deferred], the wait, everything that
// was received, our timers, [deferred]. Timers come after what was received, so that an application that
// blocked the loop for a while does not make requests time out whose answers have long arrived: the
// uv_timer_t only wakes the loop, uv_check runs what is due.
//
// What libuv calls is noexcept, in this folder as a whole: an exception must not pass through its C frames. Without
// that a callback that throws would leave the loop half-way through a turn, and the caller of uv_run could catch it.
#include "net/uv_reactor.hpp"

#include <csignal>

#include <algorithm>
#include <mutex>
#include <vector>

#include "net/uv_handle.hpp"
#include "net/uv_http.hpp"
#include "net/uv_stream.hpp"

namespace kafka::net {
namespace {

class UvReactor;

struct TimerNode final : Timer::Handle {
  UvReactor* reactor = nullptr;  // null once out of the heap
  TimePoint due;
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
        sockets_(options.sockets),
        self_(std::make_shared<UvReactor*>(this)),
        prepare_(new Prepare(this)),
        check_(new Check(this)),
        idle_(new Idle(this)),
        timer_(new LoopTimer(this)),
        async_(new Async(this)) {
    if (options.ignore_sigpipe) ignore_sigpipe();
    uv_prepare_init(loop_, &prepare_->handle);
    uv_unref(prepare_->base());
    uv_prepare_start(&prepare_->handle, on_prepare);
    uv_check_init(loop_, &check_->handle);
    uv_unref(check_->base());
    uv_check_start(&check_->handle, on_check);
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
    check_->detach();
    idle_->detach();
    timer_->detach();
    async_->detach();
  }

  // Not uv_now(): that is the time of the last wait, and an application may have worked for long since.
  TimePoint read_clock() const override { return phase_.now = clock(); }
  int64_t read_wall_clock() const override {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return phase_.wall_clock_ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
  }
  Duration turn_time() const override { return phase_.now == TimePoint() ? Duration::zero() : clock() - phase_.now; }

  Timer after(Duration delay, Function<void()> fn) override {
    auto node = std::make_unique<TimerNode>();
    node->reactor = this;
    node->due = now() + std::clamp(delay, Duration::zero(), kLongestDelay);
    node->sequence = ++sequence_;
    node->run = std::move(fn);
    node->index = heap_.size();
    heap_.push_back(node.get());
    sift_up(node->index);
    if (node->index == 0) arm();
    return Timer(std::move(node));
  }

  void defer(Function<void()> fn) override {
    if (deferred_.empty()) stay_awake();
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
    return uv_connect(loop_, *this, address, sockets_, handler);
  }
  std::unique_ptr<Listener> listen(const Address& address, AcceptCallback on_accept, Error& error) override {
    return uv_listen_on(loop_, *this, address, std::move(on_accept), error);
  }
  std::unique_ptr<Lookup> resolve(const std::string& host, ResolveCallback done) override {
    return uv_resolve(loop_, *this, host, std::move(done));
  }
  std::unique_ptr<HttpExchange> http_post(HttpPost post, HttpDone done) override {
    if (!http_missing().empty()) return Reactor::http_post(std::move(post), std::move(done));
    if (http_ == nullptr) http_ = make_uv_http(loop_, *this);
    return uv_http_post(http_, std::move(post), std::move(done));
  }
  std::unique_ptr<Work> work(Function<void()> fn, Function<void()> done) override {
    return uv_work(loop_, std::move(fn), std::move(done));
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
    // A cancelled timer leaves the wake-up as it is. One early wake-up costs less than starting the
    // uv_timer_t anew for every request that was answered.
    if (heap_.empty()) disarm();
  }

 private:
  // Sums of times must not overflow. No wait is that long.
  static constexpr Duration kLongestDelay = std::chrono::hours(24 * 365);
  static constexpr uint64_t kNotArmed = UINT64_MAX;

  using Prepare = HandleBlock<uv_prepare_t, UvReactor>;
  using Check = HandleBlock<uv_check_t, UvReactor>;
  using Idle = HandleBlock<uv_idle_t, UvReactor>;
  using LoopTimer = HandleBlock<uv_timer_t, UvReactor>;
  using Async = HandleBlock<uv_async_t, UvReactor>;

  static bool before(const TimerNode* a, const TimerNode* b) {
    return a->due != b->due ? a->due < b->due : a->sequence < b->sequence;
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
  void stay_awake() {
    uv_idle_start(&idle_->handle, [](uv_idle_t*) {});
  }
  void arm() {
    if (firing_ || timers_due_) return;  // armed when they have run
    constexpr int64_t kNanosecondsPerMs = 1'000'000;
    const auto due_ms = static_cast<uint64_t>((heap_.front()->due.time_since_epoch().count() + kNanosecondsPerMs - 1) /
                                              kNanosecondsPerMs);  // rounded up keeps "not before"
    if (due_ms >= armed_for_) return;
    armed_for_ = due_ms;
    // uv_now() and uv_hrtime() count on the same clock; the former may lag behind.
    const uint64_t now_ms = uv_now(loop_);
    uv_timer_start(&timer_->handle, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
  }
  void disarm() {
    armed_for_ = kNotArmed;
    uv_timer_stop(&timer_->handle);
  }
  static TimePoint clock() { return TimePoint(Duration(static_cast<int64_t>(uv_hrtime()))); }
  void new_phase() { phase_ = {}; }

  static void on_timer(uv_timer_t* handle) noexcept {
    UvReactor* self = static_cast<LoopTimer*>(handle->data)->owner;
    if (self == nullptr) return;
    self->armed_for_ = kNotArmed;
    self->timers_due_ = true;
    self->stay_awake();
  }

  // False if the reactor was destroyed meanwhile.
  bool run_timers(const Check* block) {
    timers_due_ = false;
    firing_ = true;
    const TimePoint time = now();
    const uint64_t newest = sequence_;  // what a callback starts waits for the next turn
    while (!heap_.empty() && heap_.front()->due <= time && heap_.front()->sequence <= newest) {
      TimerNode& node = *heap_.front();
      remove(node);
      Function<void()> run = std::move(node.run);
      run();
      if (block->owner == nullptr) return false;
    }
    firing_ = false;
    if (!heap_.empty()) arm();
    return true;
  }

  template <class Block>
  void run_deferred(const Block* block) {
    if (!deferred_.empty()) {
      new_phase();
      now();  // turn_time() counts from here
      std::vector<Function<void()>> batch = std::move(deferred_);
      deferred_ = std::move(spare_);
      deferred_.clear();
      for (Function<void()>& run : batch) {
        Function<void()> once = std::move(run);
        once();
        if (block->owner == nullptr) return;
      }
      batch.clear();
      spare_ = std::move(batch);
    }
    new_phase();
    if (deferred_.empty() && !timers_due_) {
      uv_idle_stop(&idle_->handle);
    } else {
      stay_awake();
    }
  }

  static void on_prepare(uv_prepare_t* handle) noexcept {
    auto* block = static_cast<Prepare*>(handle->data);
    if (block->owner != nullptr) block->owner->run_deferred(block);
  }

  static void on_check(uv_check_t* handle) noexcept {
    auto* block = static_cast<Check*>(handle->data);
    UvReactor* self = block->owner;
    if (self == nullptr) return;
    if (self->timers_due_ && !self->run_timers(block)) return;
    self->run_deferred(block);
  }

  static void on_async(uv_async_t* handle) noexcept {
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
  SocketOptions sockets_;
  std::shared_ptr<UvReactor*> self_;
  Prepare* prepare_;
  Check* check_;
  Idle* idle_;
  LoopTimer* timer_;
  Async* async_;
  std::shared_ptr<UvHttp> http_;  // made by the first request
  std::vector<TimerNode*> heap_;
  std::vector<Function<void()>> deferred_;
  std::vector<Function<void()>> spare_;  // capacity to reuse
  std::mutex mutex_;
  std::vector<Function<void()>> posted_;
  uint64_t sequence_ = 0;
  uint64_t random_state_ = 0;
  size_t holds_ = 0;
  uint64_t armed_for_ = kNotArmed;  // in the milliseconds of uv_now()
  bool timers_due_ = false;
  bool firing_ = false;
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
