// The application's queries: metadata, offsets, a group's offsets. Each must end once, in time, with an error or with
// an answer that was true at some moment.
#pragma once

#include <kafka/kafka.hpp>

#include "random/run.hpp"

namespace kafka::sim {

class Queries {
 public:
  explicit Queries(Run& run);
  void ask();
  size_t open() const { return open_; }
  /// The session was destroyed without close: the queries get no answers.
  void forget() { open_ = 0; }

 private:
  using Offsets = std::vector<TopicOffset>;
  /// Makes a callback (Error, T) that judges the answer.
  template <class T>
  auto judge(const char* what, Function<void(const T&)> check);
  Partitions some_partitions();

  Run& run_;
  Random random_;
  std::optional<OffsetMaster> offsets_;
  size_t open_ = 0;
};

}  // namespace kafka::sim
