// The random numbers of one part of a run. Each part has a stream of its own, so that a change in one part does not
// change what the others do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kafka::sim {

class Random {
 public:
  Random(uint64_t seed, uint64_t stream) : state_(seed * 0x2545f4914f6cdd1dull ^ stream * 0x9e3779b97f4a7c15ull) {
    for (int i = 0; i < 3; ++i) next();
  }
  uint64_t next() {  // splitmix64
    uint64_t mixed = (state_ += 0x9e3779b97f4a7c15ull);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
  }
  /// Both ends included.
  int64_t between(int64_t least, int64_t most) {
    return most <= least ? least : least + static_cast<int64_t>(next() % static_cast<uint64_t>(most - least + 1));
  }
  int integer(int least, int most) { return static_cast<int>(between(least, most)); }
  bool percent(int chance) { return integer(0, 99) < chance; }
  std::chrono::milliseconds ms(int64_t least, int64_t most) { return std::chrono::milliseconds(between(least, most)); }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(between(0, static_cast<int64_t>(from.size()) - 1))];
  }

 private:
  uint64_t state_;
};

}  // namespace kafka::sim
