#include "consumer/handlers.hpp"

#include <utility>

namespace kafka::consumer {

void Handlers::on_end(Function<void(const TopicPartition&, int64_t)> handler) {
  on_end_ = nullptr;
  if (handler) on_end_ = std::make_shared<Function<void(const TopicPartition&, int64_t)>>(std::move(handler));
}

void Handlers::on_event(Function<void(const Event&)> handler) {
  on_event_ = nullptr;
  if (handler) on_event_ = std::make_shared<Function<void(const Event&)>>(std::move(handler));
}

void Handlers::event(Event::Type type, Partition& partition, const Error& error, int64_t offset,
                     Function<void()> then) {
  Event event;
  event.type = type;
  event.error = error;
  event.topic = *partition.topic;
  event.partition = partition.number;
  event.offset = offset;
  if (!hears_events()) return core_.event(event);
  ++partition.untold;
  auto told = scope_.wrap([this, partition = partition.shared_from_this(), then = std::move(then)]() mutable {
    if (then) then();
    if (--partition->untold == 0) heard_(*partition);
  });
  if (on_event_ == nullptr) return core_.event(event, std::move(told));
  core_.callbacks().run(
      lane_, [guard = scope_.guard(), handler = on_event_, event = std::move(event), told = std::move(told)]() mutable {
        if (!guard.alive()) return;
        (*handler)(event);
        told();
      });
}

void Handlers::event(Event::Type type, const Error& error) {
  Event event;
  event.type = type;
  event.error = error;
  if (on_event_ == nullptr) return core_.event(event);
  core_.callbacks().run(lane_, [guard = scope_.guard(), handler = on_event_, event = std::move(event)] {
    if (guard.alive()) (*handler)(event);
  });
}

void Handlers::announce(const std::vector<std::shared_ptr<Partition>>& partitions, Function<void()> tell) {
  for (const auto& partition : partitions) ++partition->untold;
  core_.callbacks().run(lane_, [this, guard = scope_.guard(), partitions, tell = std::move(tell)]() mutable {
    if (!guard.alive()) return;
    tell();
    if (!guard.alive()) return;
    for (const auto& partition : partitions) {
      if (--partition->untold == 0) heard_(*partition);
    }
  });
}

void Handlers::check_end(Partition& partition) {
  Position& position = partition.position;
  if (position.end_reported || partition.open() || !partition.buffer.empty() || !position.at_end()) return;
  position.end_reported = true;
  if (on_end_ == nullptr) return;
  core_.callbacks().run(lane_, [guard = scope_.guard(), handler = on_end_,
                                where = TopicPartition{*partition.topic, partition.number}, offset = position.next] {
    if (guard.alive()) (*handler)(where, offset);
  });
}

void Handlers::clear() {
  on_end_ = nullptr;
  on_event_ = nullptr;
}

}  // namespace kafka::consumer
