// C++20 coroutines: `co_await` in place of callbacks. Everything here works in coroutines of any kind that does not
// refuse foreign awaitables, and resumes them on the loop's thread, from the place where the callback would have run.
//
//   kafka::co::Task copy(kafka::Consumer& from, kafka::Producer& to) {
//     kafka::co::Messages in(from);
//     while (auto envelope = co_await in.next()) {
//       const auto report = co_await kafka::co::send(to, {.topic = "copies", .value = envelope->value()});
//       if (report.error) co_return;  // the envelope was not answered: it is the first one of the next consumption
//       co_await kafka::co::commit(*envelope);
//     }
//   }
//
// - An operation begins with the call, not with `co_await`. So many may be under way: call them first, and await them
//   one after another later. One that was refused has its result at once.
// - If the object is destroyed without close(), the coroutine is resumed once with `cancelled`, before the destructor
//   returns, when nothing of the object can be half done any more.
// - If the coroutine's frame is destroyed while it waits, or an operation is not awaited, it is never resumed. What was
//   accepted goes on: a record is still sent, a commit is still stored.
// - Await each operation once. It may be moved until then.
#pragma once

#include <kafka/consumer.hpp>
#include <kafka/producer.hpp>
#include <kafka/session.hpp>
#include <kafka/teardown.hpp>

#include <chrono>
#include <coroutine>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace kafka::co {

/// The result of an operation that failed as a whole.
template <class Result>
Result failure(Error error, Persistence persistence) {
  if constexpr (std::is_same_v<Result, DeliveryReport>) {
    return {.error = std::move(error), .persistence = persistence};
  } else if constexpr (std::is_same_v<Result, ProduceResult>) {
    ProduceResult result;
    result.errors.push_back(std::move(error));
    return result;
  } else {
    return error;
  }
}
/// The result of an operation whose object was destroyed before it had one.
template <class Result>
Result cancelled() {
  return failure<Result>(Error(Errc::cancelled, "the object was destroyed without close()"), Persistence::maybe);
}

/// One operation of the library: an awaitable that gives its result.
template <class Result>
class [[nodiscard]] Operation final : private AfterTeardown {
 public:
  /// The callback that the operation's object gets. It and the operation know each other; either may be gone first.
  class Callback {
   public:
    explicit Callback(Operation& operation) noexcept : operation_(&operation) { operation.callback_ = this; }
    Callback(Callback&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {
      if (operation_ != nullptr) operation_->callback_ = this;
    }
    Callback& operator=(Callback&&) = delete;
    ~Callback() {
      if (Operation* const operation = release()) operation->abandoned();
    }
    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
      if (Operation* const operation = release()) operation->finish(Result(std::forward<Arguments>(arguments)...));
    }

   private:
    friend class Operation;
    Operation* release() noexcept {
      if (operation_ != nullptr) operation_->callback_ = nullptr;
      return std::exchange(operation_, nullptr);
    }
    Operation* operation_;
  };

  /// Calls `start` with the Callback. If it gives an error, the operation was refused and has this result.
  template <class Start>
  explicit Operation(Start&& start) {
    if (Error refused = start(Callback(*this))) result_ = failure<Result>(std::move(refused), Persistence::no);
  }
  Operation(Operation&& other) noexcept
      : result_(std::move(other.result_)), callback_(std::exchange(other.callback_, nullptr)) {
    if (callback_ != nullptr) callback_->operation_ = this;
  }
  Operation& operator=(Operation&&) = delete;
  ~Operation() {
    if (callback_ != nullptr) callback_->operation_ = nullptr;
  }

  bool await_ready() const noexcept { return result_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  Result await_resume() { return *std::move(result_); }

 private:
  void finish(Result result) {
    result_ = std::move(result);
    resume();
  }
  void abandoned() {
    result_ = cancelled<Result>();
    if (waiter_) schedule();
  }
  void after_teardown() override { resume(); }
  // The coroutine may destroy this object.
  void resume() {
    if (const auto waiter = std::exchange(waiter_, nullptr)) waiter.resume();
  }

  std::optional<Result> result_;
  Callback* callback_ = nullptr;
  std::coroutine_handle<> waiter_;
};

/// As Producer::send(). If the record is refused, the report has the error, and persistence `no`. If the producer is
/// destroyed before the outcome is known, it has `cancelled`, and persistence `maybe`.
inline Operation<DeliveryReport> send(Producer& producer, const Record& record) {
  return Operation<DeliveryReport>([&](auto done) { return producer.send(record, std::move(done)); });
}
inline Operation<DeliveryReport> send(Producer& producer, const Topic& topic, const Record& record) {
  return Operation<DeliveryReport>([&](auto done) { return producer.send(topic, record, std::move(done)); });
}
/// As Producer::produce().
inline Operation<ProduceResult> produce(Producer& producer, std::vector<ProduceEnvelope> envelopes) {
  return Operation<ProduceResult>([&](auto done) {
    producer.produce(std::move(envelopes), std::move(done));
    return Error();
  });
}
/// As Producer::when_room(): no error when there is room for a record with `bytes` bytes of key and value.
inline Operation<Error> room(Producer& producer, size_t bytes) {
  return Operation<Error>([&](auto done) { return producer.when_room(bytes, std::move(done)); });
}
/// As Producer::flush(). No error, or `cancelled`.
inline Operation<Error> flush(Producer& producer) {
  return Operation<Error>([&](auto done) {
    producer.flush(std::move(done));
    return Error();
  });
}

/// As commit() of the envelope: its errors, those that it returns included.
inline Operation<Error> commit(MessageEnvelope& envelope, std::string_view metadata = {}) {
  return Operation<Error>([&](auto done) { return envelope.commit(metadata, std::move(done)); });
}
inline Operation<Error> commit(BatchEnvelope& envelope, std::string_view metadata = {}) {
  return Operation<Error>([&](auto done) { return envelope.commit(metadata, std::move(done)); });
}

/// As stop() of the consumer or fetcher. No error, or `cancelled`.
inline Operation<Error> stop(PartitionReader& reader) {
  return Operation<Error>([&](auto done) {
    reader.stop(std::move(done));
    return Error();
  });
}

/// As close() of a Session, Producer, Consumer or Fetcher, with what close() takes before its callback: a deadline, or
/// a consumer's Leaving. No error, or `cancelled` if the object is destroyed meanwhile.
template <class Object, class... Arguments>
Operation<Error> close(Object& object, Arguments... arguments) {
  return Operation<Error>([&](auto done) {
    object.close(arguments..., std::move(done));
    return Error();
  });
}

/// What a consumption hands out, one envelope for each `co_await next()`: Messages and Batches.
///
/// Several coroutines may wait in next(); they get envelopes in the order of their calls. How many envelopes are handed
/// out before one is answered is a matter of the consumer's `ordering`, and those that nobody waits for are kept here.
template <class Envelope>
class Incoming {
 private:
  struct State;

 public:
  /// An awaitable: the next envelope, or none when the consumption has ended.
  class [[nodiscard]] Next final : private AfterTeardown {
   public:
    Next(Next&& other) noexcept : state_(std::move(other.state_)) {}
    Next& operator=(Next&&) = delete;
    ~Next() {
      if (waiter_) std::erase(state_->waiting, this);
    }

    bool await_ready() {
      if (!state_->kept.empty()) {
        envelope_.emplace(std::move(state_->kept.front()));
        state_->kept.pop_front();
      }
      return envelope_ || state_->ended;
    }
    void await_suspend(std::coroutine_handle<> waiter) {
      waiter_ = waiter;
      state_->waiting.push_back(this);
    }
    std::optional<Envelope> await_resume() { return std::move(envelope_); }

   private:
    friend class Incoming;
    explicit Next(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    void give(Envelope envelope) {
      envelope_.emplace(std::move(envelope));
      after_teardown();
    }
    // The coroutine may destroy this object.
    void after_teardown() override { std::exchange(waiter_, nullptr).resume(); }

    std::shared_ptr<State> state_;
    std::optional<Envelope> envelope_;
    std::coroutine_handle<> waiter_;
  };

  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  /// Ends the consumption as stop() does. What nobody took comes again in the next consumption. Coroutines that wait in
  /// next() get no envelope.
  ~Incoming() {
    if (state_->ended) return;
    state_->reader->stop();
    state_->end(Error(Errc::cancelled, "nobody takes messages any more"));
    for (Envelope& envelope : std::exchange(state_->kept, {})) envelope.cancel();
  }

  Next next() { return Next(state_); }
  /// Why the consumption ended, as EndCallback tells it; `cancelled` if the consumer was destroyed. None before that.
  const Error& error() const { return state_->error; }
  /// True when the consumption has ended. Envelopes may be left for next().
  bool ended() const { return state_->ended; }

 protected:
  /// `start` begins the consumption with two callbacks.
  template <class Start>
  Incoming(PartitionReader& reader, Start&& start) : state_(std::make_shared<State>()) {
    state_->reader = &reader;
    start([state = state_](Envelope envelope) { state->take(std::move(envelope)); }, End(state_));
  }

 private:
  struct State {
    void take(Envelope envelope) {
      if (ended) {  // the Incoming is gone
        envelope.cancel();
      } else if (waiting.empty()) {
        kept.push_back(std::move(envelope));
      } else {
        Next* const next = waiting.front();
        waiting.pop_front();
        next->give(std::move(envelope));
      }
    }
    void end(Error why) {
      if (std::exchange(ended, true)) return;
      error = std::move(why);
      while (!waiting.empty()) {  // one that is resumed may destroy the frames of others
        Next* const next = waiting.front();
        waiting.pop_front();
        next->schedule();
      }
    }

    PartitionReader* reader = nullptr;
    std::deque<Envelope> kept;
    std::deque<Next*> waiting;
    bool ended = false;
    Error error;
  };

  /// The end of the consumption as a callback. The consumer destroys it uncalled if it is destroyed itself.
  class End {
   public:
    explicit End(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    End(End&&) noexcept = default;
    End& operator=(End&&) = delete;
    ~End() {
      if (state_ == nullptr) return;
      state_->kept.clear();  // their answers are lost
      state_->end(cancelled<Error>());
    }
    void operator()(Error why) { std::exchange(state_, nullptr)->end(std::move(why)); }

   private:
    std::shared_ptr<State> state_;
  };

  std::shared_ptr<State> state_;
};

/// The messages of a consumption, which begins here and ends with this object, or at `limit` messages. The consumer
/// must not be moved meanwhile.
class Messages : public Incoming<MessageEnvelope> {
 public:
  explicit Messages(Consumer& consumer)
      : Incoming(consumer, [&](auto each, auto end) { consumer.consume(std::move(each), std::move(end)); }) {}
  Messages(Consumer& consumer, int64_t limit)
      : Incoming(consumer, [&](auto each, auto end) { consumer.consume(limit, std::move(each), std::move(end)); }) {}
  explicit Messages(Fetcher& fetcher)
      : Incoming(fetcher, [&](auto each, auto end) { fetcher.fetch(std::move(each), std::move(end)); }) {}
  Messages(Fetcher& fetcher, int64_t limit)
      : Incoming(fetcher, [&](auto each, auto end) { fetcher.fetch(limit, std::move(each), std::move(end)); }) {}
};

/// The same with batches of 1 to `max` records of one partition.
class Batches : public Incoming<BatchEnvelope> {
 public:
  Batches(Consumer& consumer, int32_t max)
      : Incoming(consumer, [&](auto each, auto end) { consumer.batch_consume(max, std::move(each), std::move(end)); }) {
  }
  Batches(Fetcher& fetcher, int32_t max)
      : Incoming(fetcher, [&](auto each, auto end) { fetcher.batch_fetch(max, std::move(each), std::move(end)); }) {}
};

template <class T>
class TaskOf;
/// A coroutine without a result.
using Task = TaskOf<void>;

/// What a promise of TaskOf does whatever its result is.
class TaskPromise {
 public:
  std::suspend_never initial_suspend() const noexcept { return {}; }
  auto final_suspend() const noexcept {
    struct Final {
      bool await_ready() const noexcept { return detached; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<>) const noexcept {
        return continuation ? continuation : std::noop_coroutine();
      }
      void await_resume() const noexcept {}
      std::coroutine_handle<> continuation;
      bool detached;
    };
    return Final{continuation, detached};
  }

  std::coroutine_handle<> continuation;
  bool detached = false;
};

/// A small coroutine type. The coroutine runs at once, until it first waits. The task owns it: to destroy the task is
/// to destroy the coroutine where it waits. Another coroutine may `co_await` the task and gets what it returned. An
/// exception that leaves the coroutine is thrown there; if nobody awaits the task, it ends the program when the task is
/// destroyed or detached.
template <class T>
class [[nodiscard]] TaskOf {
 public:
  struct promise_type;

  TaskOf(TaskOf&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  TaskOf& operator=(TaskOf&& other) noexcept {
    if (this != &other) {
      destroy();
      coroutine_ = std::exchange(other.coroutine_, nullptr);
    }
    return *this;
  }
  ~TaskOf() { destroy(); }

  /// True when the coroutine has ended. A task that was moved from or detached has ended.
  bool done() const noexcept { return coroutine_ == nullptr || coroutine_.done(); }
  /// The coroutine belongs to nobody any more, and ends by itself.
  void detach() && {
    if (coroutine_ == nullptr) return;
    if (coroutine_.done()) return destroy();
    std::exchange(coroutine_, nullptr).promise().detached = true;
  }

  bool await_ready() const noexcept { return coroutine_.done(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { coroutine_.promise().continuation = waiter; }
  T await_resume() { return coroutine_.promise().take(); }

 private:
  explicit TaskOf(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  void destroy() noexcept {
    const auto coroutine = std::exchange(coroutine_, nullptr);
    if (coroutine == nullptr) return;
    if (coroutine.promise().failed()) std::terminate();
    coroutine.destroy();
  }

  std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
struct TaskOf<T>::promise_type : TaskPromise {
  TaskOf get_return_object() { return TaskOf(std::coroutine_handle<promise_type>::from_promise(*this)); }
  template <class Value>
  void return_value(Value&& value) {
    result.template emplace<1>(std::forward<Value>(value));
  }
  void unhandled_exception() {
    if (detached) std::terminate();
    result.template emplace<2>(std::current_exception());
  }
  bool failed() const { return result.index() == 2; }
  T take() {
    auto taken = std::exchange(result, {});
    if (taken.index() == 2) std::rethrow_exception(std::get<2>(taken));
    return std::get<1>(std::move(taken));
  }
  std::variant<std::monostate, T, std::exception_ptr> result;
};

template <>
struct TaskOf<void>::promise_type : TaskPromise {
  TaskOf get_return_object() { return TaskOf(std::coroutine_handle<promise_type>::from_promise(*this)); }
  void return_void() const noexcept {}
  void unhandled_exception() {
    if (detached) std::terminate();
    exception = std::current_exception();
  }
  bool failed() const { return exception != nullptr; }
  void take() {
    if (auto thrown = std::exchange(exception, nullptr)) std::rethrow_exception(thrown);
  }
  std::exception_ptr exception;
};

}  // namespace kafka::co
