#include "watch.hpp"

#include <algorithm>
#include <utility>

namespace cli {

Watch::Watch(uv_loop_t* loop, Console& console) : loop_(loop), timer_(new uv_timer_t), console_(console) {
  uv_timer_init(loop, timer_);
  timer_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(timer_));
}

Watch::~Watch() {
  uv_close(reinterpret_cast<uv_handle_t*>(timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void Watch::start(kafka::Session& session) {
  session_ = &session;
  started_ = uv_now(loop_);
  uv_timer_start(
      timer_, [](uv_timer_t* timer) { static_cast<Watch*>(timer->data)->look(); }, kLookMs, kLookMs);
}

void Watch::stop() { uv_timer_stop(timer_); }

void Watch::failed(std::string_view line) {
  last_failure_ = line;
  const std::string_view subject = line.substr(0, line.find(": "));
  const uint64_t now = last_failure_ms_ = uv_now(loop_);
  auto found = failures_.find(subject);
  if (found == failures_.end()) {
    if (failures_.size() >= kMostSubjects) return;
    found = failures_.emplace(std::string(subject), Failure{std::string(line), now, now}).first;
  }
  Failure& failure = found->second;
  if (now - failure.last > kOverMs) failure = {std::string(line), now, now};
  failure.last = now;
  failure.line = line;
}

void Watch::said(const std::string& line) {
  failed(line);
  silent_ = false;
  const auto found = failures_.find(line.substr(0, line.find(": ")));
  if (found != failures_.end()) found->second.said = true;
}

bool Watch::is_news(const kafka::Event& event) {
  const uint64_t now = uv_now(loop_);
  if (told_.size() >= kMostSubjects) told_.clear();
  const std::string what =
      event.topic + "/" + std::to_string(event.partition) + " " + std::string(kafka::to_string(event.type));
  const auto [entry, fresh] = told_.try_emplace(what, now);
  return fresh || now - std::exchange(entry->second, now) > kOverMs;
}

void Watch::look() {
  look_at_failures();
  look_at_answers();
  look_at_handshake();
}

void Watch::look_at_failures() {
  const uint64_t now = uv_now(loop_);
  std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.last > kOverMs; });
  for (auto& [subject, failure] : failures_) {
    if (failure.said || now - failure.first < kLongMs) continue;
    failure.said = true;
    silent_ = false;
    console_.say(failure.line + " (for " + std::to_string((now - failure.first) / 1000) + " s; still trying)");
  }
}

// The broker takes the connection and says nothing: no attempt has failed yet.
void Watch::look_at_handshake() {
  if (connected_ || !silent_ || uv_now(loop_) - started_ < kLongMs) return;
  silent_ = false;
  console_.say("still waiting for an answer from " + session_->options().bootstrap_servers +
               " (no handshake yet): is it a Kafka broker?");
}

// A response may be late on purpose: a fetch waits for fetch.max.wait.ms. Then others of that broker have come.
void Watch::look_at_answers() {
  const uint64_t now = uv_now(loop_);
  for (const kafka::BrokerStats& broker : session_->stats().brokers) {
    Answers& answers = answers_[broker.address];
    if (broker.in_flight == 0 || broker.responses != answers.responses) {
      answers = {broker.responses, broker.in_flight == 0 ? 0 : now, false};
    } else if (answers.since == 0) {
      answers.since = now;
    } else if (!answers.said && now - answers.since >= patience_ms_) {
      answers.said = true;
      silent_ = false;
      last_failure_ms_ = now;
      last_failure_ =
          broker.address + " (connected) has not answered for " + std::to_string((now - answers.since) / 1000) + " s";
      console_.say("still waiting for an answer from " + broker.address +
                   " (connected, requests under way: " + std::to_string(broker.in_flight) + ")");
    }
  }
}

}  // namespace cli
