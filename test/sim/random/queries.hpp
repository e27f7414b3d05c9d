// The application's questions: metadata, offsets, a group's offsets. Each ends once, in time, with an answer
// that was true at some moment or with an error.
#pragma once

#include <kafka/kafka.hpp>

#include "random/run.hpp"

namespace kafka::sim {

class Queries {
 public:
  explicit Queries(Run& run);
  void ask();
  size_t open() const { return open_; }
  /// The session is gone without close: no answers are owed.
  void forget() { open_ = 0; }

 private:
  using Offsets = std::vector<TopicOffset>;
  /// Makes a callback (Error, T) that judges.
  template <class T>
  auto judge(const char* what, Function<void(const T&)> check);
  Partitions some_partitions();

  Run& run_;
  Random random_;
  std::optional<OffsetMaster> offsets_;
  size_t open_ = 0;
};

}  // namespace kafka::sim
