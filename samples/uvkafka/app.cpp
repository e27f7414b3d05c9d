#include "app.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cli {
namespace {

// For the signal handler. uv_signal would not do: the second signal must end the process even while the loop is stuck
// in a write to a pipe that nobody reads.
std::atomic<uv_async_t*> signal_target{nullptr};
std::atomic<int> signals_seen{0};
constexpr uint64_t kEndSoonMs = 100;  // for what has to end by itself once the session is closed

void on_signal_number(int) {
  if (signals_seen++ > 0) _exit(kFailed);
  const int before = errno;
  if (uv_async_t* target = signal_target) uv_async_send(target);
  errno = before;
}

template <class Handle>
uv_handle_t* as_handle(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

}  // namespace

App::App(const ClientOptions& options) : console_(options.quiet), max_wait_(options.max_wait) {
  uv_loop_init(&loop_);
  watch_ = std::make_unique<Watch>(&loop_, console_);
  start_signals();
  start_timers(options);
  start_session(options);
}

void App::start_signals() {
  uv_async_init(&loop_, &signal_, [](uv_async_t* handle) { static_cast<App*>(handle->data)->signalled(); });
  signal_.data = this;
  uv_unref(as_handle(signal_));
  signal_target = &signal_;
  struct sigaction action = {};
  action.sa_handler = on_signal_number;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void App::start_timers(const ClientOptions& options) {
  // Output is written at the end of each turn of the loop: in large pieces, and never late.
  uv_prepare_init(&loop_, &flusher_);
  flusher_.data = this;
  uv_prepare_start(&flusher_, [](uv_prepare_t* handle) { static_cast<App*>(handle->data)->flush(); });
  uv_timer_init(&loop_, &ticker_);
  ticker_.data = this;
  if (console_.shows_progress()) {
    uv_timer_start(
        &ticker_, [](uv_timer_t* timer) { static_cast<App*>(timer->data)->tick(); }, 1000, 1000);
  }
  uv_timer_init(&loop_, &patience_);
  patience_.data = this;
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(options.max_wait);
  uv_timer_start(
      &patience_, [](uv_timer_t* timer) { static_cast<App*>(timer->data)->give_up(); },
      static_cast<uint64_t>(wait.count()), 0);
  for (uv_handle_t* handle : {as_handle(flusher_), as_handle(ticker_), as_handle(patience_)}) uv_unref(handle);
}

void App::start_session(const ClientOptions& options) {
  session_ = std::make_unique<kafka::Session>(&loop_, options.session);
  // The library's log tells every attempt that fails. Most succeed the next time, so only what lasts is said.
  session_->on_log(kafka::LogLevel::trace, [this](kafka::LogLevel level, std::string_view line) {
    if (level != kafka::LogLevel::info) watch_->failed(line);  // events are lines of `info`, too
  });
  session_->on_event([this](const kafka::Event& event) { take(event); });
  if (!options.names.empty()) options.names.serve(&loop_, *session_);
  watch_->start(*session_);
}

App::~App() {
  session_.reset();
  watch_.reset();
  signal_target = nullptr;
  for (uv_handle_t* handle : {as_handle(signal_), as_handle(patience_), as_handle(ticker_), as_handle(flusher_)}) {
    if (!uv_is_closing(handle)) uv_close(handle, nullptr);
  }
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

// The session is closed. If nothing but a call on libuv's pool keeps the loop running, such as one of Kerberos, nobody
// waits for it: neither the loop nor libuv, which ends its threads with the process.
void App::end_soon() {
  uv_timer_stop(&patience_);
  uv_timer_start(
      &patience_,
      [](uv_timer_t* timer) {
        bool busy = false;
        uv_walk(
            timer->loop,
            [](uv_handle_t* handle, void* found) {
              const bool keeps = uv_is_closing(handle) || (uv_is_active(handle) && uv_has_ref(handle));
              *static_cast<bool*>(found) |= keeps;
            },
            &busy);
        if (!busy) static_cast<App*>(timer->data)->leave();
      },
      kEndSoonMs, kEndSoonMs);
}

void App::leave() {
  print_rest();
  std::fflush(nullptr);
  std::_Exit(status_);
}

void App::take(const kafka::Event& event) {
  switch (event.type) {
    case kafka::Event::Type::connect_failed:
      if (!std::exchange(said_connect_failed_, true)) {
        console_.say(event.message());
        return watch_->said(event.message());
      }
      return watch_->failed(event.message());
    case kafka::Event::Type::broker_connected:
      return watch_->connected();
    case kafka::Event::Type::broker_disconnected:
      return watch_->failed(event.message());
    case kafka::Event::Type::leader_changed:
      if (on_leader_) on_leader_({event.topic, event.partition}, event.broker_id);
      return;
    default:
      tell(event);
  }
}

void App::tell(const kafka::Event& event) {
  switch (event.type) {
    case kafka::Event::Type::broker_connected:
    case kafka::Event::Type::broker_disconnected:
    case kafka::Event::Type::connect_failed:
    case kafka::Event::Type::leader_changed:
    case kafka::Event::Type::partition_resumed:
    case kafka::Event::Type::rebootstrap:
      return;
    case kafka::Event::Type::partition_stopped:
      return fail(event.message() + " (" + event.error.name() + ")");
    default:
      // A partition that is reset again and again is one line.
      if (!watch_->is_news(event)) return;
      return console_.say(event.message() + (event.error ? " (" + event.error.name() + ")" : ""));
  }
}

void App::signalled() {
  interrupted_ = true;
  if (!on_stop_) fail("interrupted");
  stop();
}

void App::stop() {
  if (finishing_) return session_->close(kFlushAfterSignal);  // closing already: this deadline may be sooner
  if (on_stop_) return on_stop_();
  finish();
}

void App::tick() {
  // In the middle of a line on the same terminal there is no place for it.
  if (!progress_ || (isatty(STDOUT_FILENO) != 0 && !output_.at_line_start())) return;
  console_.show(progress_());
}

bool App::flush() {
  if (output_failed_) return false;
  if (output_.empty()) return true;
  console_.clear();
  const int error = output_.flush();
  if (error == 0) return true;
  output_failed_ = true;
  fail(std::string("stdout: ") + std::strerror(error));
  stop();
  return false;
}

void App::give_up() {
  if (heard_ || finishing_ || interrupted_) return;
  gave_up_ = true;
  std::string why = watch_->last_failure();
  if (why.empty()) {
    for (const kafka::BrokerStats& broker : session_->stats().brokers) {
      if (!broker.waits_for.empty()) why = "it waits for " + broker.waits_for;
    }
  }
  fail("no answer from " + session_->options().bootstrap_servers + " in " + std::to_string(max_wait_.count()) + " s" +
       (why.empty() ? "" : ": " + why));
  stop();
}

void App::fail(const std::string& what) {
  console_.say(what);
  status_ = kFailed;
}

void App::finish(std::function<void()> closed) {
  if (finishing_) return;
  finishing_ = true;
  watch_->stop();
  auto done = [this, closed = std::move(closed)] {
    if (closed) closed();
    end_soon();
  };
  if (gave_up_) {
    session_->close(std::chrono::milliseconds(0), std::move(done));
  } else if (in_a_hurry()) {
    session_->close(kFlushAfterSignal, std::move(done));
  } else {
    session_->close(std::move(done));
  }
}

void App::fail(const kafka::Error& error, const std::string& before) {
  fail(before + error.message() + " (" + error.name() + ")");
}

int App::run() {
  if (const kafka::Error error = session_->error()) return usage_error(error.message());
  uv_run(&loop_, UV_RUN_DEFAULT);
  print_rest();
  return status_;
}

void App::print_rest() {
  flush();
  if (progress_) console_.end(progress_());
}

}  // namespace cli
