// What a fuzz target is, and what every run of one is held to. The fuzzer (clang's libFuzzer) or run.cpp, which runs
// corpora and random inputs with any compiler, brings main().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace kafka::fuzz {

/// Memory that a run may take: 64 MiB and 4 times the input.
inline constexpr size_t kHeap = size_t{64} << 20;
inline constexpr size_t kHeapPerByte = 4;
/// Counted steps of a run, or of a turn of the client: about 50 ms.
inline constexpr uint64_t kMostSteps = 40'000'000;

/// Prints `what` and ends the program, so that the fuzzer keeps the input.
[[noreturn]] void broken(const std::string& what);
inline void expect(bool holds, const char* what) {
  if (!holds) broken(what);
}

/// Watches one run: its memory and its steps. Ends the program at its own end if they were too many.
class Watch {
 public:
  explicit Watch(size_t input, bool counts_steps = true);
  ~Watch();
  Watch(const Watch&) = delete;
  /// Memory that belongs to the target itself, and does not count.
  void forgive(size_t bytes) { allowed_ += bytes; }

 private:
  size_t before_;
  size_t allowed_;
  uint64_t steps_;
  bool counts_steps_;
};

}  // namespace kafka::fuzz

/// One run. Every target defines it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
/// A valid input that `seed` chooses, for the first runs; at most `most` bytes, 0 if there are none.
size_t uvkafka_example(uint64_t seed, uint8_t* data, size_t most);
