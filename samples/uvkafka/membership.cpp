#include "membership.hpp"

#include <set>
#include <utility>

#include "partition_list.hpp"

namespace cli {

Membership::Membership(App& app, const ConsumeSettings& settings, Printer& printer,
                       std::function<void(const kafka::Error&)> without_groups)
    : app_(app),
      settings_(settings),
      printer_(printer),
      without_groups_(std::move(without_groups)),
      group_(app.session(), *settings.group),
      run_(std::make_unique<Run<kafka::Consumer>>(app, settings, printer, Progress({}, settings.stop_at_end),
                                                  make_consumer(app, settings))),
      topics_(app, settings.topics,
              {.seen = [&printer](const auto& topics) { printer.leaders(topics); },
               .missing =
                   [this](const std::string& topic, const kafka::Error& why) {
                     const bool absent = why == kafka::Errc::unknown_topic_or_partition;
                     const std::string line = "topic " + topic + (absent ? " does not exist" : ": " + why.message()) +
                                              (settings_.ends() ? "" : "; waiting for it");
                     settings_.ends() ? app_.fail(line) : app_.console().say(line);
                   },
               .decided =
                   [this] {
                     topics_decided_ = true;
                     look();
                   }}),
      empty_(app.loop(), [this] {
        empty_counts_ = true;
        look();
      }) {}

std::unique_ptr<kafka::Consumer> Membership::make_consumer(App& app, const ConsumeSettings& settings) {
  if (settings.pattern) {
    return std::make_unique<kafka::Consumer>(app.session(), *settings.group, kafka::TopicPattern(*settings.pattern),
                                             settings.consumer);
  }
  return std::make_unique<kafka::Consumer>(app.session(), *settings.group, kafka::Topics(settings.topics),
                                           settings.consumer);
}

kafka::Error Membership::start() {
  kafka::Consumer& consumer = run_->reader();
  if (const kafka::Error error = consumer.error()) return error;
  run_->may_end_if([this] { return may_end(); });
  // Where nothing is committed, the place that was asked for comes a moment later.
  run_->filter_events([this](const kafka::Event& event) {
    return event.error != kafka::Errc::no_offset || !searched_.contains({event.topic, event.partition});
  });
  run_->commits().of_member = true;
  consumer.on_assigned([this](const kafka::Partitions& fresh) { assigned(fresh); });
  consumer.on_revoked([this](const kafka::Revocation& gone) {
    forget(gone.partitions());
    say("gave up " + list_of(gone.partitions()));
    look();
  });
  consumer.on_lost([this](const kafka::Partitions& gone, const kafka::Error& why) {
    forget(gone);
    say("lost " + list_of(gone) + ": " + why.message() + " (" + why.name() + ")");
    look();
  });
  // Whoever asks for a static member, a pattern or the newer protocol has to hear that there is none.
  run_->on_refusal([this](const kafka::Error& error) {
    const bool plain = settings_.consumer.group_instance_id.empty() && !settings_.pattern &&
                       settings_.consumer.group_protocol == kafka::GroupProtocol::classic;
    const bool no_groups = error == kafka::Errc::unsupported_feature && !arrived_ && plain;
    if (!no_groups) return false;
    topics_.stop();
    empty_.stop();
    without_groups_(error);
    return true;
  });
  if (!settings_.pattern) topics_.start();
  topics_decided_ = settings_.pattern.has_value();
  run_->start();
  return {};
}

void Membership::say(const std::string& what) { app_.console().note("group " + group_.name() + ": " + what); }

void Membership::assigned(const kafka::Partitions& fresh) {
  app_.heard();
  arrived_ = true;
  for (const auto& [topic, numbers] : fresh) {
    for (const int32_t number : numbers) run_->progress().add({topic, number}, {});
  }
  if (!fresh.empty()) {
    say("got " + list_of(fresh));
    locate(fresh);
  } else if (run_->progress().bounds().empty()) {
    say("got no partitions");
  }
  look();
}

void Membership::forget(const kafka::Partitions& gone) {
  for (const auto& [topic, numbers] : gone) {
    for (const int32_t number : numbers) {
      run_->progress().remove({topic, number});
      searched_.erase({topic, number});
    }
  }
}

// While the group shares partitions out, nobody knows which ones will come.
bool Membership::stable() const { return arrived_ && run_->reader().group().state == kafka::GroupView::State::stable; }

bool Membership::may_end() const {
  if (!stable() || !searched_.empty()) return false;
  const bool empty = run_->progress().bounds().empty();
  return settings_.ends() ? topics_decided_ && (!empty || empty_counts_) : !empty;
}

void Membership::look() {
  if (run_->finishing()) return;
  if (!stable() || !run_->progress().bounds().empty()) {
    empty_.stop();
    empty_counts_ = false;
  } else if (!empty_counts_ && !empty_.set()) {
    empty_.set(kEmptyMs);
  }
  run_->finish_if_over();
}

void Membership::give_up(const kafka::Error& error) {
  if (error != kafka::Errc::closed) run_->give_up(error);
}

// --- where partitions begin and end -----------------------------------------

void Membership::locate(const kafka::Partitions& fresh) {
  const bool wants_places = settings_.places.fixed() || settings_.places.end_time;
  const bool wants_leaders = settings_.pattern && settings_.json;
  if (!wants_places && !wants_leaders) return;
  const uint64_t number = ++last_search_;
  searches_.emplace(number, Search{{app_.session(), settings_.places}, fresh});
  for (const auto& [topic, numbers] : fresh) {
    for (const int32_t partition : numbers) {
      run_->reader().pause({{topic, {partition}}});
      searched_[{topic, partition}] = number;
    }
  }
  wants_leaders ? find_leaders(number) : find_places(number);
}

// A pattern does not say beforehand which topics there are.
void Membership::find_leaders(uint64_t number) {
  std::set<std::string> topics;
  for (const auto& [topic, numbers] : searches_.at(number).partitions) topics.insert(topic);
  app_.session().get_metadata(std::move(topics),
                              [this, number](const kafka::Error& error, const kafka::ClusterMetadata& cluster) {
                                if (error) return give_up(error);
                                printer_.leaders(cluster.topics);
                                find_places(number);
                              });
}

void Membership::find_places(uint64_t number) {
  Search& search = searches_.at(number);
  search.finder.find(search.partitions, [this, number](const kafka::Error& error, const auto& bounds) {
    if (error) return give_up(error);
    found(number, bounds);
  });
}

void Membership::found(uint64_t number, const std::map<kafka::TopicPartition, Bounds>& bounds) {
  if (!settings_.places.fixed()) return place(number, bounds, {});
  // An offset or a time counts only where nothing is committed.
  group_.fetch_offsets(searches_.at(number).partitions,
                       [this, number, bounds](const kafka::Error& error, const auto& stored) {
                         if (error) return give_up(error);
                         place(number, bounds, stored);
                       });
}

void Membership::place(uint64_t number, const std::map<kafka::TopicPartition, Bounds>& bounds,
                       const std::vector<kafka::ConsumerOffset>& stored) {
  kafka::Consumer& consumer = run_->reader();
  for (const kafka::ConsumerOffset& entry : stored) {
    const auto search = searched_.find({entry.topic, entry.partition});
    if (search == searched_.end() || search->second != number || entry.offset >= 0) continue;
    consumer.seek(bounds.at({entry.topic, entry.partition}).start);
  }
  for (const auto& [where, found] : bounds) {
    const auto search = searched_.find(where);
    if (search == searched_.end() || search->second != number) continue;  // it has gone, or came anew
    searched_.erase(search);
    run_->progress().add(where, found);
    if (consumer.at_end(where.topic, where.partition))
      run_->progress().at_end(where, consumer.position(where.topic, where.partition));
    consumer.resume({{where.topic, {where.partition}}});
  }
  searches_.erase(number);
  look();
}

}  // namespace cli
