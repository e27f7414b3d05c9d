#include "group_random/process.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "group_random/run.hpp"

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;

// "topic/partition/era/offset", as the run writes it.
int era_of(const OwnedMessage& message) {
  const std::string& value = message.value.value_or("");
  const size_t end = value.rfind('/');
  const size_t begin = value.rfind('/', end - 1);
  return std::atoi(value.c_str() + begin + 1);
}

}  // namespace

Process::Process(GroupRun& run, const SlotPlan& plan, int number)
    : run_(run),
      plan_(plan),
      number_(number),
      host_(plan.name + "." + std::to_string(number)),
      reactor_(run.world.node(host_, "10.3." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1))),
      journal_(run.world, {run.world, host_.c_str(), run.plan.seed ^ static_cast<uint64_t>(number), plan.slow_longest,
                           plan.slow_percent}),
      random_(run.plan.seed, 1000 + static_cast<uint64_t>(number)),
      topics_(plan.topics) {
  run.watch(*this);
  SessionOptions options = plan.session;
  options.client_id = host_;
  for (int id = 1; id <= run.plan.brokers; ++id)
    options.bootstrap_servers += (id > 1 ? "," : "") + SimCluster::ip(id) + ":9092";
  session_.emplace(session::Access::session(session::Core::make(reactor_, options)));
  if (session_->error()) run_.violation(host_ + ": " + session_->error().message());
  session_->on_event([this, token = Token(journal_)](const Event& event) {
    Callback callback(journal_, "the session's event");
    journal_.note(host_ + " " + event.message());
  });
  session_->on_log(LogLevel::info,
                   [this](LogLevel, std::string_view line) { journal_.note(host_ + " logs " + std::string(line)); });
  Call call(journal_);
  consumer_.emplace(*session_, GroupRun::kGroup, Topics(topics_), plan.options);
  if (consumer_->error()) run_.violation(host_ + ": " + consumer_->error().message());
  listen();
  consume();
}

Process::~Process() { bury(); }

void Process::bury() {
  if (!buried_) destroy();
}

GroupJudge& Process::judge() { return run_.judge; }

void Process::listen() {
  consumer_->on_assigned([this, token = Token(journal_)](const Partitions& fresh) {
    Callback callback(journal_, "on_assigned");
    judge().assigned(number_, fresh);
    run_.note(host_ + " assigned ", fresh);
  });
  consumer_->on_revoking([this, token = Token(journal_)](const Partitions& going, milliseconds left) {
    Callback callback(journal_, "on_revoking");
    run_.note(host_ + " revoking ", going);
    judge().revoking(number_, going, left);
    handover_.begins(heard());
  });
  consumer_->on_revoked([this, token = Token(journal_)](Revocation gone) {
    Callback callback(journal_, "on_revoked");
    run_.note(host_ + " revoked ", gone.partitions());
    judge().revoked(number_, gone.partitions());
    if (!healed_ && random_.percent(plan_.hold_percent)) return hold(std::move(gone));
    handover_.released(reactor_.now());
  });
  consumer_->on_lost([this, token = Token(journal_)](const Partitions& gone, const Error& why) {
    Callback callback(journal_, "on_lost");
    run_.note(host_ + " lost (" + why.name() + ") ", gone);
    judge().lost(number_, gone);
  });
  consumer_->on_event([this, token = Token(journal_)](const Event& event) {
    Callback callback(journal_, "an event");
    journal_.note(host_ + " " + event.message());
    if (event.type == Event::Type::partition_stopped && event.error != Errc::closed && run_.may_stop_partitions())
      return run_.restart_partition(*consumer_, event);
  });
}

void Process::hold(Revocation gone) {
  const uint64_t id = next_held_++;
  auto& [revocation, timer] = revocations_[id];
  revocation.emplace(std::move(gone));
  timer = reactor_.after(random_.ms(0, 5000), [this, id] {
    Call call(journal_);
    revocations_.at(id).second.cancel();
    revocations_.erase(id);
    handover_.released(reactor_.now());
  });
}

void Process::consume_soon() {
  consume_timer_ = reactor_.after(random_.ms(0, 300), [this] {
    consume_timer_.cancel();
    if (consumer_ && state_ == State::running && !consuming_) consume();
  });
}

void Process::consume() {
  auto on_end = [this, token = Token(journal_)](Error error) {
    Callback callback(journal_, "on_end");
    journal_.note(host_ + " on_end " + error.name());
    if (!consuming_) run_.violation(host_ + ": a consumption ended twice");
    consuming_ = false;
    if (error) judge().may_repeat(number_);
    if (state_ == State::running && !refused()) consume_soon();
  };
  consuming_ = true;
  Call call(journal_);
  if (plan_.batch_max > 0) {
    consumer_->batch_consume(
        plan_.batch_max,
        [this, token = Token(journal_)](BatchEnvelope batch) {
          Callback callback(journal_, "a batch");
          auto held = std::make_shared<Held>();
          const std::vector<OwnedMessage> messages = batch.detach();
          held->partition = {batch.topic(), batch.partition()};
          held->batch = std::move(batch);
          take(std::move(held), messages);
        },
        std::move(on_end));
    return;
  }
  consumer_->consume(
      [this, token = Token(journal_)](MessageEnvelope message) {
        Callback callback(journal_, "a message");
        auto held = std::make_shared<Held>();
        const std::vector<OwnedMessage> messages{message.detach()};
        held->partition = {message.topic(), message.partition()};
        held->message = std::move(message);
        take(std::move(held), messages);
      },
      std::move(on_end));
}

void Process::take(std::shared_ptr<Held> held, const std::vector<OwnedMessage>& messages) {
  if (messages.empty()) return run_.violation(host_ + ": an empty batch");
  held->era = era_of(messages.front());
  held->first = messages.front().offset;
  held->last = messages.back().offset;
  journal_.note(host_ + " gets " + held->partition.topic + "/" + std::to_string(held->partition.partition) + " " +
                std::to_string(held->first) + " to " + std::to_string(held->last));
  for (const OwnedMessage& message : messages)
    judge().delivered(number_, held->partition, era_of(message), message.offset);
  if (!random_.percent(plan_.late_percent)) return answer(held);
  const uint64_t id = next_held_++;
  held->timer = reactor_.after(random_.ms(0, healed_ ? 20 : plan_.latest_ms), [this, id] {
    const std::shared_ptr<Held> mine = held_.at(id);
    held_.erase(id);
    mine->timer.cancel();
    answer(mine);
  });
  held_[id] = std::move(held);
}

void Process::answer(const std::shared_ptr<Held>& held) {
  if (random_.percent(healed_ ? 100 : plan_.commit_percent)) return commit(held);
  Call call(journal_);
  const Error error = plan_.batch_max > 0 ? held->batch.ack() : held->message.ack();
  if (!error) judge().answered(number_, held->partition, held->era, held->first, held->last);
  if (error && error != Errc::lost && error != Errc::closed) run_.violation(host_ + ": ack: " + error.message());
}

void Process::commit(const std::shared_ptr<Held>& held) {
  auto done = [this, partition = held->partition, era = held->era, offset = held->last + 1,
               token = Token(journal_)](Error error) {
    Callback callback(journal_, "a commit");
    journal_.note(host_ + " committed " + std::to_string(offset) + " " + error.name());
    judge().committed(number_, partition, era, offset, !error);
  };
  Call call(journal_);
  const Error error =
      plan_.batch_max > 0 ? held->batch.commit({}, std::move(done)) : held->message.commit({}, std::move(done));
  if (!error) {
    judge().answered(number_, held->partition, held->era, held->first, held->last);
    judge().committing(number_, held->partition);
  } else if (error != Errc::lost && error != Errc::closed) {
    run_.violation(host_ + ": commit: " + error.message());
  }
}

void Process::step(Random& random) {
  if (state_ != State::running || still_ || healed_) return;
  if (consuming_ && random.percent(plan_.stop_percent)) {
    journal_.note(host_ + " stops");
    Call call(journal_);
    consumer_->stop();
  }
  if (random.percent(plan_.change_percent)) subscribe(random);
}

void Process::subscribe(Random& random) {
  Call call(journal_);
  if (random.percent(50)) {
    journal_.note(host_ + " rebalances");
    return static_cast<void>(consumer_->rebalance("the simulation wants it"));
  }
  topics_.clear();
  for (const GroupTopic& topic : run_.plan.topics) {
    if (random.percent(60)) topics_.push_back(topic.name);
  }
  if (topics_.empty()) topics_ = plan_.topics;
  journal_.note(host_ + " subscribes to " + std::to_string(topics_.size()) + " topics");
  if (const Error error = consumer_->subscribe(Topics(topics_)))
    run_.violation(host_ + ": subscribe: " + error.message());
}

void Process::heal() {
  healed_ = true;
  work_timer_.cancel();  // work that waits behind other work is not begun
  if (state_ != State::running) return;
  Call call(journal_);
  for (auto& [id, held] : revocations_) held.second.cancel();
  revocations_.clear();
  handover_.released(reactor_.now());
  topics_ = plan_.topics;
  static_cast<void>(consumer_->subscribe(Topics(topics_)));
}

net::TimePoint Process::heard() const { return reactor_.now() - run_.unheard(host_); }

bool Process::cut_off() const {
  const bool taken_over = replaced_ && !plan_.options.group_instance_id.empty();
  // Suppose a member of the consumer protocol comes while a classic group shares out. Kafka makes it a group of both
  // protocols, and forgets what the classic members owned until they have joined again.
  const bool forgotten =
      run_.plan.mixed() && plan_.options.group_protocol == GroupProtocol::classic && is(GroupView::State::joining);
  const auto& options = plan_.options;
  const bool overdue = options.group_protocol == GroupProtocol::consumer &&
                       handover_.overdue(reactor_.now(), heard(), options.rebalance_timeout);
  return taken_over || forgotten || overdue || still_ || run_.world.owed(host_) > Duration::zero() ||
         run_.unheard(host_) > plan_.options.session_timeout.value_or(kBrokersSession);
}

void Process::stand_still(bool on) {
  if (still_ == on) return;
  still_ = on;
  on ? run_.world.pause(host_) : run_.world.resume(host_);
}

void Process::work_for(Duration time) {
  work_timer_ = reactor_.after(Duration::zero(), [this, time] {
    work_timer_.cancel();
    run_.world.spend(host_, time);
  });
}

void Process::close(Leaving leaving) {
  if (state_ != State::running) return;
  state_ = State::closing;
  consume_timer_.cancel();
  work_timer_.cancel();
  Call call(journal_);
  judge().closes(number_);
  consumer_->close(leaving, [this, token = Token(journal_)] {
    Callback callback(journal_, "the consumer's close callback");
    journal_.note(host_ + " consumer closed");
    if (consuming_) run_.violation(host_ + ": closed before on_end");
    judge().gone(number_);
    Call inside(journal_);
    session_->close([this, mine = Token(journal_)] {
      Callback closed(journal_, "the session's close callback");
      state_ = State::over;
    });
  });
}

void Process::kill() {
  if (buried_) return;
  run_.world.kill_host(host_);
  destroy();
}

// Nobody is told anything from here on.
void Process::destroy() {
  buried_ = true;
  const bool was_over = std::exchange(state_, State::over) == State::over;
  journal_.closed = true;
  stand_still(false);
  consume_timer_.cancel();
  work_timer_.cancel();
  for (auto& [id, held] : held_) held->timer.cancel();
  for (auto& [id, held] : revocations_) held.second.cancel();
  if (!was_over) judge().gone(number_);
  Call call(journal_);
  revocations_.clear();
  held_.clear();
  consumer_.reset();
  session_.reset();
  if (journal_.tokens != 0)
    run_.violation(host_ + ": " + std::to_string(journal_.tokens) + " callbacks are still held");
  for (const std::string& text : journal_.violations) run_.violation(host_ + ": " + text);
  journal_.violations.clear();
}

std::string Process::state() const {
  return host_ +
         (state_ == State::over      ? " over"
          : state_ == State::closing ? " closing"
                                     : " " + std::string(to_string(consumer_->group().state))) +
         (still_ ? " still" : "") + (consuming_ ? "" : " not consuming");
}

}  // namespace kafka::sim
