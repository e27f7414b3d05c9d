// What an object that only asks has of its session: OffsetMaster, ConsumerGroup.
#pragma once

#include <memory>
#include <utility>

#include "session/core.hpp"

namespace kafka::session {

/// The session's core, and the lane in which this object's answers are told.
struct Asker {
  std::shared_ptr<Core> core;
  Lane lane;

  static std::shared_ptr<Asker> make(std::shared_ptr<Core> core) {
    return std::make_shared<Asker>(Asker{std::move(core), {}});
  }
  /// What a public object that was moved from keeps: one that refuses everything with `closed`.
  std::shared_ptr<Asker> moved_from() const { return make(core->moved_from()); }
};

}  // namespace kafka::session
