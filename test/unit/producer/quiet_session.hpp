// A session for unit tests of the producer's parts: time moves when the test says so, and no peer ever answers.
// Not here: a simulated network (test/sim).
#pragma once

#include <kafka/producer.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "net/reactor.hpp"
#include "session/core.hpp"

namespace kafka::producer {

class QuietReactor final : public net::Reactor {
 public:
  void advance(net::Duration time) {
    now_ += time;
    std::vector<std::shared_ptr<Entry>> due;
    for (const auto& entry : timers_) {
      if (entry->at <= now_ && entry->fn) due.push_back(entry);
    }
    std::erase_if(timers_, [this](const auto& entry) { return entry->at <= now_; });
    for (const auto& entry : due) {
      if (!entry->fn) continue;
      Function<void()> fn = std::move(entry->fn);
      entry->fn = nullptr;
      fn();
    }
    end_turn();
  }
  /// Runs what is deferred, and what that defers.
  void end_turn() {
    while (!deferred_.empty()) {
      Function<void()> fn = std::move(deferred_.front());
      deferred_.pop_front();
      fn();
    }
  }

  net::Duration turn_time() const override { return net::Duration::zero(); }
  net::Timer after(net::Duration delay, Function<void()> fn) override {
    auto entry = std::make_shared<Entry>(Entry{now_ + delay, std::move(fn)});
    timers_.push_back(entry);
    return net::Timer(std::make_unique<TimerHandle>(std::move(entry)));
  }
  void defer(Function<void()> fn) override { deferred_.push_back(std::move(fn)); }
  void post(Function<void()> fn) override { deferred_.push_back(std::move(fn)); }
  net::Hold hold() override { return {}; }
  std::unique_ptr<net::Stream> connect(const net::Address&, net::StreamHandler&) override {
    return std::make_unique<SilentStream>();
  }
  std::unique_ptr<net::Listener> listen(const net::Address&, net::AcceptCallback, Error&) override { return nullptr; }
  std::unique_ptr<net::Lookup> resolve(const std::string&, net::ResolveCallback) override { return nullptr; }
  uint64_t random() override { return 0; }

 protected:
  net::TimePoint read_clock() const override { return now_; }
  int64_t read_wall_clock() const override { return 1700000000000; }

 private:
  struct Entry {
    net::TimePoint at;
    Function<void()> fn;
  };
  struct TimerHandle final : net::Timer::Handle {
    explicit TimerHandle(std::shared_ptr<Entry> of) : entry(std::move(of)) {}
    ~TimerHandle() override { entry->fn = nullptr; }
    std::shared_ptr<Entry> entry;
  };
  struct SilentStream final : net::Stream {
    void write(std::vector<Bytes>) override {}
    size_t unwritten() const override { return 0; }
    void set_reading(bool) override {}
    net::Address local() const override { return {}; }
    net::Address peer() const override { return {}; }
  };

  net::TimePoint now_ = net::TimePoint(std::chrono::hours(1));
  std::vector<std::shared_ptr<Entry>> timers_;
  std::deque<Function<void()>> deferred_;
};

struct QuietSession {
  QuietReactor reactor;
  std::shared_ptr<session::Core> core =
      session::Core::make(reactor, SessionOptions{.bootstrap_servers = "127.0.0.1:9092"});
};

}  // namespace kafka::producer
