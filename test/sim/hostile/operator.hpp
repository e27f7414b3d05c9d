// Somebody who administers groups while brokers answer wrongly: one question after another, of every kind.
#pragma once

#include <kafka/groups.hpp>

namespace kafka::sim {

/// Owns the question under way. All of them are about the consumer's group: another one would have another coordinator,
/// and where coordinators move all the time, there would be twice as many connections.
class Operator {
 public:
  explicit Operator(Session& session) : groups_(session) {}

  /// Asks the next question, if the last one has ended. Questions about groups ask for metadata, too: whoever asks
  /// often hears often that brokers come and go.
  void act() {
    if (busy_ || ++turns_ % kPause != 0) return;
    busy_ = true;
    const auto done = [this](const Error&, const auto&...) { busy_ = false; };
    switch (asked_++ % kKinds) {
      case 0:
        return groups_.list(done);
      case 1:
        return groups_.describe({"g"}, done);
      case 2:
        return groups_.lag("g", done);
      case 3:
        return groups_.delete_offsets("g", {{"u", {0, 1}}}, done);
      case 4:
        return groups_.remove_members("g", {MemberToRemove::id("m"), MemberToRemove::instance("i")}, "", done);
      default:
        return groups_.delete_groups({"g"}, done);
    }
  }

 private:
  static constexpr int kKinds = 6;
  static constexpr int kPause = 3;  // turns

  Groups groups_;
  bool busy_ = false;
  int asked_ = 0;
  int turns_ = 0;
};

}  // namespace kafka::sim
