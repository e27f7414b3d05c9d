// Texts of the public value types.
#include <kafka/group.hpp>
#include <kafka/types.hpp>

#include "base/error_table.hpp"

namespace kafka {

std::string_view to_string(Persistence persistence) {
  switch (persistence) {
    case Persistence::no:
      return "no";
    case Persistence::maybe:
      return "maybe";
    case Persistence::yes:
      return "yes";
  }
  return "?";
}

std::string_view to_string(Event::Type type) {
  switch (type) {
    case Event::Type::broker_connected:
      return "connected";
    case Event::Type::broker_disconnected:
      return "disconnected";
    case Event::Type::connect_failed:
      return "connect failed";
    case Event::Type::leader_changed:
      return "leader changed";
    case Event::Type::offset_reset:
      return "offset reset";
    case Event::Type::log_truncated:
      return "log truncated";
    case Event::Type::topic_recreated:
      return "topic made anew";
    case Event::Type::partition_stopped:
      return "partition stopped";
    case Event::Type::partition_resumed:
      return "partition resumed";
    case Event::Type::member_slow:
      return "group member slow";
    case Event::Type::member_suspended:
      return "group member suspended";
    case Event::Type::topic_not_read:
      return "topic not read";
    case Event::Type::rebootstrap:
      return "rebootstrap";
  }
  return "?";
}

std::string_view to_string(GroupView::State state) {
  switch (state) {
    case GroupView::State::away:
      return "away";
    case GroupView::State::joining:
      return "joining";
    case GroupView::State::stable:
      return "stable";
    case GroupView::State::revoking:
      return "revoking";
    case GroupView::State::suspended:
      return "suspended";
    case GroupView::State::failed:
      return "failed";
  }
  return "?";
}

std::string Event::message() const {
  std::string text;
  if (!topic.empty()) {
    text = escaped(topic);
    if (partition >= 0) text.append("/").append(std::to_string(partition));
    text += ": ";
  } else if (!broker.empty()) {
    text = escaped(broker) + ": ";
  }
  text += to_string(type);
  if (!topic.empty() && !broker.empty()) text += " to " + escaped(broker);
  if (offset >= 0) text += (type == Type::offset_reset ? " to offset " : " at offset ") + std::to_string(offset);
  if (error) text += ": " + error.message();
  return text;
}

}  // namespace kafka
