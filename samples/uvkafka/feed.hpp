// Sends records as fast as a producer takes them, without ever waiting in a loop of its own.
// Not here: which records (perf.cpp, test/bench).
#pragma once

#include <uv.h>
#include <kafka/producer.hpp>

namespace measure {

/// Owns the idle handle that sends some records in each turn of the loop, and rests while the buffer is full. `Source`
/// has
///   bool next(kafka::Record& record);   // the record to send; false: there is none any more, and the feed ends
///   uint64_t sent();                    // it is handed over: its token
///   void refused(const kafka::Error&);  // it was not accepted
/// The loop has to turn once more after stop() before the feed is destroyed.
template <class Source>
class Feed {
 public:
  explicit Feed(Source& source) : source_(source) {}

  void start(uv_loop_t* loop, kafka::Producer& producer, kafka::Topic& topic) {
    producer_ = &producer;
    topic_ = &topic;
    uv_idle_init(loop, &idle_);
    idle_.data = this;
    resume();
  }
  void stop() {
    if (producer_ == nullptr || uv_is_closing(handle()) != 0) return;
    uv_close(handle(), nullptr);
  }

 private:
  static constexpr int kSendsPerTurn = 1000;

  uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&idle_); }
  void resume() {
    if (uv_is_closing(handle()) != 0) return;
    uv_idle_start(&idle_, [](uv_idle_t* idle) { static_cast<Feed*>(idle->data)->send_some(); });
  }
  void send_some() {
    for (int i = 0; i < kSendsPerTurn; ++i) {
      kafka::Record record;
      if (!source_.next(record)) return stop();
      if (producer_->would_block(*topic_, record)) {
        uv_idle_stop(&idle_);
        return producer_->on_drain([this] { resume(); });
      }
      if (const kafka::Error refused = producer_->send(*topic_, record, source_.sent())) source_.refused(refused);
    }
  }

  Source& source_;
  kafka::Producer* producer_ = nullptr;
  kafka::Topic* topic_ = nullptr;
  uv_idle_t idle_{};
};

}  // namespace measure
