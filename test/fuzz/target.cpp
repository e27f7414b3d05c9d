#include "target.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "steps.hpp"

namespace {

size_t heap = 0;
size_t peak = 0;

void* allocate(size_t size) noexcept {
  void* const memory = std::malloc(size);
  if (memory == nullptr) return nullptr;
  heap += malloc_usable_size(memory);
  peak = std::max(peak, heap);
  return memory;
}
void release(void* memory) noexcept {
  if (memory == nullptr) return;
  heap -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace kafka::fuzz {

void broken(const std::string& what) {
  std::fprintf(stderr, "broken: %s\n", what.c_str());
  std::abort();
}

Watch::Watch(size_t input, bool counts_steps)
    : before_(heap), allowed_(kHeap + kHeapPerByte * input), steps_(steps()), counts_steps_(counts_steps) {
  peak = heap;
}

Watch::~Watch() {
  const size_t taken = peak - before_;
  if (taken > allowed_)
    broken(std::to_string(taken) + " bytes of memory, " + std::to_string(allowed_) + " are allowed");
  const uint64_t done = steps() - steps_;
  if (counts_steps_ && done > kMostSteps) broken(std::to_string(done) + " steps");
}

}  // namespace kafka::fuzz

// The fuzzer's own mutations, and now and then a fresh valid input.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed);
#ifdef UVKAFKA_LIBFUZZER
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned int seed) {
  if (seed % 16 == 0) {
    if (const size_t made = uvkafka_example(seed, data, most)) return made;
  }
  return LLVMFuzzerMutate(data, size, most);
}
#endif
