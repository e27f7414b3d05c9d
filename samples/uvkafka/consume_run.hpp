// One consumption of `uvkafka consume`: messages are printed, then answered, until the run is over.
// Not here: which partitions are read (consume.cpp, membership.hpp).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "app.hpp"
#include "consume.hpp"

namespace cli {

/// Owns the reader, which is a kafka::Consumer or a kafka::Fetcher.
template <class Reader>
class Run {
 public:
  Run(App& app, const ConsumeSettings& settings, Printer& printer, Progress progress, std::unique_ptr<Reader> reader)
      : app_(app), settings_(settings), printer_(printer), progress_(std::move(progress)), reader_(std::move(reader)) {}

  Reader& reader() { return *reader_; }
  Progress& progress() { return progress_; }
  Commits& commits() { return commits_; }
  bool finishing() const { return finishing_; }
  /// `handler` gets the error that ended the consumption. If it returns true, the run is not over: something else
  /// goes on in its place.
  void on_refusal(std::function<bool(const kafka::Error&)> handler) { on_refusal_ = std::move(handler); }

  /// The run is not over before `condition` holds: there may be more partitions than are known.
  void may_end_if(std::function<bool()> condition) { may_end_ = std::move(condition); }

  /// What `judge` says no to is not told, and does not count.
  void filter_events(std::function<bool(const kafka::Event&)> judge) { judge_ = std::move(judge); }

  void start() {
    reader_->on_partition_end([this](const kafka::TopicPartition& where, int64_t offset) {
      app_.console().note(where.topic + "/" + std::to_string(where.partition) + ": end of the partition at offset " +
                          std::to_string(offset));
      progress_.at_end(where, offset);
      finish_if_over();
    });
    reader_->on_event([this](const kafka::Event& event) { take(event); });
    auto on_message = [this](kafka::MessageEnvelope message) { take(std::move(message)); };
    auto on_end = [this](kafka::Error error) {
      if (error && !finishing_ && on_refusal_ && on_refusal_(error)) return;
      if (error && !finishing_) app_.fail(error);
      finish();
    };
    if constexpr (std::is_same_v<Reader, kafka::Consumer>) {
      reader_->consume(on_message, on_end);
    } else {
      reader_->fetch(on_message, on_end);
    }
  }
  void stop() {
    if (finishing_) return app_.finish();  // the reader is closing already: the session ends it sooner
    finish();
  }
  void give_up(const kafka::Error& error) {
    if (!app_.interrupted() && !finishing_) app_.fail(error);
    finish();
  }
  void finish_if_over() {
    if (progress_.done() && (!may_end_ || may_end_())) finish();
  }

 private:
  void take(const kafka::Event& event) {
    const kafka::TopicPartition where{event.topic, event.partition};
    // Where a group has nothing stored, the policy is what was asked for.
    if (event.type == kafka::Event::Type::offset_reset && event.error == kafka::Errc::no_offset) return;
    if (judge_ && !judge_(event)) return;
    app_.tell(event);
    if (event.type == kafka::Event::Type::partition_resumed) progress_.resumed(where);
    if (event.type != kafka::Event::Type::partition_stopped) return;
    progress_.over(where);
    finish_if_over();
  }
  void take(kafka::MessageEnvelope message) {
    if (finishing_) return;  // dropped: it comes again in the next run
    if (settings_.places.end_time && progress_.beyond(message, *settings_.places.end_time)) return pass(message);
    printer_.print(message);
    // A commit tells the group that the message is done, so it must have been written out before.
    if (settings_.group && !app_.flush()) return;
    const kafka::Error refused = settings_.group ? commits_.give(message) : message.ack();
    if (!refused) ++answered_;
    if (settings_.count && answered_ >= *settings_.count) finish();
  }
  // Neither printed nor committed. Its partition is not read any more.
  void pass(kafka::MessageEnvelope& message) {
    reader_->pause({{message.topic(), {message.partition()}}});
    progress_.over({message.topic(), message.partition()});
    message.ack();
    finish_if_over();
  }
  void finish() {
    if (std::exchange(finishing_, true)) return;
    // After a signal the session's close has the deadline.
    if (app_.in_a_hurry()) return app_.finish([this] { say_unconfirmed(); });
    reader_->close([this] {
      say_unconfirmed();
      app_.finish();
    });
  }
  void say_unconfirmed() {
    if (commits_.moved > 0) {
      app_.console().note(std::to_string(commits_.moved) +
                          " messages printed, not committed: the group reads them again, as their partitions moved");
    }
    if (commits_.unconfirmed == 0) return;
    app_.fail(commits_.first_refusal, std::to_string(commits_.unconfirmed) + " of " + std::to_string(printer_.count()) +
                                          " messages printed, not committed: ");
  }

  App& app_;
  const ConsumeSettings& settings_;
  Printer& printer_;
  Progress progress_;
  std::unique_ptr<Reader> reader_;
  Commits commits_;
  int64_t answered_ = 0;
  std::function<bool(const kafka::Error&)> on_refusal_;
  std::function<bool()> may_end_;
  std::function<bool(const kafka::Event&)> judge_;
  bool finishing_ = false;
};

}  // namespace cli
